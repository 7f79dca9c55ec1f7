import type { ResolvedService } from '../../../config/resolved.ts'
import type { Release } from '../../release.ts'
import type { Cluster } from './cluster.ts'
import { releaseLabels, releaseName } from './names.ts'
import type { KubernetesObject } from './object.ts'
import { bytes, cores } from './resources.ts'

/**
 * As control scales on other targets: up at once, at most to the double or by four within 15 s; down after a lull of 300 s,
 * by a tenth or one in 60 s.
 */
const BEHAVIOR = {
  scaleUp: {
    stabilizationWindowSeconds: 0,
    selectPolicy: 'Max',
    policies: [
      { type: 'Percent', value: 100, periodSeconds: 15 },
      { type: 'Pods', value: 4, periodSeconds: 15 },
    ],
  },
  scaleDown: {
    stabilizationWindowSeconds: 300,
    selectPolicy: 'Max',
    policies: [
      { type: 'Percent', value: 10, periodSeconds: 60 },
      { type: 'Pods', value: 1, periodSeconds: 60 },
    ],
  },
} as const

/** Whether an autoscaler of the cluster says how many instances there are: nobody else may then. */
export function isAutoscaled(service: ResolvedService): boolean {
  return service.scale.max > service.scale.min && metricsOf(service).length > 0
}

/**
 * Of a release's service; null where it is not scaled by what a cluster measures itself (CPU, memory).
 * @param atLeast how many the release before has now: the next one must not begin with fewer under the same load
 */
export function autoscalerOf(
  release: Release,
  service: string,
  { cluster, atLeast = 0 }: { readonly cluster: Cluster; readonly atLeast?: number },
): KubernetesObject | null {
  const declared = release.config.services[service]!
  if (!isAutoscaled(declared)) return null
  const { min, max } = declared.scale
  return {
    apiVersion: cluster.autoscaler,
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: releaseName(release, service), labels: releaseLabels(release, service) },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: releaseName(release, service) },
      minReplicas: Math.min(max, Math.max(min, atLeast)),
      maxReplicas: max,
      metrics: metricsOf(declared),
      behavior: BEHAVIOR,
    },
  }
}

/**
 * As amounts, so that a share means what it means elsewhere: of `resources`, not of what the scheduler happens to put aside.
 */
function metricsOf({ scale, cpu, memoryBytesMax: memory }: ResolvedService): readonly object[] {
  const metric = (name: string, averageValue: string): object => ({
    type: 'Resource',
    resource: { name, target: { type: 'AverageValue', averageValue } },
  })
  return [
    ...(scale.cpu === null ? [] : [metric('cpu', cores(scale.cpu * (cpu ?? 1)))]),
    ...(scale.memory === null || memory === null ? [] : [metric('memory', bytes(scale.memory * memory))]),
  ]
}
