import { LABEL, type Place } from '../labels.ts'
import { gatewayName } from './gateway.ts'
import type { Labels } from './names.ts'
import { mustBeOurs, whyNotRuns, type Pod } from './own.ts'

/** The gateway's Deployment as the API server shows it. */
export interface OwnGateway {
  readonly image: string
  /** What its annotation says: with what it was made. */
  readonly installation: string
  readonly pods: number
  readonly ready: number
  /** All its pods are of what was put there last, and ready; of what was there before none is left that takes requests. */
  readonly isCurrent: boolean
}

/** The fields that are read, named as the API names them. */
interface Deployment {
  readonly metadata: { readonly generation: number; readonly labels?: Labels; readonly annotations?: Labels }
  readonly spec: {
    readonly replicas?: number
    readonly template: { readonly spec: { readonly containers: readonly { readonly image: string }[] } }
  }
  readonly status: {
    readonly observedGeneration?: number
    readonly replicas?: number
    readonly updatedReplicas?: number
    readonly readyReplicas?: number
  }
}

/**
 * Reads the output of `kubectl get deployments NAME --output json`; null where it is empty.
 * @throws Problem `target.name-taken` where its labels say that it is not this environment's: nothing is done to it
 */
export function gatewayIn(output: string, place: Place): OwnGateway | null {
  if (output.trim() === '') return null
  const { metadata, spec, status } = JSON.parse(output) as Deployment
  mustBeOurs(`Deployment ${gatewayName(place)}`, metadata.labels, place)
  const { observedGeneration = 0, replicas = 0, updatedReplicas = 0, readyReplicas = 0 } = status
  const pods = spec.replicas ?? 1
  return {
    image: spec.template.spec.containers[0]!.image,
    installation: metadata.annotations?.[LABEL.installation] ?? '',
    pods,
    ready: readyReplicas,
    isCurrent:
      observedGeneration >= metadata.generation && [replicas, updatedReplicas, readyReplicas].every((n) => n === pods),
  }
}

/** A pod of the gateway as the API server shows it. */
export interface GatewayPod {
  /** By which it has said hello to control. */
  readonly name: string
  readonly isReady: boolean
  /** It has been told to go. */
  readonly isLeaving: boolean
  readonly startedAt: number
  readonly restarts: number
  /** Why it does not run. */
  readonly because: readonly string[]
}

/** The fields that are read, named as the API names them. */
interface ListedPod extends Pod {
  readonly metadata: { readonly name: string; readonly creationTimestamp: string; readonly deletionTimestamp?: string }
  readonly status?: Pod['status'] & {
    readonly phase?: string
    readonly startTime?: string
    readonly containerStatuses?: readonly { readonly restartCount?: number }[]
  }
}

/**
 * Those that may hold a table: whose containers have ended, and will not be started again, cannot.
 * @param output of `kubectl get pods --output json`
 */
export function gatewayPodsIn(output: string): readonly GatewayPod[] {
  const { items } = JSON.parse(output) as { readonly items: readonly ListedPod[] }
  return items
    .filter(({ status }) => status?.phase !== 'Failed' && status?.phase !== 'Succeeded')
    .map((pod) => {
      const { metadata, status } = pod
      return {
        name: metadata.name,
        isReady: status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false,
        isLeaving: metadata.deletionTimestamp !== undefined,
        startedAt: Date.parse(status?.startTime ?? metadata.creationTimestamp),
        restarts: status?.containerStatuses?.[0]?.restartCount ?? 0,
        because: whyNotRuns(pod),
      }
    })
}
