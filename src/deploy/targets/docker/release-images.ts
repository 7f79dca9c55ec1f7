import type { Release } from '../../release.ts'
import { LABEL } from '../labels.ts'
import { BASES, type Bases } from './base.ts'
import { builtWith, imageOf } from './image-of.ts'
import type { ImageLook } from './transfer.ts'

export interface PreparedInput {
  readonly there: readonly ImageLook[]
  /** It has been made before; of a new one the way in which its images are made has to be the same as well. */
  readonly isKnown: boolean
  /** @default BASES */
  readonly bases?: Bases | undefined
}

/** Artifacts of a release whose images are there. Two services of the same files have two images: both have to be. */
export function preparedIn(release: Release, { there, isKnown, bases = BASES }: PreparedInput): readonly string[] {
  const names = new Set(there.flatMap((image) => [...image.names, ...image.digests]))
  const isThere = (service: string): boolean =>
    names.has(imageOf(release, service, bases)) || (isKnown && madeOf(release, service, there) !== null)
  const lacking = new Set(
    Object.entries(release.artifacts)
      .filter(([service]) => !isThere(service))
      .map(([, artifact]) => artifact),
  )
  return [...new Set(Object.values(release.artifacts))].filter((artifact) => !lacking.has(artifact))
}

/**
 * The name of an image that was made of a service's files in whatever way: another version of Seaworthy has others. What was
 * built with another environment's values is none.
 */
export function madeOf({ config, artifacts }: Release, service: string, there: readonly ImageLook[]): string | null {
  const [built] = builtWith(config.services[service]!)
  const found = there.find(
    ({ labels }) =>
      labels[LABEL.app] === config.name &&
      labels[LABEL.service] === service &&
      labels[LABEL.artifact] === artifacts[service] &&
      labels[LABEL.built] === built,
  )
  return found?.names[0] ?? null
}

/** Names of images that were made for an app, of files that are in no kept release. */
export function unusedIn(there: readonly ImageLook[], app: string, keep: readonly Release[]): readonly string[] {
  const used = new Set(
    keep.flatMap(({ artifacts }) => Object.entries(artifacts).map(([service, artifact]) => `${service} ${artifact}`)),
  )
  return there
    .filter(({ labels }) => labels[LABEL.app] === app)
    .filter(({ labels }) => !used.has(`${labels[LABEL.service]} ${labels[LABEL.artifact]}`))
    .flatMap(({ names }) => names)
    .filter((name) => name.startsWith(`seaworthy/${app}/`))
}
