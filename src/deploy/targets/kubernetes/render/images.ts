import type { Release } from '../../../release.ts'
import { imageOf } from '../../docker/image-of.ts'
import { nameInRegistry, repositoryOf } from '../../image/registry.ts'
import { imagePlace } from './objects.ts'

/** An entry of Kustomize's `images`. */
export interface ImageEntry {
  readonly name: string
  readonly newName?: string
  readonly newTag?: string
  readonly digest?: string
}

/** The image of a service as it is rendered. */
export interface RenderedImage {
  readonly service: string
  /** As pods name it. */
  readonly reference: string
  readonly entry: ImageEntry
  /** Made of the service's files: somebody has to make it and bring it to a registry. */
  readonly isMade: boolean
}

/** Where images that are made will be. */
export interface Registry {
  /** What stands before their names; null: nothing. */
  readonly name: string | null
  /** What is there already, by its name there: its digest. */
  readonly digests: ReadonlyMap<string, string>
}

/** The name that an image made of a service's files has in its registry. */
export function placeInRegistry(release: Release, service: string, registry: string | null): string {
  const image = imageOf(release, service)
  return registry === null ? image : nameInRegistry(registry, image)
}

/**
 * The image of each service. One that is made here has a tag that never means anything else, since it is a hash of all that it
 * is made of; a digest it has not, before a registry was given it.
 */
export function renderedImages(release: Release, registry: Registry): readonly RenderedImage[] {
  const { name: app, services } = release.config
  return Object.entries(services).map(([service, { run }]) => {
    const isMade = run.kind !== 'image'
    const named = isMade ? placeInRegistry(release, service, registry.name) : run.image
    const digest = registry.digests.get(named)
    const reference = digest === undefined ? named : `${named}@${digest}`
    return { service, reference, entry: entryOf(imagePlace(app, service), reference), isMade }
  })
}

/** `reference`: `repository[:tag][@digest]`. Beside a digest a tag says nothing. */
function entryOf(place: string, reference: string): ImageEntry {
  const [named = '', digest] = reference.split('@')
  const repository = repositoryOf(named)
  const tag = named.slice(repository.length + 1)
  return {
    name: place,
    ...(repository === place ? {} : { newName: repository }),
    ...(digest !== undefined ? { digest } : tag === '' ? {} : { newTag: tag }),
  }
}
