import { Problem } from '../../core/problem.ts'
import { knownRuntime } from '../../deploy/targets/docker/base.ts'
import { enterWords } from '../../deploy/targets/docker/dockerfile.ts'
import { listPods } from '../../deploy/targets/kubernetes/commands.ts'
import { observed } from '../../deploy/targets/kubernetes/observe.ts'
import { execWords } from '../../deploy/targets/kubernetes/own-commands.ts'
import { mustRun } from '../../deploy/targets/run-command.ts'
import type { ExecAsked } from '../hosted/hosted.ts'
import type { Project } from '../project.ts'
import { clusterPlace } from './place.ts'

/**
 * What runs somebody's command beside an instance's program: as its user, with its variables, files and secrets.
 * @throws Problem `exec.nothing-live` where no instance of the service runs
 */
export async function execOnKubernetes(
  project: Project,
  { service, release, declared, argv }: ExecAsked,
): Promise<readonly [string, ...string[]]> {
  const { access, place, run } = clusterPlace(project)
  const running = observed(await mustRun(listPods(access, place), run)).filter(
    ({ instance }) => instance.service === service && instance.release === release && instance.state === 'running',
  )
  const one = running.find(({ isReady }) => isReady) ?? running[0]
  if (one === undefined) {
    throw new Problem('exec.nothing-live', `no instance of ${service} in ${release} runs`, {
      hint: 'A command runs in the pod of an instance: see `seaworthy status`.',
    })
  }
  const runtime = declared?.run.kind === 'program' ? knownRuntime(declared) : null
  const enter = runtime === null || one.isBare ? [] : enterWords(runtime)
  const isTerminal = process.stdin.isTTY && process.stdout.isTTY
  return execWords(access, { pod: one.pod, container: service, enter, isTerminal }, argv)
}
