import type { ResolvedService } from '../../../config/resolved.ts'
import { megabytes } from '../../diagnosis/evidence.ts'
import type { Cause } from '../../target.ts'
import { lastWord } from '../exit.ts'
import type { Happened } from './events.ts'
import { NOT_STARTED, type ObservedPod } from './observe.ts'

/** A shell's word for: it is not there. */
const NOT_FOUND = 127

export interface Sighted {
  readonly observed: ObservedPod
  readonly service: ResolvedService
  /** What has happened to the pod, the newest last. */
  readonly events: readonly Happened[]
  /** Of the life that it has, or of the one before. */
  readonly lastLines: readonly string[]
}

type Explain = (sighted: Sighted) => Cause | null

/** What the cluster itself says of a pod that does not become ready; null: it has to be asked from outside. */
export function causeOfPod(sighted: Sighted): Cause | null {
  for (const explain of [
    evicted,
    unschedulable,
    imagePull,
    refusedConfig,
    volume,
    outOfMemory,
    notStarted,
    restartedByProbe,
    crashLoop,
    probeFails,
  ]) {
    const cause = explain(sighted)
    if (cause !== null) return cause
  }
  return null
}

const evicted: Explain = ({ observed: { failed } }) => {
  if (failed === null) return null
  return {
    name: failed.reason === 'Evicted' ? 'evicted' : 'pod-failed',
    certainty: 'proven',
    text: `its node ended the pod: ${short(failed.message) || failed.reason}`,
    basis: `the pod's own status: ${failed.reason}`,
    cure: /ephemeral|DiskPressure/i.test(failed.message)
      ? 'Have it write less to /tmp and its `writable` folders, or give the node more disk.'
      : null,
  }
}

const unschedulable: Explain = ({ observed }) => {
  if (observed.unschedulable === null) return null
  const why = observed.unschedulable
  return {
    name: 'unschedulable',
    certainty: 'proven',
    text: `no node takes it: ${short(why)}`,
    basis: "the scheduler's answer, in the pod's condition PodScheduled",
    cure: cureOfScheduling(why),
  }
}

function cureOfScheduling(why: string): string | null {
  if (/insufficient (?:cpu|memory|ephemeral-storage)/i.test(why))
    return 'Ask for less in `resources`, run fewer instances, or add a node.'
  if (/persistentvolumeclaim|volume/i.test(why)) return 'Look at the claim: `kubectl get persistentvolumeclaims`.'
  if (/taint/i.test(why)) return 'Add a node that takes ordinary pods: those that are there are set aside for others.'
  return null
}

/** The kubelet's words while it has no image; it tries again and again, so the reason changes and the event stays. */
const NO_IMAGE: ReadonlySet<string> = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'ErrImageNeverPull',
  'InvalidImageName',
  'RegistryUnavailable',
  'ImageInspectError',
])

const imagePull: Explain = ({ observed: { waiting }, events }) => {
  if (waiting === null || !NO_IMAGE.has(waiting.reason)) return null
  // The state says "back-off" most of the time, the event why.
  const event = events.findLast(
    ({ reason, message }) => reason === 'Failed' && /pull/i.test(message) && !message.startsWith('Error:'),
  )
  const why = event?.message ?? waiting.message
  return {
    name: 'image-pull',
    certainty: 'proven',
    text: `its image does not arrive: ${short(why) || waiting.reason}`,
    basis: `the kubelet waits with ${waiting.reason}${event === undefined ? '' : ', and its event says why'}`,
    cure: cureOfPull(why),
  }
}

function cureOfPull(why: string): string | null {
  if (/unauthorized|authentication|denied|forbidden|no basic auth/i.test(why))
    return 'Let the namespace pull it: `docker login` there, and deploy again with `registry` in the environment; else an image pull secret on its service account.'
  if (/no such host|i\/o timeout|connection refused|TLS|x509|deadline exceeded/i.test(why))
    return 'The node does not reach the registry: look at its name, its certificate and the way there.'
  if (/not found|manifest unknown|does not exist/i.test(why))
    return 'Push the image, or, without a registry, load it on every node.'
  return null
}

/** Something that the pod refers to is not there, or it would run as root. */
const refusedConfig: Explain = ({ observed: { waiting } }) => {
  if (waiting?.reason !== 'CreateContainerConfigError') return null
  const isRoot = /runAsNonRoot|will run as root|non-numeric user/i.test(waiting.message)
  return {
    name: isRoot ? 'runs-as-root' : 'missing-object',
    certainty: 'proven',
    text: isRoot
      ? `its image would run as root: ${short(waiting.message)}`
      : `it refers to what is not there: ${short(waiting.message)}`,
    basis: 'the kubelet refuses to make the container: CreateContainerConfigError',
    cure: isRoot
      ? 'Give the image a user by number (`USER 65532`).'
      : 'Deploy again: it puts back what a release consists of.',
  }
}

const volume: Explain = ({ observed, events }) => {
  if (observed.instance.state !== 'starting') return null
  const event = events.findLast(({ reason }) => reason === 'FailedMount' || reason === 'FailedAttachVolume')
  if (event === undefined) return null
  return {
    name: 'volume-missing',
    certainty: 'proven',
    text: `a volume of it cannot be mounted: ${short(event.message)}`,
    basis: `the event ${event.reason}${event.count > 1 ? `, ${event.count} times` : ''}`,
    cure: /secret|configmap/i.test(event.message) ? 'Deploy again: it puts back what a release consists of.' : null,
  }
}

const outOfMemory: Explain = ({ observed, service }) => {
  if (observed.ended?.reason !== 'OOMKilled') return null
  const limit = service.memoryBytesMax
  const more = limit === null ? 'than its node has' : `than the ${megabytes(limit)} of \`resources.memory\``
  return {
    name: 'out-of-memory',
    certainty: 'proven',
    text: `it used more memory ${more}, and the kernel killed it${timesOf(observed)}`,
    basis: 'the kubelet says OOMKilled',
    cure: 'Give it more memory, or find out what it keeps.',
  }
}

const notStarted: Explain = ({ observed: { ended, waiting, instance }, service, lastLines }) => {
  const refused = waiting?.reason === 'CreateContainerError' || waiting?.reason === 'RunContainerError'
  const never = ended !== null && NOT_STARTED.has(ended.reason)
  if (!refused && !never && ended?.exitCode !== NOT_FOUND) return null
  const program = service.run.kind === 'program' ? `'${service.run.argv[0]!}'` : 'its command'
  const message = refused ? waiting.message : (ended?.message ?? '')
  const isMissing = ended?.exitCode === NOT_FOUND || /no such file|not found in \$PATH/i.test(message)
  const isProven = refused || never
  return {
    name: 'not-started',
    certainty: isProven ? 'proven' : 'likely',
    text: isMissing ? `there is no program ${program} in its image` : `it could not be started: ${short(message)}`,
    basis: isProven ? `the runtime's answer: ${short(message)}` : `it ${instance.lastExit}${lastWord(lastLines)}`,
    cure: isMissing ? 'Have the build put it there, or write its path in `start`.' : null,
  }
}

/** A restart that the kubelet itself brings about: the program is there, and does not answer as it should. */
const restartedByProbe: Explain = ({ observed, events, service }) => {
  if (observed.instance.restarts === 0) return null
  const killed = events.findLast(({ reason, message }) => reason === 'Killing' && KILLED_FOR.test(message))
  if (killed === undefined) return null
  const isStartup = KILLED_FOR.exec(killed.message)![1] === 'startup'
  const { live, deadlineMs } = service.health
  const last = probeFailure(events, isStartup ? 'Startup' : 'Liveness')
  const because = last === null ? '' : `: ${last.text}`
  return {
    name: isStartup ? 'slow-start' : 'not-alive',
    certainty: 'proven',
    text: isStartup
      ? `it did not become ready within ${deadlineMs / 1000} s, and was started again${timesOf(observed)}${because}`
      : `${live ?? 'its liveness check'} did not pass, and it was started again${timesOf(observed)}${because}`,
    basis: `the kubelet's event: ${short(killed.message)}`,
    cure: isStartup
      ? 'Give it longer (`health.deadline`), or find out what it waits for.'
      : 'A liveness check passes as long as the program can answer; what it needs from others belongs into `health.ready`.',
  }
}

const KILLED_FOR = /failed (startup|liveness) probe/

const crashLoop: Explain = ({ observed, lastLines }) => {
  const { instance, ended } = observed
  if (ended === null || instance.state === 'running' || instance.state === 'starting' || instance.state === 'stopping')
    return null
  return {
    name: ended.exitCode === 0 ? 'ended-by-itself' : 'crash-loop',
    certainty: 'proven',
    text: `the program ${instance.lastExit}${timesOf(observed)}${lastWord(lastLines) || ', without a word'}`,
    basis: 'its exit status',
    cure:
      ended.exitCode === 0
        ? 'A service stays in the foreground: keep it from becoming a daemon, or from having nothing to do.'
        : null,
  }
}

/** It runs, and a kubelet's question is not answered as it should be. */
const probeFails: Explain = ({ observed, events, service }) => {
  if (observed.instance.state !== 'running' || observed.isReady) return null
  const failure = probeFailure(events, 'Startup') ?? probeFailure(events, 'Readiness')
  if (failure === null) return null
  const { ready } = service.health
  const what = ready.kind === 'http' ? ready.path : ready.kind === 'command' ? ready.argv.join(' ') : 'its check'
  return {
    name: 'probe-fails',
    certainty: 'likely',
    text: `it runs, and ${what} does not pass: ${failure.text}`,
    basis: `the event Unhealthy${failure.count > 1 ? `, ${failure.count} times` : ''}`,
    cure: cureOfProbe(failure.text, observed.instance.port),
  }
}

function cureOfProbe(text: string, port: number | null): string | null {
  if (/connection refused/i.test(text))
    return `It has to listen on 0.0.0.0 and on $PORT${port === null ? '' : ` (${port})`}, not on 127.0.0.1 or another port.`
  if (/statuscode: 404/i.test(text)) return 'Name the path that it answers: `health.ready`.'
  if (/timeout|deadline exceeded/i.test(text))
    return 'Give it longer (`health.timeout`), or find out what it waits for.'
  return null
}

function probeFailure(
  events: readonly Happened[],
  kind: string,
): { readonly text: string; readonly count: number } | null {
  const prefix = `${kind} probe `
  const event = events.findLast(({ reason, message }) => reason === 'Unhealthy' && message.startsWith(prefix))
  if (event === undefined) return null
  const text = short(event.message.slice(prefix.length).replace(/^(?:failed|errored): ?/, ''))
  // A command that ends without a word.
  return { text: text || 'it exits with an error', count: event.count }
}

/** One line of it, and not all of that. */
export function short(message: string): string {
  return message.replaceAll(/\s+/g, ' ').trim().slice(0, 300)
}

function timesOf({ instance }: ObservedPod): string {
  return instance.restarts > 1 ? ` (${instance.restarts} times)` : ''
}
