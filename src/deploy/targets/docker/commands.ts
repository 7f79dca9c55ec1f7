import type { Command } from '../command.ts'
import { BRIDGE, STATE } from '../image/places.ts'
import { LABEL, type Place } from '../labels.ts'
import type { Container } from './container.ts'

/** An engine: null is the one that the docker program would speak to by itself (its context, DOCKER_HOST). */
export type Host = string | null

const SHORT_MS = 60_000
const LONG_MS = 30 * 60_000
/** What `stop` may take beyond the grace. */
const STOP_SLACK_MS = 30_000

/** Processes and threads of one container. */
const PIDS_MAX = 512
const TMP_SIZE = '64m'
/** Of one container's lines: five files of ten megabytes. */
const LOGS = ['--log-driver', 'local', '--log-opt', 'max-size=10m', '--log-opt', 'max-file=5']

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

/** Never pulls: what is to run was put in place before, or is refused. */
export function createContainer(host: Host, container: Container): Command {
  const { name, image, labels, networks, alias, argv, env, user, graceMs, volumes } = container
  const args = [
    ['create', '--pull', 'never', '--name', name],
    flags('--label', labels),
    ['--network', networks[0]!, '--network-alias', alias],
    ['--restart', 'unless-stopped', '--init', '--stop-timeout', String(Math.ceil(graceMs / 1000))],
    ['--read-only', '--tmpfs', `/tmp:rw,noexec,nosuid,nodev,size=${TMP_SIZE},mode=1777`],
    ['--cap-drop', 'ALL', '--security-opt', 'no-new-privileges:true'],
    user === null ? [] : ['--user', user],
    limits(container),
    LOGS,
    volumes.flatMap((volume) => ['--mount', mountOf(volume)]),
    check(container),
    flags('--env', env),
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
  const carrier = `${name}_carrier`
  const because = `puts ${name} in place`
  const mount = mountOf({ name, folder, isReadOnly: false })
  const made = ['create', '--pull', 'never', '--name', carrier, ...flags('--label', placeLabels(place))]
  return [
    // One is left where a command was killed in between.
    { ...removeContainers(host, [carrier]), mayFail: true },
    docker(host, [...made, '--network', 'none', '--mount', mount, image], SHORT_MS, because),
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

/** By name or id, with the volumes that nobody named. */
export function removeContainers(host: Host, names: readonly string[]): Command {
  return docker(host, ['rm', '--force', '--volumes', ...names], SHORT_MS, `removes ${names.join(', ')}`)
}

export function removeVolume(host: Host, name: string): Command {
  return docker(host, ['volume', 'rm', '--force', name], SHORT_MS, `removes ${name}`)
}

/** Ids of all containers of an environment, those that do not run included. */
export function listContainers(host: Host, place: Place): Command {
  const argv = ['ps', '--all', '--no-trunc', '--quiet', ...flags('--filter', prefixed(placeLabels(place)))]
  return docker(host, argv, SHORT_MS, 'looks what is there')
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

function docker(host: Host, args: readonly string[], timeoutMs: number, because: string): Command {
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

function mountOf({ name, folder, isReadOnly }: Container['volumes'][number]): string {
  return `type=volume,source=${name},target=${folder}${isReadOnly ? ',readonly' : ''}`
}

function flags(flag: string, values: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(values).flatMap(([name, value]) => [flag, `${name}=${value}`])
}

function prefixed(labels: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(labels).map(([name, value]) => [`label=${name}`, value]))
}
