import type { ResolvedService } from '../../../config/resolved.ts'
import { listens } from '../instance-shape.ts'
import { autoscalerOf, isAutoscaled } from './autoscaler.ts'
import { configMapOf } from './config-map.ts'
import { deploymentOf } from './deployment.ts'
import { budgetOf } from './disruption-budget.ts'
import { servicePolicy } from './network-policy.ts'
import type { KubernetesObject } from './object.ts'
import type { PodInput } from './pod.ts'
import { secretOf } from './secret.ts'
import { serviceOf } from './service.ts'

export interface ServiceInput extends PodInput {
  /** How many instances to begin with: those of the release before, or `scale.min`. */
  readonly instances: number
  /** Of the service's secrets. */
  readonly values: Readonly<Record<string, string>>
}

/**
 * Everything that one service of a release has in the cluster, in an order in which nothing waits for what comes after it.
 */
export function serviceObjects(input: ServiceInput): readonly KubernetesObject[] {
  const { release, service, cluster, instances, values } = input
  const declared: ResolvedService = release.config.services[service]!
  return [
    configMapOf(release, service),
    secretOf(release, service, values),
    listens(declared) ? serviceOf(release, service) : null,
    servicePolicy(release, service),
    deploymentOf(input, { instances, replicas: isAutoscaled(declared) ? null : instances }),
    budgetOf(release, service, cluster),
    autoscalerOf(release, service, { cluster, atLeast: instances }),
  ].filter((one) => one !== null)
}
