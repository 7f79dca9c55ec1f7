import { AGREE } from '../agree.ts'
import type { Command } from '../command.ts'
import { RECORDS, STATE } from '../image/places.ts'
import { LABEL, type Place } from '../labels.ts'
import { docker, flags, LOGS, mountOf, PIDS_MAX, placeLabels, prefixed, SHORT_MS, TMP, type Host } from './commands.ts'
import { networkName, ownName, stateVolume } from './names.ts'

/** From SIGTERM to SIGKILL: the gateway finishes what is in flight, control writes what it knows. */
const STOP_S = 90
/** Of a gigabyte over a slow line. */
const RECORDS_MS = 10 * 60_000

/** Seaworthy's own container, as a value. */
export interface OwnContainer {
  readonly image: string
  /** What is published, such as `127.0.0.1:8080:8080`. */
  readonly publish: readonly string[]
  /** With what it was made, as its label tells later. */
  readonly installation: string
}

/** It has no rights, no socket of the engine and no volume but its state. On the front network its ports are published. */
export function createOwn(host: Host, place: Place, { image, publish, installation }: OwnContainer): Command {
  const args = [
    ['create', '--pull', 'never', '--name', ownName(place)],
    flags('--label', { ...placeLabels(place), [LABEL.installation]: installation }),
    ['--network', networkName(place, 'front')],
    publish.flatMap((port) => ['--publish', port]),
    ['--restart', 'unless-stopped', '--init', '--stop-timeout', String(STOP_S)],
    ['--read-only', '--tmpfs', TMP],
    ['--cap-drop', 'ALL', '--security-opt', 'no-new-privileges:true'],
    ['--pids-limit', String(PIDS_MAX)],
    LOGS,
    ['--mount', mountOf({ name: stateVolume(place), folder: STATE, isReadOnly: false })],
    [image],
  ]
  return docker(host, args.flat(), SHORT_MS, 'makes the container of gateway and control')
}

/** On the internal network it reaches the instances. */
export function connectInside(host: Host, place: Place): Command {
  const argv = ['network', 'connect', networkName(place, 'inside'), ownName(place)]
  return docker(host, argv, SHORT_MS, 'lets the gateway reach the instances')
}

/** Unlike an instance, one that cannot be started is a failure at once: a port may be taken. */
export function startOwn(host: Host, place: Place): Command {
  return docker(host, ['start', ownName(place)], SHORT_MS, 'starts gateway and control')
}

/** Its published ports answer nobody from here on. */
export function stopOwn(host: Host, place: Place): Command {
  const because = 'stops gateway and control, which finish what is in flight'
  return { ...docker(host, ['stop', ownName(place)], STOP_S * 1000 + SHORT_MS, because), mayFail: true }
}

/** Its id; nothing where there is none. */
export function findOwn(host: Host, place: Place): Command {
  const argv = ['ps', '--all', '--no-trunc', '--quiet', '--filter', `name=^/${ownName(place)}$`]
  return docker(host, argv, SHORT_MS, "looks for Seaworthy's container")
}

/** Names of the volumes of an environment. */
export function listVolumes(host: Host, place: Place): Command {
  const argv = ['volume', 'ls', '--format', '{{.Name}}', ...flags('--filter', prefixed(placeLabels(place)))]
  return docker(host, argv, SHORT_MS, 'looks which volumes are there')
}

/** Cores of the engine's machine, and its version: `4 20.10.24`. */
export function readEngine(host: Host): Command {
  return docker(host, ['info', '--format', '{{.NCPU}} {{.ServerVersion}}'], SHORT_MS, 'looks what the engine has')
}

/** What the engine keeps of a container's output, each line with its time. @param fromMs since the epoch; null: all of it */
export function logsOf(host: Host, container: string, fromMs: number | null): Command {
  const since = fromMs === null ? [] : ['--since', new Date(fromMs).toISOString()]
  return docker(host, ['logs', '--timestamps', ...since, container], SHORT_MS, 'reads what it has said')
}

/** Free bytes where the engine keeps volumes, as a number. */
export function readRoom(host: Host, place: Place): Command {
  const script = `const { bavail, bsize } = fs.statfsSync('${STATE}'); process.stdout.write(String(bavail * bsize))`
  return docker(host, ['exec', ownName(place), 'node', '-e', script], SHORT_MS, 'looks how much room there is')
}

/** Answers the key that control's volume has; where it has none yet, it takes the one that is sent. */
export function agreeOnKey(host: Host, place: Place, file: string, key: string): Command {
  const argv = ['exec', '--interactive', ownName(place), 'node', '-e', AGREE, `${STATE}/${file}`]
  return { ...docker(host, argv, SHORT_MS, 'asks for the key of fingerprints'), stdin: Buffer.from(key), mayFail: true }
}

/**
 * Answers a question from control's files, whether its container runs, is stopped or was removed: one of its own, without a
 * network, that may only read the volume. What it says is kept in no log.
 */
export function readRecords(host: Host, place: Place, image: string, question: string): Command {
  const args = [
    ['run', '--rm', '--pull', 'never', '--log-driver', 'none', '--no-healthcheck'],
    ['--network', 'none', '--read-only', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges:true'],
    ['--pids-limit', String(PIDS_MAX)],
    ['--mount', mountOf({ name: stateVolume(place), folder: STATE, isReadOnly: true })],
    ['--entrypoint', 'node', image, RECORDS, STATE, question],
  ]
  return docker(host, args.flat(), RECORDS_MS, "reads control's files")
}
