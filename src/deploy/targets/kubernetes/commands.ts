import type { Command } from '../command.ts'
import { BRIDGE, STATE } from '../image/places.ts'
import type { Place } from '../labels.ts'
import { objectSelector, placeSelector, type Labels } from './names.ts'
import { listOf, type KubernetesObject } from './object.ts'

/** Where objects go. */
export interface Access {
  /** Of the user's own kubeconfig; null: what kubectl finds by itself, as inside a cluster. */
  readonly context: string | null
  readonly namespace: string
}

const SHORT_MS = 60_000
/**
 * Of objects that have been put there by others than us nothing is overwritten: whose they are, the server knows by this
 * name.
 */
const MANAGER = 'seaworthy'
/** What a release's service may consist of, but for Secrets: those are taken away by name, since nobody may list them. */
export const KINDS = [
  'horizontalpodautoscalers',
  'poddisruptionbudgets',
  'deployments',
  'jobs',
  'services',
  'networkpolicies',
  'configmaps',
]

/** The versions of all that the cluster serves, a line each. */
export function readApiVersions(access: Access): Command {
  return kubectl(access, ['api-versions'], 'looks what the cluster serves')
}

export function readVersion(access: Access): Command {
  return kubectl(access, ['version', '--output', 'json'], 'looks which version the cluster is')
}

/** Where the API server of the context is; asks the kubeconfig alone. */
export function readServer(access: Access): Command {
  const argv = ['config', 'view', '--minify', '--output', 'jsonpath={.clusters[0].cluster.server}']
  return kubectl(access, argv, 'looks which cluster the context means')
}

/**
 * Has the objects there as they are given, in their order; what is the same already is left alone. They travel by stdin:
 * Secrets are among them.
 * @param isTrial the server checks and decides everything, and keeps nothing
 */
export function applyObjects(access: Access, objects: readonly KubernetesObject[], isTrial = false): Command {
  const trial = isTrial ? ['--dry-run=server'] : []
  const argv = ['apply', '--server-side', `--field-manager=${MANAGER}`, ...trial, '--filename', '-']
  const what = objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`).join(', ')
  return { ...kubectl(access, argv, `puts in place: ${what}`), stdin: Buffer.from(listOf(objects)) }
}

/** Every pod of an environment, as JSON. */
export function listPods(access: Access, place: Place): Command {
  return list(access, 'pods', placeSelector(place))
}

/** Every Deployment of an environment, as JSON: one without pods says why. */
export function listDeployments(access: Access, place: Place): Command {
  return list(access, 'deployments', placeSelector(place))
}

/** The address of a Service, the same for as long as it is there. */
export function readAddress(access: Access, service: string): Command {
  const argv = ['get', 'services', service, '--output', 'jsonpath={.spec.clusterIP}']
  return kubectl(access, argv, `looks which address ${service} has`)
}

/** What has happened to one pod, as JSON. */
export function listEvents(access: Access, pod: string): Command {
  const field = `involvedObject.kind=Pod,involvedObject.name=${pod}`
  return kubectl(
    access,
    ['get', 'events', '--field-selector', field, '--output', 'json'],
    `looks what happened to ${pod}`,
  )
}

/** The last lines of a pod. `isPrevious`: of the life before the one it has now. */
export function readLogs(
  access: Access,
  pod: string,
  {
    container,
    lines,
    isPrevious,
  }: { readonly container: string; readonly lines: number; readonly isPrevious: boolean },
): Command {
  const previous = isPrevious ? ['--previous'] : []
  const argv = ['logs', pod, '--container', container, '--tail', String(lines), ...previous]
  return kubectl(access, argv, `reads the last lines of ${pod}`)
}

/**
 * Takes away all that a release has, or one service of it, but for its Secrets. Pods get their pause and grace; nobody
 * waits.
 */
export function removeRelease(access: Access, place: Place, release: string, service: string | null): Command {
  const selector = objectSelector(place, release, service)
  const argv = ['delete', KINDS.join(','), '--selector', selectorText(selector), '--ignore-not-found', '--wait=false']
  return kubectl(access, argv, `takes away ${service ?? 'everything'} of ${release}`)
}

/** What runs a release's service, its autoscaler first: it would bring back what is taken away. The rest stays. */
export function restService(access: Access, place: Place, release: string, service: string): Command {
  const selector = selectorText(objectSelector(place, release, service))
  const kinds = 'horizontalpodautoscalers,deployments'
  const argv = ['delete', kinds, '--selector', selector, '--ignore-not-found', '--wait=false']
  return kubectl(access, argv, `stops ${service} of ${release}, to make room`)
}

/** By name, so that nobody has to be able to list them. */
export function removeSecrets(access: Access, names: readonly string[]): Command {
  const argv = ['delete', 'secrets', ...names, '--ignore-not-found', '--wait=false']
  return kubectl(access, argv, `takes away the secrets ${names.join(', ')}`)
}

/** Runs a command in a pod, with our stdin. @param limitMs 0: as long as it takes */
export function execIn(
  access: Access,
  pod: string,
  {
    container,
    argv,
    limitMs,
  }: { readonly container: string; readonly argv: readonly string[]; readonly limitMs: number },
): Command {
  const args = ['exec', '-i', pod, '--container', container, '--', ...argv]
  return { ...kubectl(access, args, `runs a command in ${pod}`), timeoutMs: limitMs }
}

/** What `openBridge` runs: it leads from stdin and stdout to control's socket in its pod. No time limit. */
export function bridgeWords(access: Access, pod: string): Command['argv'] {
  return execIn(access, pod, { container: 'control', argv: ['node', BRIDGE, STATE], limitMs: 0 }).argv
}

export function list(access: Access, kind: string, selector: Labels): Command {
  const argv = ['get', kind, '--selector', selectorText(selector), '--output', 'json']
  return kubectl(access, argv, `looks which ${kind} are there`)
}

export function selectorText(selector: Labels): string {
  return Object.entries(selector)
    .map(([key, value]) => `${key}=${value}`)
    .join(',')
}

export function kubectl({ context, namespace }: Access, args: readonly string[], because: string): Command {
  const where = [...(context === null ? [] : ['--context', context]), '--namespace', namespace]
  return { argv: ['kubectl', ...where, ...args], timeoutMs: SHORT_MS, because }
}
