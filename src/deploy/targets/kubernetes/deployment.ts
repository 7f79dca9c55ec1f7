import { INSTANCES } from './deployed.ts'
import { releaseLabels, releaseName, releaseSelector } from './names.ts'
import type { KubernetesObject } from './object.ts'
import { instancePod, type PodInput } from './pod.ts'
import { seconds } from './probes.ts'

/** Besides the deadline of the program itself: for an image to arrive and a node to be found. */
const ARRIVAL_S = 120

/**
 * Of a service and a release: its pods never change, so that the release before stays as it was, warm, until it is retired.
 */
export function deploymentOf(
  input: PodInput,
  /** `instances`: those to begin with. `replicas` null: an autoscaler says how many, and nobody beside it. */
  { instances, replicas }: { readonly instances: number; readonly replicas: number | null },
): KubernetesObject {
  const { release, service } = input
  const { deadlineMs } = release.config.services[service]!.health
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name: releaseName(release, service),
      labels: releaseLabels(release, service),
      annotations: { [INSTANCES]: String(instances) },
    },
    spec: {
      ...(replicas === null ? {} : { replicas }),
      selector: { matchLabels: releaseSelector(release, service) },
      // A restart brings the next pod before it takes one away.
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      progressDeadlineSeconds: seconds(deadlineMs) + ARRIVAL_S,
      revisionHistoryLimit: 1,
      template: instancePod(input),
    },
  }
}
