import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { dockerGround } from './docker-place.ts'
import { kubernetesGround } from './kubernetes-place.ts'
import type { Ground, Target } from './place.ts'
import { processGround } from './process-place.ts'

export interface Lacking {
  /** What this machine has not. */
  readonly lacks: string
}

/** How each target is come by, on this machine. */
export const grounds: Readonly<Record<Target, () => Promise<Ground | Lacking>>> = {
  process: async () => processGround(),
  docker: async () => (hasEngine(process.env) ? dockerGround() : { lacks: 'there is no dockerd' }),
  kubernetes: async () => {
    const found = findCluster(process.env)
    return 'lacks' in found ? found : kubernetesGround(found.kubeconfig)
  },
}

/** The program of an engine: each test starts one of its own. */
function hasEngine(env: NodeJS.ProcessEnv): boolean {
  const path = `${env['PATH']}:/usr/sbin:/sbin`
  return spawnSync('dockerd', ['--version'], { env: { ...env, PATH: path }, stdio: 'ignore' }).status === 0
}

/**
 * The cluster of `KUBECONFIG`; else the one that the program `CLUSTER_UP` brings up, which prints the path of a kubeconfig on its
 * last line, or says why it cannot.
 */
export function findCluster(
  env: Readonly<Record<string, string | undefined>>,
): { readonly kubeconfig: string } | Lacking {
  const { KUBECONFIG: given, CLUSTER_UP: program } = env
  if (given !== undefined && given !== '') return { kubeconfig: given }
  if (program === undefined || program === '') return { lacks: 'neither KUBECONFIG nor CLUSTER_UP is set' }
  try {
    accessSync(program, constants.X_OK)
  } catch {
    return { lacks: `CLUSTER_UP: there is no program ${program}` }
  }
  const { status, stdout, stderr } = spawnSync(program, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  const kubeconfig = stdout.trim().split('\n').at(-1)!
  if (status === 0 && kubeconfig !== '') return { kubeconfig }
  return { lacks: `${program}: ${stderr.trim().split('\n').at(-1)}` }
}
