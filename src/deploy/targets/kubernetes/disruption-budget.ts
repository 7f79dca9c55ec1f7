import type { Release } from '../../release.ts'
import type { Cluster } from './cluster.ts'
import { releaseLabels, releaseName, releaseSelector, type Labels } from './names.ts'
import type { KubernetesObject } from './object.ts'

/**
 * Of a release's service; null for a service that may have a single pod: a budget on that blocks every drain of its node.
 */
export function budgetOf(release: Release, service: string, cluster: Cluster): KubernetesObject | null {
  if (release.config.services[service]!.scale.min < 2) return null
  return disruptionBudget(
    { name: releaseName(release, service), labels: releaseLabels(release, service) },
    releaseSelector(release, service),
    cluster,
  )
}

/** One pod at a time may be taken from where it is, and none while another is missing. */
export function disruptionBudget(
  metadata: KubernetesObject['metadata'],
  selector: Labels,
  cluster: Cluster,
): KubernetesObject {
  return {
    apiVersion: cluster.disruptionBudget,
    kind: 'PodDisruptionBudget',
    metadata,
    spec: {
      maxUnavailable: 1,
      selector: { matchLabels: selector },
      // Else one that is broken keeps its node from being emptied.
      ...(cluster.evictsUnready ? { unhealthyPodEvictionPolicy: 'AlwaysAllow' } : {}),
    },
  }
}
