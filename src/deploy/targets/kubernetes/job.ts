import { objectName, placeOf, releaseLabels, type Component } from './names.ts'
import type { KubernetesObject } from './object.ts'
import { oncePod, type PodInput } from './pod.ts'
import { seconds } from './probes.ts'

/** How long a job that has ended can be looked at. */
const KEPT_S = 24 * 60 * 60

export interface JobInput extends Omit<PodInput, 'cluster'> {
  readonly what: Extract<Component, 'migration' | 'smoke'>
  /** Which run of it: another try is another job, since a job's pod can never be changed. */
  readonly run: number
  readonly argv: readonly string[]
  /** After which it is ended. */
  readonly limitMs: number
}

/**
 * One command to its end in the release's own image. It is never tried again by itself: what a migration has done half is
 * for a person to see.
 */
export function jobOf({ release, service, image, what, run, argv, limitMs }: JobInput): KubernetesObject {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: objectName(placeOf(release), service, what, String(run), release.id),
      labels: releaseLabels(release, service, what),
    },
    spec: {
      backoffLimit: 0,
      activeDeadlineSeconds: seconds(limitMs),
      ttlSecondsAfterFinished: KEPT_S,
      template: oncePod({ release, service, image }, what, argv),
    },
  }
}
