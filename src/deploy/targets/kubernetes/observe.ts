import type { Instance, InstanceState } from '../../release.ts'
import { CRASHES_MAX, exitText } from '../exit.ts'
import { instanceIn, type Labels } from './names.ts'

/** A pod of an instance as the API server shows it. */
export interface ObservedPod {
  readonly instance: Instance
  /** What commands are given. */
  readonly pod: string
  readonly artifact: string
  /** What its container runs, in its runtime's words: an image's id, or a name with a digest; null: it has not run. */
  readonly image: string | null
  /** A command stands in place of its image's entry, which is not ours: nothing reads its secrets for it. */
  readonly isBare: boolean
  /** Its readiness probe passes: the cluster sends it requests. */
  readonly isReady: boolean
  /** Why its container waits, in the kubelet's word: 'ImagePullBackOff'; null: it does not. */
  readonly waiting: Said | null
  /** How its container ended last. */
  readonly ended: Ended | null
  /** What the scheduler says of a pod that has no node; null once it has one. */
  readonly unschedulable: string | null
  /** Why the whole pod was ended: 'Evicted'; null: it was not. */
  readonly failed: Said | null
}

export interface Said {
  readonly reason: string
  readonly message: string
}

export interface Ended extends Said {
  readonly exitCode: number
}

/**
 * Reads the output of `kubectl get pods --output json`. Pods that are none of our instances are left out.
 * @throws Error for what is no such output
 */
export function observed(output: string): readonly ObservedPod[] {
  const { items } = JSON.parse(output) as { readonly items: readonly Pod[] }
  return items.flatMap((pod) => {
    const found = observe(pod)
    return found === null ? [] : [found]
  })
}

/** The fields that are read, named as the API names them. */
interface Pod {
  readonly metadata: {
    readonly name: string
    readonly uid: string
    readonly labels?: Labels
    readonly creationTimestamp: string
    readonly deletionTimestamp?: string
  }
  readonly spec: {
    readonly containers: readonly [
      {
        readonly name: string
        readonly command?: readonly string[]
        readonly ports?: readonly { readonly containerPort: number }[]
      },
    ]
  }
  readonly status: {
    readonly phase: 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown'
    readonly reason?: string
    readonly message?: string
    readonly podIP?: string
    readonly startTime?: string
    readonly conditions?: readonly {
      readonly type: string
      readonly status: string
      readonly reason?: string
      readonly message?: string
    }[]
    readonly containerStatuses?: readonly ContainerStatus[]
  }
}

interface ContainerStatus {
  readonly name: string
  readonly restartCount: number
  readonly imageID?: string
  readonly state: State
  readonly lastState?: State
}

interface State {
  readonly waiting?: { readonly reason?: string; readonly message?: string }
  readonly running?: { readonly startedAt: string }
  readonly terminated?: { readonly exitCode: number; readonly reason?: string; readonly message?: string }
}

function observe(pod: Pod): ObservedPod | null {
  const { metadata, spec, status } = pod
  const labels = instanceIn(metadata.labels ?? {})
  if (labels === null) return null
  const { service, release, artifact } = labels
  const [container] = spec.containers
  const own = status.containerStatuses?.find(({ name }) => name === container.name)
  const ended = endedOf(own)
  const scheduled = status.conditions?.find(({ type }) => type === 'PodScheduled')
  const { waiting, running } = own?.state ?? {}
  return {
    pod: metadata.name,
    artifact,
    image: imageIn(own?.imageID ?? ''),
    isBare: container.command !== undefined,
    instance: {
      id: `${service}@${release}-${numberOf(metadata.uid)}`,
      service,
      release,
      // None until a node has taken it.
      host: status.podIP ?? '',
      port: container.ports?.[0]?.containerPort ?? null,
      state: stateOf(pod, own),
      // Of a machine that is not ours to look at.
      pid: null,
      startedAt: Date.parse(running?.startedAt ?? status.startTime ?? metadata.creationTimestamp),
      restarts: own?.restartCount ?? 0,
      lastExit: ended === null ? null : endText(ended),
    },
    isReady: status.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false,
    waiting: waiting === undefined ? null : said(waiting),
    ended,
    unschedulable: scheduled?.status === 'False' ? (scheduled.message ?? scheduled.reason ?? '') : null,
    failed: status.phase === 'Failed' && status.reason !== undefined ? said(status) : null,
  }
}

/** Runtimes of old begin with how they came by it: `docker://`, `docker-pullable://`. */
function imageIn(id: string): string | null {
  return id === '' ? null : id.replace(/^[a-z-]+:\/\//, '')
}

/** An instance's number is never used twice: this is of the pod's own identity, and the same at every look. */
function numberOf(uid: string): number {
  return Number.parseInt(uid.replaceAll('-', '').slice(0, 12), 16)
}

function endedOf(own: ContainerStatus | undefined): Ended | null {
  const terminated = own?.state.terminated ?? own?.lastState?.terminated
  return terminated === undefined ? null : { ...said(terminated), exitCode: terminated.exitCode }
}

function stateOf({ metadata, status }: Pod, own: ContainerStatus | undefined): InstanceState {
  if (metadata.deletionTimestamp !== undefined) return 'stopping'
  if (status.phase === 'Failed' || status.phase === 'Succeeded') return 'stopped'
  if (own?.state.running !== undefined) return 'running'
  const restarts = own?.restartCount ?? 0
  if (own?.state.terminated === undefined && own?.lastState?.terminated === undefined) return 'starting'
  return restarts >= CRASHES_MAX ? 'crash-loop' : 'restarting'
}

function endText({ exitCode, reason, message }: Ended): string {
  if (reason === 'OOMKilled') return `ran out of memory, ${exitText(exitCode)}`
  if (NOT_STARTED.has(reason)) return `could not be started: ${message}`
  return exitText(exitCode)
}

/** By a kubelet's runtimes, old and new, for a program that never ran. */
export const NOT_STARTED: ReadonlySet<string> = new Set(['ContainerCannotRun', 'StartError'])

function said({ reason = '', message = '' }: { readonly reason?: string; readonly message?: string }): Said {
  return { reason, message }
}
