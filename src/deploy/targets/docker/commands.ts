import type { Command } from '../command.ts'
import { BRIDGE, STATE } from '../image/places.ts'
import { LABEL, type Place } from '../labels.ts'
import type { Container } from './container.ts'
import { USER_ID } from './dockerfile.ts'
import { carrierName } from './names.ts'
import { INSTANCE_FOLDER } from './own-files.ts'

/** An engine: null is the one that the docker program would speak to by itself (its context, DOCKER_HOST). */
export type Host = string | null

export const SHORT_MS = 60_000
const LONG_MS = 30 * 60_000
/** What `stop` may take beyond the grace. */
const STOP_SLACK_MS = 30_000

/** Processes and threads of one container. */
export const PIDS_MAX = 512
const TMP_SIZE = '64m'
/** What may be written besides volumes. */
export const TMP = `/tmp:rw,noexec,nosuid,nodev,size=${TMP_SIZE},mode=1777`
/** Its files may hold what its variables tell. */
const INSTANCE = `${INSTANCE_FOLDER}:rw,noexec,nosuid,nodev,size=${TMP_SIZE},uid=${USER_ID},gid=${USER_ID},mode=0700`
/** Of one container's lines: five files of ten megabytes. */
export const LOGS = ['--log-driver', 'local', '--log-opt', 'max-size=10m', '--log-opt', 'max-file=5']

/** Builds an image from a context folder that holds its Dockerfile. */
export function buildImage(
  host: Host,
  folder: string,
  image: {
    readonly name: string
    readonly labels: Readonly<Record<string, string>>
    readonly variables: Readonly<Record<string, string>>
  },
): Command {
  const { name, labels, variables } = image
  const args = ['build', '--tag', name, ...flags('--label', labels), ...flags('--build-arg', variables), folder]
  return docker(host, args, LONG_MS, `makes ${name}`)
}

/** Fetches an image from its registry; there may be none. */
export function pullImage(host: Host, image: string): Command {
  return docker(host, ['pull', '--quiet', image], LONG_MS, `fetches ${image}`)
}

/**
 * Never pulls: what is to run was put in place before, or is refused.
 * @param restart `no`: it is to end once, and to be looked at then. @default 'unless-stopped'
 */
export function createContainer(
  host: Host,
  container: Container,
  restart: 'unless-stopped' | 'no' = 'unless-stopped',
): Command {
  const { name, image, labels, networks, alias, entry, argv, env, user, graceMs, volumes, hasFolder } = container
  const args = [
    ['create', '--pull', 'never', '--name', name],
    flags('--label', labels),
    ['--network', networks[0]!, '--network-alias', alias],
    ['--restart', restart, '--init', '--stop-timeout', String(Math.ceil(graceMs / 1000))],
    ['--read-only', '--tmpfs', TMP, ...(hasFolder ? ['--tmpfs', INSTANCE] : [])],
    ['--cap-drop', 'ALL', '--security-opt', 'no-new-privileges:true'],
    user === null ? [] : ['--user', user],
    limits(container),
    LOGS,
    volumes.flatMap((volume) => ['--mount', mountOf(volume)]),
    check(container),
    flags('--env', env),
    entry === null ? [] : ['--entrypoint', entry],
    [image],
    argv,
  ]
  return docker(host, args.flat(), SHORT_MS, `makes a container of ${image}`)
}

/** A container has one network when it is made; further ones are added before it starts. */
export function connectNetworks(host: Host, { name, networks, alias }: Container): readonly Command[] {
  return networks
    .slice(1)
    .map((network) =>
      docker(host, ['network', 'connect', '--alias', alias, network, name], SHORT_MS, `lets ${name} reach out`),
    )
}

/**
 * Puts files into a volume: only through a container that mounts it do they reach the engine by stdin. This one never runs;
 * those that do mount it read-only.
 * @param archive a tar of the files, with owner and mode
 */
export function fillVolume(
  host: Host,
  place: Place,
  { name, folder, image, archive }: { name: string; folder: string; image: string; archive: Uint8Array },
): readonly Command[] {
  const carrier = carrierName(name)
  const because = `puts ${name} in place`
  const mount = mountOf({ name, folder, isReadOnly: false })
  const made = ['create', '--pull', 'never', '--name', carrier, ...flags('--label', placeLabels(place))]
  return [
    // One is left where a command was killed in between.
    { ...removeContainers(host, [carrier]), mayFail: true },
    // An image may have no command of its own, and a container has to have one.
    docker(host, [...made, '--network', 'none', '--mount', mount, image, 'carrier'], SHORT_MS, because),
    { ...docker(host, ['cp', '-', `${carrier}:${folder}`], SHORT_MS, because), stdin: archive },
    removeContainers(host, [carrier]),
  ]
}

export function createVolume(host: Host, name: string, place: Place): Command {
  return docker(host, ['volume', 'create', ...flags('--label', placeLabels(place)), name], SHORT_MS, `makes ${name}`)
}

/** `isInside`: nothing on it reaches the outside, and no port of it can be published. */
export function createNetwork(host: Host, name: string, place: Place, isInside: boolean): Command {
  const inside = isInside ? ['--internal'] : []
  const argv = ['network', 'create', '--driver', 'bridge', ...inside, ...flags('--label', placeLabels(place)), name]
  return docker(host, argv, SHORT_MS, `makes the network ${name}`)
}

/** Names of an environment's networks. */
export function listNetworks(host: Host, place: Place): Command {
  const filters = flags('--filter', prefixed(placeLabels(place)))
  const argv = ['network', 'ls', ...filters, '--format', '{{.Name}}']
  return docker(host, argv, SHORT_MS, 'looks which networks are there')
}

export function removeNetwork(host: Host, name: string): Command {
  return docker(host, ['network', 'rm', name], SHORT_MS, `removes the network ${name}`)
}

/** Whether it runs then, and why not, is for the engine to show. */
export function startContainer(host: Host, name: string): Command {
  return { ...docker(host, ['start', name], SHORT_MS, `starts ${name}`), mayFail: true }
}

/** SIGTERM, and SIGKILL after the grace that each was made with. Somebody may have removed one meanwhile. */
export function stopContainers(host: Host, names: readonly string[], graceMs: number): Command {
  return { ...docker(host, ['stop', ...names], graceMs + STOP_SLACK_MS, `stops ${names.join(', ')}`), mayFail: true }
}

/** SIGTERM, SIGKILL after the grace, and started again: the same containers, so the same files, variables and secrets. */
export function restartContainers(host: Host, names: readonly string[], graceMs: number): Command {
  const timeoutMs = graceMs + STOP_SLACK_MS
  return { ...docker(host, ['restart', ...names], timeoutMs, `restarts ${names.join(', ')}`), mayFail: true }
}

/** By name or id, with the volumes that nobody named. */
export function removeContainers(host: Host, names: readonly string[]): Command {
  return docker(host, ['rm', '--force', '--volumes', ...names], SHORT_MS, `removes ${names.join(', ')}`)
}

/** By name: an image that a container uses, or that has another name, stays. */
export function removeImages(host: Host, names: readonly string[]): Command {
  return { ...docker(host, ['rmi', ...names], SHORT_MS, `removes ${names.join(', ')}`), mayFail: true }
}

export function removeVolume(host: Host, name: string): Command {
  return docker(host, ['volume', 'rm', '--force', name], SHORT_MS, `removes ${name}`)
}

/** Ids of all containers of an environment, those that do not run included. */
export function listContainers(host: Host, place: Place): Command {
  const argv = ['ps', '--all', '--no-trunc', '--quiet', ...flags('--filter', prefixed(placeLabels(place)))]
  return docker(host, argv, SHORT_MS, 'looks what is there')
}

/** Names of an app's environments that have containers on the engine, one line for each container. */
export function listEnvironments(host: Host, app: string): Command {
  const argv = ['ps', '--all', '--filter', `label=${LABEL.app}=${app}`, '--format', `{{.Label "${LABEL.environment}"}}`]
  return docker(host, argv, SHORT_MS, `looks which environments of ${app} are there`)
}

/** Names of an app's environments that have volumes on the engine: those that were removed and may come back have no container. */
export function listKeptEnvironments(host: Host, app: string): Command {
  const label = `{{.Label "${LABEL.environment}"}}`
  const argv = ['volume', 'ls', '--filter', `label=${LABEL.app}=${app}`, '--format', label]
  return docker(host, argv, SHORT_MS, `looks which environments of ${app} keep something there`)
}

export function inspectContainers(host: Host, ids: readonly string[]): Command {
  return docker(host, ['inspect', '--type', 'container', ...ids], SHORT_MS, 'looks how they are')
}

/** Exits with 1 where one is missing, and tells of the others all the same. */
export function inspectImages(host: Host, images: readonly string[]): Command {
  return docker(host, ['image', 'inspect', ...images], SHORT_MS, 'looks which images are there')
}

/** Ids of every image with a name. */
export function listImages(host: Host): Command {
  return docker(host, ['image', 'ls', '--quiet', '--no-trunc'], SHORT_MS, 'looks which images are there')
}

/** How the engine keeps images: `DriverStatus`, as JSON. */
export function readDriver(host: Host): Command {
  return docker(host, ['info', '--format', '{{json .DriverStatus}}'], SHORT_MS, 'looks how the engine keeps images')
}

/** What the engine's machine is, such as `amd64`. */
export function readArchitecture(host: Host): Command {
  return docker(host, ['version', '--format', '{{.Server.Arch}}'], SHORT_MS, 'looks what the engine runs on')
}

/** The last lines of a container, stderr and stdout. */
export function readLogs(host: Host, name: string, lines: number): Command {
  return docker(host, ['logs', '--tail', String(lines), name], SHORT_MS, `reads the last lines of ${name}`)
}

/** What a terminal follows: stdout and stderr apart, with the engine's time before each line. No time limit. */
export function followWords(host: Host, name: string, lines: number): Command['argv'] {
  return docker(host, ['logs', '--follow', '--timestamps', '--tail', String(lines), name], 0, 'follows it').argv
}

/** Runs something beside a container's program, as its user. What it starts outlives a client that is killed. */
export function execIn(
  host: Host,
  name: string,
  argv: readonly string[],
  timeoutMs: number,
  env: Readonly<Record<string, string>> = {},
): Command {
  return docker(host, ['exec', ...flags('--env', env), name, ...argv], timeoutMs, `asks ${name}`)
}

/**
 * For somebody's own command in a container, on somebody's own terminal; no time limit.
 * @param enter what reads the secrets and becomes the command: `enterWords`; empty where the image has nothing of ours
 */
export function execWords(
  host: Host,
  { name, instance, enter, isTerminal }: ExecWords,
  argv: readonly string[],
): Command['argv'] {
  const terminal = ['--interactive', ...(isTerminal ? ['--tty'] : [])]
  const own = ['--env', `INSTANCE=exec ${instance.slice(0, instance.lastIndexOf('-'))}`]
  return docker(host, ['exec', ...terminal, ...own, name, ...enter, ...argv], 0, 'runs a command').argv
}

export interface ExecWords {
  /** Of the container. */
  readonly name: string
  readonly instance: string
  readonly enter: readonly string[]
  readonly isTerminal: boolean
}

export function saveImage(host: Host, image: string, file: string): Command {
  return docker(host, ['save', '--output', file, image], LONG_MS, `writes ${image} to a file`)
}

/** Reads the archive from stdin. */
export function loadImage(host: Host, image: string): Command {
  return docker(host, ['load', '--quiet'], LONG_MS, `brings ${image}`)
}

/**
 * What `openBridge` runs: it leads from stdin and stdout to control's socket in Seaworthy's container. No terminal, no time limit.
 */
export function bridgeWords(host: Host, container: string): Command['argv'] {
  return docker(host, ['exec', '--interactive', container, 'node', BRIDGE, STATE], 0, 'reaches control').argv
}

export function placeLabels({ app, environment }: Place): Readonly<Record<string, string>> {
  return { [LABEL.app]: app, [LABEL.environment]: environment }
}

export function docker(host: Host, args: readonly string[], timeoutMs: number, because: string): Command {
  return { argv: ['docker', ...(host === null ? [] : ['--host', host]), ...args], timeoutMs, because }
}

/** No swap beside the memory: a limit that slows everything down for minutes instead of ending it is none. */
function limits({ cpu, memoryBytesMax: memory }: Container): readonly string[] {
  const cores = cpu === null ? [] : ['--cpus', String(cpu)]
  const bytes = memory === null ? [] : ['--memory', String(memory), '--memory-swap', String(memory)]
  return ['--pids-limit', String(PIDS_MAX), ...cores, ...bytes]
}

/** What is asked is in the image, exec form; when and how often belongs to the release. */
function check({ check: wanted }: Container): readonly string[] {
  if (wanted === null) return ['--no-healthcheck']
  const { intervalMs, timeoutMs, failures, startMs } = wanted
  return [
    ['--health-interval', `${intervalMs}ms`, '--health-timeout', `${timeoutMs}ms`],
    ['--health-retries', String(failures), '--health-start-period', `${startMs}ms`],
  ].flat()
}

export function mountOf({ name, folder, isReadOnly }: Container['volumes'][number]): string {
  return `type=volume,source=${name},target=${folder}${isReadOnly ? ',readonly' : ''}`
}

export function flags(flag: string, values: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(values).flatMap(([name, value]) => [flag, `${name}=${value}`])
}

export function prefixed(labels: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(labels).map(([name, value]) => [`label=${name}`, value]))
}
