import type { Instance, Release } from '../../release.ts'
import type { Probe } from '../../target.ts'
import type { ObservedPod } from './observe.ts'
import { portOf } from './pod.ts'
import type { Refusal } from './refusal.ts'
import { listens } from '../instance-shape.ts'

/** A release's service as the cluster shows it. */
export interface Look {
  /** Those that are not on their way out. */
  readonly pods: readonly ObservedPod[]
  /** How many have to be ready. Null: there is no Deployment. */
  readonly instances: number | null
  /** Why the cluster gives it no pods. */
  readonly refusal: Refusal | null
}

/** Waiting states and the like of a pod that has not ended: what one says of it while nobody has looked further. */
export function wordOf({ pod, instance, waiting, unschedulable, failed, isReady }: ObservedPod): string {
  if (failed !== null) return `${pod} was ended by its node: ${failed.reason}`
  if (hasEnded(instance)) return `${pod}: the program ${instance.lastExit ?? 'has ended'}`
  if (unschedulable !== null) return `${pod} has no node: ${unschedulable}`
  if (waiting !== null) return `${pod} waits: ${waiting.reason}`
  if (instance.state === 'starting') return `${pod} is being started`
  return isReady ? `${pod} is ready` : `${pod} runs, and its readiness probe does not pass`
}

/**
 * What a service's pods say before one of them is asked; null: as many as there have to be are ready, in the eyes of their
 * kubelets.
 */
export function probeOfPods({ pods, instances, refusal }: Look, tookMs: number): Probe | null {
  if (instances === null) return { kind: 'gone', because: 'its Deployment is not there any more', restarts: null }
  const ready = pods.filter(({ isReady }) => isReady).length
  if (ready >= instances) return null
  const ended = pods.filter(({ instance, failed }) => failed === null && hasEnded(instance))
  if (ended.length > 0) {
    const [worst] = ended.toSorted((one, other) => other.instance.restarts - one.instance.restarts)
    return { kind: 'gone', because: wordOf(worst!), restarts: worst!.instance.restarts }
  }
  const worst = worstOf(pods)
  const why = worst === null ? (refusal?.cause.text ?? 'there is no pod yet') : wordOf(worst)
  return { kind: 'fail', because: `${ready} of ${instances} pods are ready; ${why}`, tookMs, look: null }
}

/** The pod that has most to tell of what is wrong; null where there is none, or all are ready. */
export function worstOf(pods: readonly ObservedPod[]): ObservedPod | null {
  const [worst] = pods.filter(({ isReady }) => !isReady).toSorted((one, other) => gravityOf(other) - gravityOf(one))
  return worst ?? null
}

/**
 * The instances of a service as control knows them: each by the Service's address, which stays while pods come and go. A pod's
 * own address is another program's soon after it has gone, and control has nobody to ask. What else is known of an instance is
 * that of the pod in its place, by age.
 * @param address of the release's Service; '' for what listens on nothing
 */
export function rosterOf(
  release: Release,
  service: string,
  { ids, pods, address, now }: { ids: readonly string[]; pods: readonly ObservedPod[]; address: string; now: number },
): readonly Instance[] {
  const declared = release.config.services[service]!
  const byAge = pods.toSorted(
    (one, other) => one.instance.startedAt - other.instance.startedAt || (one.pod < other.pod ? -1 : 1),
  )
  return ids.map((id, index) => {
    const pod = byAge[index]?.instance
    return {
      id,
      service,
      release: release.id,
      host: address,
      port: listens(declared) ? portOf(declared) : null,
      state: pod?.state ?? 'starting',
      pid: null,
      startedAt: pod?.startedAt ?? now,
      restarts: pod?.restarts ?? 0,
      lastExit: pod?.lastExit ?? null,
    }
  })
}

function hasEnded({ state }: Instance): boolean {
  return state === 'restarting' || state === 'crash-loop' || state === 'stopped'
}

/** What has ended tells why; what waits for something tells for what; the rest only that it is not ready. */
function gravityOf({ instance, failed, waiting, unschedulable }: ObservedPod): number {
  if (failed !== null) return 1
  if (hasEnded(instance)) return 4 + instance.restarts
  if (unschedulable !== null || waiting !== null) return 3
  return 2
}
