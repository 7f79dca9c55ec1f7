import { availableParallelism } from 'node:os'
import type { Release } from '../deploy/release.ts'

/** How many gateway workers a release's config asks for: its own number, or one for each core. Null without a release. */
export function workerCountOf(release: Pick<Release, 'config'> | null): number | null {
  return release === null ? null : (release.config.gateway.workers ?? availableParallelism())
}
