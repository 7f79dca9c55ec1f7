import type { Release } from '../../release.ts'
import type { Place } from '../labels.ts'
import { mustRun, runCommand, type RunOptions } from '../run-command.ts'
import { listEnvironments, listKeptEnvironments, removeImages, type Host } from './commands.ts'
import { lookAtImages } from './images.ts'
import { unusedIn } from './release-images.ts'

/** In one command; the rest goes with the next one. */
const REMOVED_MAX = 100

export interface UnusedImagesOptions {
  readonly host: Host
  readonly place: Place
  readonly run: RunOptions
  /** The nodes of a cluster run images of this engine: which, nothing here says. @default false */
  readonly isShared?: boolean
}

/**
 * Removes the images of an app that no kept release is made of. Where another environment of the app is on the same engine
 * all stay: they share images, and only that one knows which releases it keeps. What `stop --remove` left of it are its volumes.
 */
export async function removeUnusedImages(keep: readonly Release[], options: UnusedImagesOptions): Promise<void> {
  const { host, run, place, isShared = false } = options
  if (isShared) return
  for (const list of [listEnvironments, listKeptEnvironments]) {
    const environments = linesOf(await mustRun(list(host, place.app), run))
    if (environments.some((name) => name !== place.environment)) return
  }
  const { there } = await lookAtImages(host, run)
  const unused = unusedIn(there, place.app, keep).slice(0, REMOVED_MAX)
  if (unused.length > 0) await runCommand(removeImages(host, unused), run)
}

function linesOf(text: string): readonly string[] {
  return text.split('\n').filter((line) => line !== '')
}
