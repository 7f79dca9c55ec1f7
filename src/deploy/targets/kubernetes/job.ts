import type { KubernetesObject } from './object.ts'
import type { PodTemplate } from './pod.ts'
import { seconds } from './probes.ts'

/** How long a job that has ended can be looked at. */
const KEPT_S = 24 * 60 * 60

export interface JobInput {
  readonly metadata: KubernetesObject['metadata']
  readonly template: PodTemplate
  /** After which it is ended. */
  readonly limitMs: number
}

/**
 * One pod to its end. It is never tried again by itself: what a migration has done half is for a person to see.
 */
export function jobOf({ metadata, template, limitMs }: JobInput): KubernetesObject {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata,
    spec: {
      backoffLimit: 0,
      activeDeadlineSeconds: seconds(limitMs),
      ttlSecondsAfterFinished: KEPT_S,
      template,
    },
  }
}
