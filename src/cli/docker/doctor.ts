import { Problem } from '../../core/problem.ts'
import { BASES, knownRuntime, type Runtime } from '../../deploy/targets/docker/base.ts'
import { readRoom } from '../../deploy/targets/docker/own-commands.ts'
import { lookAtEngine } from '../../deploy/targets/docker/install.ts'
import { lookAtImage } from '../../deploy/targets/docker/images.ts'
import { runCommand } from '../../deploy/targets/run-command.ts'
import type { Finding } from '../hosted/hosted.ts'
import { lookAtRegistry } from '../hosted/registry-findings.ts'
import type { Project } from '../project.ts'
import { lookAtInstalled } from './installing.ts'
import { labelNeeds } from './label-needs.ts'
import { dockerPlace } from './place.ts'

/** Below this an image or two do not fit any more. */
const ROOM_BYTES_MIN = 2_000_000_000

/** What an environment's engine has and lacks. Touches nothing. */
export async function lookAtDocker(project: Project): Promise<readonly Finding[]> {
  const { host, run } = dockerPlace(project)
  const labels = labelNeeds(project.app)
  try {
    const { version, cores } = await lookAtEngine(host, run)
    const { plan, hasImage } = await lookAtInstalled(project)
    const engine = `${version} at ${host ?? process.env['DOCKER_HOST'] ?? 'the context of docker'}, ${cores} cores`
    return [
      { level: 'ok', what: 'engine', detail: engine },
      plan.kind === 'nothing'
        ? { level: 'ok', what: 'installation', detail: 'gateway and control are there and run' }
        : { level: 'note', what: 'installation', detail: `${plan.because.join('; ')}: \`seaworthy up\` puts it right` },
      ...(plan.kind === 'nothing' ? [await lookAtRoom(project)] : []),
      ...(hasImage ? [] : [{ level: 'note' as const, what: 'image', detail: "Seaworthy's is made and sent by `up`" }]),
      ...(project.registry === null ? await lookAtBases(project) : await lookAtRegistry(project)),
      ...labels,
    ]
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    return [{ level: 'missing', what: 'engine', detail: [error.message, ...error.details].join(' ') }, ...labels]
  }
}

async function lookAtRoom(project: Project): Promise<Finding> {
  const { host, place, run } = dockerPlace(project)
  const { code, stdout } = await runCommand(readRoom(host, place), run)
  const bytes = Number(stdout)
  if (code !== 0 || !Number.isFinite(bytes)) return { level: 'note', what: 'room', detail: 'the engine does not tell' }
  const detail = `${(bytes / 1e9).toFixed(1)} GB free where the engine keeps volumes`
  return { level: bytes < ROOM_BYTES_MIN ? 'missing' : 'ok', what: 'room', detail }
}

async function lookAtBases({ app, hosts }: Project): Promise<readonly Finding[]> {
  const runtimes = new Set<Runtime>()
  for (const service of Object.values(app.services)) {
    // Others bring a Dockerfile, or an image, or are made of Seaworthy's own.
    const runtime = knownRuntime(service)
    if (runtime !== null) runtimes.add(runtime)
  }
  const run = { env: process.env }
  return Promise.all(
    [...runtimes].map(async (runtime): Promise<Finding> => {
      const base = BASES[runtime]
      const there = await lookAtImage(hosts[0] ?? null, base, run)
      return there === null
        ? { level: 'note', what: `base ${base}`, detail: 'not on the engine: it is fetched with the first build' }
        : { level: 'ok', what: `base ${base}`, detail: 'on the engine' }
    }),
  )
}
