import type { Scrub } from '../../../core/scrub.ts'
import type { Release } from '../../release.ts'
import type { Command } from '../command.ts'
import { isByDigest, nameInRegistry, referenceIn, repositoryOf } from '../image/registry.ts'
import type { RosterPort } from '../roster.ts'
import { pullImage } from './commands.ts'
import { imageOf } from './image-of.ts'
import { buildCommand, lookAtImage, makeImage, type BuildOptions } from './images.ts'
import { imageKey } from './names.ts'
import { haveInRegistry, pushCommand, tagImage } from './push.ts'
import type { ImageLook } from './transfer.ts'

/** How images come to where they run when the environment names a registry. */
export interface ThroughRegistry {
  /** What stands before their names there. */
  readonly name: string
  /** Where they are made: on the engine that `docker` speaks to by itself. */
  readonly images: BuildOptions
  /** Has Seaworthy's own image there, which static services begin with. */
  readonly haveOwn: () => Promise<void>
}

/** As much of an image's id as names it. */
const ID_LENGTH = 12
/** Stands for the digest that an image gets when its registry has it. */
const DIGEST = 'DIGEST'

/** What the config names has a registry of its own, and is fetched from there. */
export function isMadeHere({ config }: Release, service: string): boolean {
  return config.services[service]!.run.kind !== 'image'
}

/** Whether a service's image comes to where it runs by its digest: as the environment's registry has it, or as it was proven. */
export function comesByDigest(release: Release, service: string): boolean {
  return isMadeHere(release, service) || isByDigest(release.promoted?.made[service] ?? '')
}

/**
 * The reference by digest that was written down for a release's service when it was first started, or that it was proven by
 * elsewhere: whoever goes back to it has that very image, though its files have changed since. Null: there is none.
 */
export async function recordedReference(
  release: Release,
  service: string,
  roster: Pick<RosterPort, 'recordedImage'>,
): Promise<string | null> {
  const recorded = await roster.recordedImage(imageKey(release, service))
  const proven = release.promoted?.made[service]
  return [recorded ?? '', proven ?? ''].find(isByDigest) ?? null
}

/** Artifacts of a release whose images are all known so. Two services of the same files have two images. */
export async function fetchableOf(
  release: Release,
  roster: Pick<RosterPort, 'recordedImage'>,
): Promise<readonly string[]> {
  const artifacts = Object.entries(release.artifacts)
  const lacking = new Set<string>()
  for (const [service, artifact] of artifacts)
    if ((await recordedReference(release, service, roster)) === null) lacking.add(artifact)
  return [...new Set(artifacts.map(([, artifact]) => artifact))].filter((artifact) => !lacking.has(artifact))
}

/**
 * Has the image of a release's service in the registry, made where it is not there yet, and returns its reference by digest. What
 * was proven elsewhere may have one already.
 * @throws Problem `image.not-pushed`, and what making it throws
 */
export async function haveReference(
  release: Release,
  service: string,
  { name: registry, images, haveOwn }: ThroughRegistry,
  scrub: Scrub,
): Promise<string> {
  const { run } = release.config.services[service]!
  const image = imageOf(release, service, images.bases)
  if (isByDigest(image)) return image
  const make = async (): Promise<string> => {
    if (run.kind === 'static' && release.promoted === undefined) await haveOwn()
    return makeImage(release, service, { ...images, scrub })
  }
  const name = nameInRegistry(registry, nameOf(release, service, images))
  return haveInRegistry(images.host, { name, make }, images.run)
}

/**
 * The reference by which the engine that makes images knows one already; null: none. Its registry is not asked: when it does not
 * answer, what this is to take the place of may have ended.
 */
export async function knownReference(
  release: Release,
  service: string,
  { name: registry, images: { host, run, bases } }: ThroughRegistry,
): Promise<string | null> {
  const image = imageOf(release, service, bases)
  if (isByDigest(image)) return image
  const there = await lookAtImage(host, image, run)
  return there && referenceOf(release, service, registry, there)
}

/** What was proven elsewhere and is known by its id has a part of that for a tag. */
function nameOf(release: Release, service: string, { bases }: BuildOptions): string {
  const image = imageOf(release, service, bases)
  if (release.promoted === undefined) return image
  return `${repositoryHere(release, service)}:${image.replace('sha256:', '').slice(0, ID_LENGTH)}`
}

function repositoryHere({ config }: Release, service: string): string {
  return `seaworthy/${config.name}/${service}`
}

/** The reference under which the registry has an image of a service, as far as the engine that has it knows. */
export function referenceOf(
  release: Release,
  service: string,
  registry: string,
  { digests }: Pick<ImageLook, 'digests'>,
): string | null {
  return referenceIn(digests, nameInRegistry(registry, repositoryHere(release, service)))
}

/** The reference by which anybody can fetch what a service is seen to run from; null: there is none. */
export function referenceRun(
  release: Release,
  service: string,
  registry: ThroughRegistry | null,
  image: string,
): string | null {
  if (registry === null || !isByDigest(image)) return null
  return isMadeHere(release, service) ? referenceOf(release, service, registry.name, { digests: [image] }) : image
}

/** What stands for that reference in a plan, before there is a digest. */
export function referenceToBe(release: Release, service: string, { name, images }: ThroughRegistry): string {
  const image = imageOf(release, service, images.bases)
  return isByDigest(image) ? image : `${repositoryOf(nameInRegistry(name, repositoryHere(release, service)))}@${DIGEST}`
}

/** The commands by which an image that no registry has comes to one. */
export function bringCommands(
  release: Release,
  service: string,
  { name: registry, images }: ThroughRegistry,
  { folder, isOwn }: { readonly folder: string; readonly isOwn: boolean },
): readonly Command[] {
  const { host, bases } = images
  const image = imageOf(release, service, bases)
  const name = nameInRegistry(registry, image)
  return [
    buildCommand(release, service, { host, folder, bases: bases!, isOwn }),
    tagImage(host, image, name),
    pushCommand(host, name),
  ]
}

/** The commands by which an image comes from its registry to the engine that runs it, under its name there. */
export function fetchCommands(host: string | null, reference: string, name: string): readonly Command[] {
  return [pullImage(host, reference), tagImage(host, reference, name)]
}
