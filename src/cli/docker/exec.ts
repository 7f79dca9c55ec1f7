import { Problem } from '../../core/problem.ts'
import { knownRuntime } from '../../deploy/targets/docker/base.ts'
import { execWords } from '../../deploy/targets/docker/commands.ts'
import { Containers } from '../../deploy/targets/docker/containers.ts'
import { enterWords } from '../../deploy/targets/docker/dockerfile.ts'
import { lookAtImage } from '../../deploy/targets/docker/images.ts'
import { LABEL } from '../../deploy/targets/labels.ts'
import type { ExecAsked } from '../hosted/hosted.ts'
import type { Project } from '../project.ts'
import { dockerPlace } from './place.ts'

/**
 * What runs somebody's command beside an instance's program: as its user, with its variables, files and secrets.
 * @throws Problem `exec.nothing-live` where no instance of the service runs
 */
export async function execOnDocker(
  project: Project,
  { service, release, declared, argv }: ExecAsked,
): Promise<readonly [string, ...string[]]> {
  const { host, place, run } = dockerPlace(project)
  const there = await new Containers({ host, place, run }).observe()
  const one = there.find(
    ({ instance }) => instance.service === service && instance.release === release && instance.state === 'running',
  )
  if (one === undefined) {
    throw new Problem('exec.nothing-live', `no instance of ${service} in ${release} runs`, {
      hint: 'A command runs in the container of an instance: see `seaworthy status`.',
    })
  }
  const runtime = declared?.run.kind === 'program' ? knownRuntime(declared) : null
  const image = await lookAtImage(host, one.image, run)
  // What a Dockerfile of its own made has nothing of ours: secrets are files there.
  const hasEntry = runtime !== null && image?.labels[LABEL.entry] !== 'own'
  const enter = hasEntry ? enterWords(runtime) : []
  const isTerminal = process.stdin.isTTY && process.stdout.isTTY
  return execWords(host, { name: one.id, instance: one.instance.id, enter, isTerminal }, argv)
}
