import type { Plan } from '../../deploy/plan.ts'
import { BASES } from '../../deploy/targets/docker/base.ts'
import type { Host } from '../../deploy/targets/docker/commands.ts'
import { imageOf } from '../../deploy/targets/docker/image-of.ts'
import { lookAtImage, type BuildOptions } from '../../deploy/targets/docker/images.ts'
import { haveInRegistry } from '../../deploy/targets/docker/push.ts'
import { isMadeHere, referenceOf, type ThroughRegistry } from '../../deploy/targets/docker/through-registry.ts'
import { ownImage, type OwnImage } from '../../deploy/targets/image/own-image.ts'
import { putImage, type Put } from '../../deploy/targets/image/put-image.ts'
import { nameInRegistry } from '../../deploy/targets/image/registry.ts'
import type { RunOptions } from '../../deploy/targets/run-command.ts'
import { ownInstallation, ownTag } from '../own-installation.ts'
import type { Project } from '../project.ts'

/** As much of an image's id as names it. */
const ID_LENGTH = 12

/**
 * Images are made on the engine that `docker` speaks to by itself: for a registry, or, without one, for a cluster whose nodes run
 * them on it.
 */
export function imagesOf({ folder, keptOut }: Project): BuildOptions {
  const bases = { ...BASES, seaworthy: ownTag() }
  return { host: null, run: { env: process.env }, projectFolder: folder, keptOut, bases }
}

/** By which images come to where they run; null: the environment names no registry. */
export function registryOf(project: Project): ThroughRegistry | null {
  const { registry: name } = project
  return name === null ? null : { name, images: imagesOf(project), haveOwn }
}

/** Service → its reference by digest, of those of a plan that an engine has already as the registry has them. */
export async function referencesOf(
  { operations, release }: Plan,
  registry: ThroughRegistry | null,
  { host, run }: { readonly host: Host; readonly run: RunOptions },
): Promise<ReadonlyMap<string, string>> {
  const references = new Map<string, string>()
  if (registry === null) return references
  for (const service of Object.keys(release.config.services)) {
    const isPrepared = operations.some((one) => one.kind === 'prepare' && one.service === service)
    if (isPrepared || !isMadeHere(release, service)) continue
    const image = await lookAtImage(host, imageOf(release, service, registry.images.bases), run)
    const reference = image === null ? null : referenceOf(release, service, registry.name, image)
    if (reference !== null) references.set(service, reference)
  }
  return references
}

/** Has Seaworthy's own image where images are made. */
export async function haveOwn(): Promise<void> {
  await putImage(await ownImage(ownInstallation()), ownTag(), null, { env: process.env })
}

/** A name of Seaworthy's own image that means no other: nodes do not ask for a name again that they know. */
export function namedById({ id }: OwnImage): string {
  return `${ownTag()}-${id.replace('sha256:', '').slice(0, ID_LENGTH)}`
}

/**
 * Has Seaworthy's own image in the registry.
 * @returns its reference by digest, the same with a tag that tells its version, and what was sent to the engine that it is
 * pushed from
 * @throws Problem `image.not-pushed` `target.tool-missing` `target.tool-failed`
 */
export async function haveOwnInRegistry(
  image: OwnImage,
  { name: registry, images: { host, run } }: ThroughRegistry,
): Promise<{ readonly reference: string; readonly name: string; readonly put: Put }> {
  const tag = namedById(image)
  let put: Put = { kind: 'present' }
  const make = async (): Promise<string> => {
    put = await putImage(image, tag, host, run)
    return tag
  }
  const named = nameInRegistry(registry, tag)
  const reference = await haveInRegistry(host, { name: named, make }, run)
  return { reference, name: `${named}@${reference.split('@')[1]}`, put }
}
