import { Problem } from '../../../core/problem.ts'
import type { Release } from '../../release.ts'
import { repositoryOf, shortReference } from '../image/registry.ts'
import { LABEL } from '../labels.ts'
import { BASES, type Bases } from './base.ts'
import { builtWith, imageOf } from './image-of.ts'
import type { Observed } from './observe.ts'
import { isMadeHere, referenceOf } from './through-registry.ts'
import type { ImageLook } from './transfer.ts'

export interface PreparedInput {
  readonly there: readonly ImageLook[]
  /** It has been made before; of a new one the way in which its images are made has to be the same as well. */
  readonly isKnown: boolean
  /** @default BASES */
  readonly bases?: Bases | undefined
  /** What stands before names in the registry that a new release has to have come through; null: none. @default null */
  readonly registry?: string | null
}

/** Artifacts of a release whose images are there. Two services of the same files have two images: both have to be. */
export function preparedIn(
  release: Release,
  { there, isKnown, bases = BASES, registry = null }: PreparedInput,
): readonly string[] {
  const mayBeFromHere = registry === null || isKnown || release.promoted !== undefined
  const isThere = (service: string): boolean => {
    const name = shortReference(imageOf(release, service, bases))
    const image = there.find(({ id, names, digests }) => [id, ...names, ...digests.map(shortReference)].includes(name))
    if (image === undefined)
      return isKnown && release.promoted === undefined && madeOf(release, service, there) !== null
    return mayBeFromHere || !isMadeHere(release, service) || referenceOf(release, service, registry, image) !== null
  }
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
    ({ labels, names }) =>
      // Two environments that make one image at once leave one of them without a name.
      names.length > 0 &&
      labels[LABEL.app] === config.name &&
      labels[LABEL.service] === service &&
      labels[LABEL.artifact] === artifacts[service] &&
      labels[LABEL.built] === built,
  )
  return found?.names[0] ?? null
}

/**
 * Service → id of the image that all of its containers run.
 * @throws Problem `promote.not-running` where there is none, or not the one
 */
export function imagesRun(
  services: readonly string[],
  there: readonly Pick<Observed, 'instance' | 'image'>[],
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    services.map((service) => {
      const [first, ...others] = new Set(
        there.filter(({ instance }) => instance.service === service).map(({ image }) => image),
      )
      if (first !== undefined && others.length === 0) return [service, first]
      const what = first === undefined ? 'has no container' : `runs from ${others.length + 1} images`
      throw new Problem('promote.not-running', `${service} ${what} there: what is to be promoted cannot be told`, {
        hint: 'Deploy again where it is to be proven, with `--force`, and promote that.',
      })
    }),
  )
}

/**
 * Images that were made for an app, by name: of files that are in no kept release. By id: those that have lost their name to
 * another of the same files; the engine keeps them for as long as a container uses them.
 */
export function unusedIn(there: readonly ImageLook[], app: string, keep: readonly Release[]): readonly string[] {
  const used = new Set(
    keep.flatMap(({ artifacts }) => Object.entries(artifacts).map(([service, artifact]) => `${service} ${artifact}`)),
  )
  // Another of the same files is no stand-in for what was proven, and no name holds that.
  const proven = new Set(keep.flatMap(({ promoted }) => Object.values(promoted?.made ?? {})))
  const own = there.filter(({ id, labels }) => labels[LABEL.app] === app && !proven.has(id))
  const named = own
    .filter(({ labels }) => !used.has(`${labels[LABEL.service]} ${labels[LABEL.artifact]}`))
    .flatMap(({ names, digests, labels }) => {
      const inRegistry = `/${app}-${labels[LABEL.service]}`
      return [...names, ...digests].filter(
        (name) => name.startsWith(`seaworthy/${app}/`) || repositoryOf(name).endsWith(inRegistry),
      )
    })
  return [...named, ...own.filter(({ names, digests }) => names.length + digests.length === 0).map(({ id }) => id)]
}
