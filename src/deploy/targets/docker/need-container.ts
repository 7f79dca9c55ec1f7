import { createHash } from 'node:crypto'
import type { ResolvedNeed } from '../../../config/resolved.ts'
import type { Command } from '../command.ts'
import { LABEL, type Place } from '../labels.ts'
import { docker, flags, LOGS, mountOf, placeLabels, SHORT_MS, TMP, type Host } from './commands.ts'
import { needAlias, needName, needVolume, networkName } from './names.ts'
import { NEED_FOLDER, needServer } from './need-server.ts'
import { SECRETS_FOLDER } from './own-files.ts'

/** Instances of two releases may hold every connection that there is, and each is a process of PostgreSQL's. */
const PIDS_MAX = 1024
/** Time for a server to write what it holds; then it is killed. */
const GRACE_S = 60

/** The container of a need, as a value. */
export interface NeedContainer {
  readonly need: string
  readonly name: string
  /** Its host name on the environment's internal network, the only one that it is on. */
  readonly alias: string
  readonly port: number
  readonly image: string
  /** Hash of all that it is made with; none of its passwords. Another one: it is to be made anew, on the same data. */
  readonly recipe: string
  readonly argv: readonly string[]
}

/** Null for a need that somebody else runs, or that no container of ours can. */
export function needContainerOf(place: Place, need: string, config: ResolvedNeed): NeedContainer | null {
  const server = needServer(config.kind)
  if (server === null || config.url !== null) return null
  const image = server.image(config.version)
  const words = wordsOf(place, need, config, image)
  return {
    need,
    name: needName(place, need),
    alias: needAlias(need),
    port: server.port,
    image,
    recipe: createHash('sha256').update(JSON.stringify(words)).digest('hex').slice(0, 16),
    argv: words,
  }
}

/**
 * Its health is no command in it, which would take a shell: control asks it over the network, as services do. It has no right
 * but to be its user.
 */
export function createNeed(host: Host, place: Place, { name, need, recipe, argv }: NeedContainer): Command {
  const labels = { ...placeLabels(place), [LABEL.need]: need, [LABEL.recipe]: recipe }
  const args = ['create', '--pull', 'never', '--name', name, ...flags('--label', labels), ...argv]
  return docker(host, args, SHORT_MS, `makes the container of ${need}`)
}

/** What follows name and labels. */
function wordsOf(place: Place, need: string, config: ResolvedNeed, image: string): readonly string[] {
  const server = needServer(config.kind)!
  const memory = server.memoryBytesMax(config)
  return [
    ['--network', networkName(place, 'inside'), '--network-alias', needAlias(need)],
    ['--restart', 'unless-stopped', '--init', '--stop-signal', server.stopSignal, '--stop-timeout', String(GRACE_S)],
    ['--read-only', '--tmpfs', TMP, ...server.scratch.flatMap((folder) => ['--tmpfs', scratch(folder, server.user)])],
    server.libraries === null ? [] : ['--tmpfs', scratch(server.libraries, server.user, 'exec')],
    ['--cap-drop', 'ALL', '--security-opt', 'no-new-privileges:true', '--user', `${server.user}:${server.user}`],
    ['--pids-limit', String(PIDS_MAX)],
    memory === null ? [] : ['--memory', String(memory), '--memory-swap', String(memory)],
    server.sharedBytes === null ? [] : ['--shm-size', String(server.sharedBytes)],
    LOGS,
    ['--mount', mountOf({ name: needVolume(place, need, 'data'), folder: NEED_FOLDER, isReadOnly: false })],
    ['--mount', mountOf({ name: needVolume(place, need, 'secrets'), folder: SECRETS_FOLDER, isReadOnly: true })],
    ['--no-healthcheck'],
    flags('--env', server.env(place, need)),
    [image],
    server.argv,
  ].flat()
}

/** By its owner: when a container starts again, the mode is that of whatever folder the image has there. */
function scratch(folder: string, owner: number, programs: 'exec' | 'noexec' = 'noexec'): string {
  return `${folder}:rw,${programs},nosuid,nodev,size=16m,uid=${owner},gid=${owner},mode=0755`
}
