import type { ResolvedService } from '../../../config/resolved.ts'
import { isAutoscaled } from './autoscaler.ts'
import { instanceIn, type Labels } from './names.ts'

/** On a Deployment: how many instances its release begins with. Where an autoscaler counts, nothing else there says it. */
export const INSTANCES = 'seaworthy.instances'

/** A Deployment of a release's service as the API server shows it. */
export interface Deployed {
  readonly service: string
  readonly release: string
  /** How many pods it is to have by now. */
  readonly replicas: number
  /** How many it is to have before it takes traffic. */
  readonly instances: number
}

/** The fields that are read, named as the API names them. */
interface Deployment {
  readonly metadata: { readonly labels?: Labels; readonly annotations?: Labels }
  readonly spec: { readonly replicas?: number }
}

/**
 * Reads the output of `kubectl get deployments --output json`. Those that are none of ours are left out.
 * @throws Error for what is no such output
 */
export function deployedIn(output: string): readonly Deployed[] {
  const { items } = JSON.parse(output) as { readonly items: readonly Deployment[] }
  return items.flatMap(({ metadata, spec }) => {
    const of = instanceIn(metadata.labels ?? {})
    if (of === null) return []
    const replicas = spec.replicas ?? 1
    const instances = Number(metadata.annotations?.[INSTANCES] ?? replicas)
    return [{ service: of.service, release: of.release, replicas, instances }]
  })
}

/**
 * How many instances a release begins with: beside an autoscaler as many as the one that carries the traffic has by now, since
 * the load that made them so many goes to the next.
 * @param asked what the config asks for
 * @param others Deployments of the same service, of other releases
 */
export function instancesToBegin(service: ResolvedService, asked: number, others: readonly Deployed[]): number {
  if (!isAutoscaled(service)) return asked
  return Math.min(service.scale.max, Math.max(asked, ...others.map(({ replicas }) => replicas)))
}
