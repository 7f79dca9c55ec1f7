import { randomUUID } from 'node:crypto'
import { startLoad } from '../../test/support/load.ts'
import { NamespaceProject } from '../../test/support/namespace-project.ts'
import { plainConfig, until } from '../../test/support/project.ts'
import { resultOf, type StyleResult } from '../swaps/result.ts'

const SEEN_MS = 120_000
const PAUSE_MS = 20
/** After every so many deploys a pod of the gateway goes, and one of the service. */
const DELETES_EVERY = 3

/** Deploys by the command of a user, the first one in a namespace where nothing is. */
export async function bySeaworthy({
  swaps,
  clients,
}: {
  readonly swaps: number
  readonly clients: number
}): Promise<StyleResult> {
  await using project = new NamespaceProject({
    configOf: (namespace) => configOf(namespace, 'v0'),
    // Files of their own make images of their own, which no run before has left behind.
    files: { 'bench.txt': randomUUID() },
    place: 'plain-production',
  })
  project.makeNamespace()
  await project.must(['deploy'])
  await using load = startLoad({ host: project.address(), port: 80, clients, pauseMs: PAUSE_MS })
  const tookMs: number[] = []
  for (let count = 1; count <= swaps; count++) {
    project.configure(configOf(project.namespace, `v${count}`))
    const begun = performance.now()
    await project.must(['deploy'])
    tookMs.push(performance.now() - begun)
    const status = JSON.parse((await project.must(['status', '--json'])).stdout) as { world: { live: string } }
    await until(() => load.answers.at(-1)?.release === status.world.live, `v${count} to answer`, SEEN_MS)
    if (count % DELETES_EVERY === 0) deleteOneOf(project, 'app.kubernetes.io/component=gateway')
    if (count % DELETES_EVERY === 0) deleteOneOf(project, `seaworthy.release=${status.world.live}`)
    if (count % 5 === 0) console.log(`  ${count} deploys, ${load.answers.length} answers`)
  }
  const result = resultOf('seaworthy deploy', { tookMs, answers: await load.stop() })
  await project.must(['stop', '--remove'])
  return result
}

/** Gracefully, as a node that is emptied does; nobody waits for it. */
function deleteOneOf(project: NamespaceProject, selector: string): void {
  const [pod] = project.kubectl('get', 'pods', '--selector', selector, '--output', 'name').split('\n')
  if (pod === undefined || pod === '') throw new Error(`no pod of ${selector}`)
  project.kubectl('delete', pod, '--wait=false')
}

function configOf(namespace: string, name: string): object {
  const health = { ready: '/health/readiness', interval: '1s', deadline: '90s' }
  const config = plainConfig({ env: { NAME: name }, service: { scale: { min: 2 }, health } })
  const watch = { for: '1s', warm: '30min', p95: '100x' }
  const production = { target: 'kubernetes', context: 'local', namespace, watch, drain: '2s' }
  return { ...config, gateway: { listen: { http: 80 }, accessLog: false }, environments: { production } }
}
