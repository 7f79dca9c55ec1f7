import { AGREE } from '../agree.ts'
import type { Command } from '../command.ts'
import { RECORDS, STATE } from '../image/places.ts'
import type { Place } from '../labels.ts'
import { execIn, kubectl, KINDS, list, selectorText, type Access } from './commands.ts'
import { controlClaim, controlName, controlPod } from './control.ts'
import { gatewayName } from './gateway.ts'
import { componentSelector, placeSelector } from './names.ts'

const SHORT_MS = 60_000
/** Of a gigabyte over a slow line. */
const RECORDS_MS = 10 * 60_000
/** What keeps pods running, autoscalers first: they would bring back what is taken away. */
const RUNNERS = 'horizontalpodautoscalers,deployments,jobs'

/** Whether there is such a namespace: each has this account from its beginning, and who deploys may ask for it. */
export function findNamespace(access: Access): Command {
  const argv = ['get', 'serviceaccounts', 'default', '--ignore-not-found', '--output', 'name']
  return kubectl(access, argv, `looks whether there is a namespace ${access.namespace}`)
}

/** Control's StatefulSet, as JSON; nothing where there is none. */
export function readOwn(access: Access, place: Place): Command {
  const argv = ['get', 'statefulsets', controlName(place), '--ignore-not-found', '--output', 'json']
  return kubectl(access, argv, 'looks for control')
}

/** The gateway's Deployment, as JSON; nothing where there is none. */
export function readGateway(access: Access, place: Place): Command {
  const argv = ['get', 'deployments', gatewayName(place), '--ignore-not-found', '--output', 'json']
  return kubectl(access, argv, 'looks for the gateway')
}

/** The gateway's pods, as JSON. */
export function listGatewayPods(access: Access, place: Place): Command {
  return list(access, 'pods', componentSelector(place, 'gateway'))
}

/** Control's pod, as JSON; nothing where there is none. */
export function readOwnPod(access: Access, place: Place): Command {
  const argv = ['get', 'pods', controlPod(place), '--ignore-not-found', '--output', 'json']
  return kubectl(access, argv, "looks how control's pod is")
}

/** The claim of control's volume; nothing where there is none. */
export function findClaim(access: Access, place: Place): Command {
  const argv = ['get', 'persistentvolumeclaims', controlClaim(place), '--ignore-not-found', '--output', 'name']
  return kubectl(access, argv, "looks for control's volume")
}

/** Of an environment, what is not control's own, as JSON: whose labels tell which releases are there. */
export function listPolicies(access: Access, place: Place): Command {
  return list(access, 'networkpolicies', placeSelector(place))
}

/** The policy of a release's service; nothing where there is none. */
export function findPolicy(access: Access, name: string): Command {
  const argv = ['get', 'networkpolicies', name, '--ignore-not-found', '--output', 'name']
  return kubectl(access, argv, `looks whether ${name} was there before`)
}

/** What a stop takes away one after the other. */
export type OwnComponent = 'gateway' | 'control' | 'instance'

/** Names of the environment's pods of one kind that are still there. */
export function listPodNames(access: Access, place: Place, component: OwnComponent): Command {
  const argv = ['get', 'pods', '--selector', selectorText(componentSelector(place, component)), '--output', 'name']
  return kubectl(access, argv, `looks which pods of ${component} are there`)
}

/** Its pods finish what is in flight. */
export function stopGateway(access: Access, place: Place): Command {
  const argv = ['delete', 'deployments', gatewayName(place), '--ignore-not-found', '--wait=false']
  return kubectl(access, argv, 'stops the gateway, which finishes what is in flight')
}

/** Its volume stays. */
export function stopControl(access: Access, place: Place): Command {
  const argv = ['delete', 'statefulsets', controlName(place), '--ignore-not-found', '--wait=false']
  return kubectl(access, argv, 'stops control')
}

/**
 * Fresh pods of the gateway beside the old ones. Under a name of its own: what an installation puts in place neither takes the
 * mark away nor is taken away by it.
 */
export function restartGateway(access: Access, place: Place, at: Date): Command {
  const annotations = { 'seaworthy.restarted-at': at.toISOString() }
  const mark = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: gatewayName(place) },
    spec: { template: { metadata: { annotations } } },
  }
  const argv = ['apply', '--server-side', '--field-manager=seaworthy-restart', '--validate=false', '--filename', '-']
  const because = 'replaces the pods of the gateway one after the other'
  return { ...kubectl(access, argv, because), stdin: Buffer.from(JSON.stringify(mark)) }
}

/** What instances consist of beside their pods stays as it is, secrets among it. */
export function stopInstances(access: Access, place: Place): Command {
  const argv = ['delete', RUNNERS, '--selector', selectorText(placeSelector(place)), '--ignore-not-found']
  return kubectl(access, [...argv, '--wait=false'], 'stops all instances')
}

/** All that carries the environment's labels but for its volume, and its Secrets: nobody may list those. */
export function removeAll(access: Access, place: Place): Command {
  const kinds = ['statefulsets', ...KINDS, 'serviceaccounts'].join(',')
  const argv = ['delete', kinds, '--selector', selectorText(placeSelector(place)), '--ignore-not-found', '--wait=false']
  return kubectl(access, argv, 'removes what was made for the environment')
}

/** Where the front door is, as JSON. */
export function readFront(access: Access, place: Place): Command {
  const argv = ['get', 'services', gatewayName(place), '--ignore-not-found', '--output', 'json']
  return kubectl(access, argv, 'looks where the front door is')
}

/** Everything a pod has said since, each line with its time. @param fromMs since the epoch; null: all that is kept */
export function logsOf(access: Access, pod: string, container: string, fromMs: number | null): Command {
  const since = fromMs === null ? [] : ['--since-time', new Date(fromMs).toISOString()]
  const argv = ['logs', pod, '--container', container, '--timestamps', ...since]
  return { ...kubectl(access, argv, 'reads what it has said'), timeoutMs: SHORT_MS }
}

/** @param lines how many of the old ones come first */
export function followWords(access: Access, pod: string, container: string, lines: number): Command['argv'] {
  const tail = lines === Number.MAX_SAFE_INTEGER ? '-1' : String(lines)
  const argv = ['logs', '--follow', pod, '--container', container, '--timestamps', '--tail', tail]
  return kubectl(access, argv, 'follows it').argv
}

/**
 * For somebody's own command in a pod, on somebody's own terminal; no time limit.
 * @param enter what reads the secrets and becomes the command
 */
export function execWords(
  access: Access,
  { pod, container, enter, isTerminal }: ExecWords,
  argv: readonly string[],
): Command['argv'] {
  const terminal = isTerminal ? ['--stdin', '--tty'] : ['--stdin']
  const words = ['exec', ...terminal, pod, '--container', container, '--', ...enter, ...argv]
  return kubectl(access, words, 'runs a command').argv
}

export interface ExecWords {
  readonly pod: string
  readonly container: string
  readonly enter: readonly string[]
  readonly isTerminal: boolean
}

/** Answers the key that control's volume has; where it has none yet, it takes the one that is sent. */
export function agreeOnKey(access: Access, place: Place, file: string, key: string): Command {
  const argv = ['node', '-e', AGREE, `${STATE}/${file}`]
  const asks = execIn(access, controlPod(place), { container: 'control', argv, limitMs: SHORT_MS })
  return { ...asks, stdin: Buffer.from(key), mayFail: true }
}

/** Free bytes of control's volume, as a number. */
export function readRoom(access: Access, place: Place): Command {
  const script = `const { bavail, bsize } = fs.statfsSync('${STATE}'); process.stdout.write(String(bavail * bsize))`
  return execIn(access, controlPod(place), {
    container: 'control',
    argv: ['node', '-e', script],
    limitMs: SHORT_MS,
  })
}

/** Answers a question from control's files, which are in its pod's volume. */
export function readRecords(access: Access, place: Place, question: string): Command {
  const argv = ['node', RECORDS, STATE, question]
  return execIn(access, controlPod(place), { container: 'control', argv, limitMs: RECORDS_MS })
}
