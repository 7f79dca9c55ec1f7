import { createWriteStream } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { Problem } from '../../../core/problem.ts'
import { loadImage, readArchitecture, type Host } from '../docker/commands.ts'
import { lookAtImage, lookAtImages, mustHaveImage } from '../docker/images.ts'
import { layersPresent, type ImageLook } from '../docker/transfer.ts'
import { mustRun, type RunOptions } from '../run-command.ts'
import { ownArchive } from './own-archive.ts'
import type { OwnImage } from './own-image.ts'

/** What was done to have the image on an engine. */
export type Put =
  | { readonly kind: 'present' }
  /** `bytes`: of the layers that travelled. */
  | { readonly kind: 'sent'; readonly layers: number; readonly bytes: number }

/**
 * Looks whether an engine answers, and runs what is for this architecture: before an image is worked out and sent to it.
 * @throws Problem `image.not-here` `target.tool-missing` `target.tool-failed`
 */
export async function mustFit(architecture: string, host: Host, run: RunOptions): Promise<void> {
  const engine = (await mustRun(readArchitecture(host), run)).trim()
  if (engine === architecture) return
  throw new Problem('image.not-here', `the engine runs on ${engine}, and this machine's Node is for ${architecture}`, {
    hint: 'Run `seaworthy image` on a machine like the one that is to run it, or there.',
  })
}

/** Whether an engine's image is this one. */
export function isImage({ id }: ImageLook, image: OwnImage): boolean {
  return id === image.id || id === image.digest
}

/**
 * Has the image on an engine under its name. Layers that are there are not sent again.
 * @throws Problem `image.not-there` `target.tool-missing` `target.tool-failed`
 */
export async function putImage(image: OwnImage, tag: string, host: Host, run: RunOptions): Promise<Put> {
  const there = await lookAtImage(host, tag, run)
  if (there !== null && isImage(there, image)) return { kind: 'present' }
  const digests = image.layers.map(({ digest }) => digest)
  const present = layersPresent(digests, await lookAtImages(host, run))
  await mustRun(loadImage(host, tag), { ...run, input: ownArchive(image, tag, present) })
  await mustHaveImage(host, tag, run)
  const sent = image.layers.slice(present)
  return { kind: 'sent', layers: sent.length, bytes: sent.reduce((all, { bytes }) => all + bytes, 0) }
}

/** Writes the whole image to a file, for `docker load` or whatever else reads an OCI layout. It appears complete or not at all. */
export async function writeImage(image: OwnImage, tag: string, file: string): Promise<void> {
  const partial = `${file}.${process.pid}.partial`
  try {
    await pipeline(ownArchive(image, tag), createWriteStream(partial))
    await rename(partial, file)
  } catch (error) {
    await rm(partial, { force: true })
    throw error
  }
}
