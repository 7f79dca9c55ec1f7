import { Problem } from '../../../core/problem.ts'
import { LABEL, type Place } from '../labels.ts'
import { controlName } from './control.ts'
import type { Labels } from './names.ts'

/** Control's StatefulSet as the API server shows it. */
export interface Own {
  readonly image: string
  /** What its annotation says: with what it was made. */
  readonly installation: string
  /** Its pod is ready. */
  readonly isRunning: boolean
  /** Its pod is of what was put there last. */
  readonly isCurrent: boolean
}

/** The fields that are read, named as the API names them. */
interface StatefulSet {
  readonly metadata: { readonly generation: number; readonly labels?: Labels; readonly annotations?: Labels }
  readonly spec: {
    readonly template: { readonly spec: { readonly containers: readonly { readonly image: string }[] } }
  }
  readonly status: {
    readonly observedGeneration?: number
    readonly readyReplicas?: number
    readonly currentRevision?: string
    readonly updateRevision?: string
  }
}

/**
 * Reads the output of `kubectl get statefulsets NAME --output json`; null where it is empty.
 * @throws Problem `target.name-taken` where its labels say that it is not this environment's: nothing is done to it
 */
export function ownIn(output: string, place: Place): Own | null {
  if (output.trim() === '') return null
  const { metadata, spec, status } = JSON.parse(output) as StatefulSet
  mustBeOurs(`StatefulSet ${controlName(place)}`, metadata.labels, place)
  return {
    image: spec.template.spec.containers[0]!.image,
    installation: metadata.annotations?.[LABEL.installation] ?? '',
    isRunning: (status.readyReplicas ?? 0) > 0,
    isCurrent:
      (status.observedGeneration ?? 0) >= metadata.generation && status.currentRevision === status.updateRevision,
  }
}

/** @throws Problem `target.name-taken` */
export function mustBeOurs(what: string, labels: Labels = {}, place: Place): void {
  if (labels[LABEL.app] === place.app && labels[LABEL.environment] === place.environment) return
  throw new Problem('target.name-taken', `the ${what} is not Seaworthy's: it lacks its labels`, {
    hint: 'Whoever made it has to give it another name, or the environment another `namespace`. Nothing was touched.',
  })
}

/** The fields that are read, named as the API names them. */
export interface Pod {
  readonly status?: {
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message?: string }[]
    readonly initContainerStatuses?: readonly ContainerStatus[]
    readonly containerStatuses?: readonly ContainerStatus[]
  }
}

interface ContainerStatus {
  readonly name: string
  readonly state: { readonly waiting?: { readonly reason?: string; readonly message?: string } }
}

/** Why control's pod does not run, as the cluster tells it: a line each. @param output of `kubectl get pods NAME --output json` */
export function whyNot(output: string): readonly string[] {
  return output.trim() === '' ? ['there is no pod'] : whyNotRuns(JSON.parse(output) as Pod)
}

/** The same of any pod. */
export function whyNotRuns({ status = {} }: Pod): readonly string[] {
  const waiting = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])].flatMap(
    ({ name, state: { waiting: why } }) =>
      why === undefined || isUsual(why.reason)
        ? []
        : [`${name} waits: ${why.reason ?? ''} ${why.message ?? ''}`.trim()],
  )
  const unscheduled = (status.conditions ?? []).flatMap(({ type, status: is, message }) =>
    type === 'PodScheduled' && is === 'False' && message !== undefined ? [`it has no node: ${message}`] : [],
  )
  return [...unscheduled, ...waiting]
}

/** Where the front door is, as far as the cluster tells: `10.96.0.7:80`. @param output of `kubectl get services NAME --output json` */
export function frontIn(output: string): string | null {
  if (output.trim() === '') return null
  const { spec, status } = JSON.parse(output) as {
    readonly spec: {
      readonly clusterIP: string
      readonly type: string
      readonly ports: readonly { readonly port: number }[]
    }
    readonly status?: {
      readonly loadBalancer?: { readonly ingress?: readonly { readonly ip?: string; readonly hostname?: string }[] }
    }
  }
  const ports = spec.ports.map(({ port }) => port).join(' and ')
  const outside = (status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip ?? hostname).join(', ')
  if (outside !== '') return `${outside}, port ${ports}`
  const waits = spec.type === 'LoadBalancer' ? '; the cluster has given it no address outside yet' : ''
  return `${spec.clusterIP}, port ${ports}, inside the cluster${waits}`
}

/** What every pod goes through. */
function isUsual(reason: string | undefined): boolean {
  return reason === 'PodInitializing' || reason === 'ContainerCreating'
}
