import { Problem } from '../../../core/problem.ts'
import type { OwnImage } from '../image/own-image.ts'
import { isImage, mustFit } from '../image/put-image.ts'
import type { Place } from '../labels.ts'
import { mustRun, runAll, type RunOptions } from '../run-command.ts'
import { inspectContainers, listNetworks, type Host } from './commands.ts'
import { lookAtImage } from './images.ts'
import {
  ownIn,
  planInstallation,
  type Installation,
  type InstallationPlan,
  type InstallationThere,
} from './installation.ts'
import { findOwn, listVolumes, readEngine } from './own-commands.ts'

/**
 * What an engine has of an environment's installation. Looks, and changes nothing.
 * @throws Problem `target.name-taken` `target.tool-missing` `target.tool-failed`
 */
export async function lookAtInstallation(
  host: Host,
  place: Place,
  image: string,
  run: RunOptions,
): Promise<InstallationThere> {
  const [id] = linesOf(await mustRun(findOwn(host, place), run))
  return {
    networks: linesOf(await mustRun(listNetworks(host, place), run)),
    volumes: linesOf(await mustRun(listVolumes(host, place), run)),
    imageId: (await lookAtImage(host, image, run))?.id ?? null,
    own: id === undefined ? null : ownIn(await mustRun(inspectContainers(host, [id]), run), place),
  }
}

/** Cores and version of an engine. @throws Problem `target.tool-missing` `target.tool-failed` */
export async function lookAtEngine(
  host: Host,
  run: RunOptions,
): Promise<{ readonly cores: number; readonly version: string }> {
  const [cores = '', version = ''] = (await mustRun(readEngine(host), run)).trim().split(' ')
  return { cores: Math.max(1, Number.parseInt(cores, 10) || 1), version }
}

/**
 * Has Seaworthy's image on an engine, and returns its id there. An engine on another kind of machine keeps one that was made
 * elsewhere and brought to it.
 * @param put has it there under its name; asked where it is not
 * @throws Problem `image.not-here` `image.not-there` `target.tool-failed`
 */
export async function haveOwnImage(
  host: Host,
  tag: string,
  {
    architecture,
    make,
    put,
  }: { architecture: string; make: () => Promise<OwnImage>; put: (image: OwnImage) => Promise<void> },
  run: RunOptions,
): Promise<string> {
  const there = await lookAtImage(host, tag, run)
  try {
    await mustFit(architecture, host, run)
  } catch (error) {
    if (there !== null && error instanceof Problem && error.code === 'image.not-here') return there.id
    throw error
  }
  const made = await make()
  if (there === null || !isImage(there, made)) await put(made)
  const image = await lookAtImage(host, tag, run)
  if (image !== null) return image.id
  throw new Problem('image.not-there', `the image ${tag} is not on ${host ?? 'the engine'}`, {
    hint: 'Somebody prunes images at the same time: run the command again.',
  })
}

/** Runs what lacks; doing it again changes nothing. @throws Problem `target.tool-failed` with the engine's own words */
export async function install(
  host: Host,
  wanted: Installation,
  there: InstallationThere,
  run: RunOptions,
): Promise<InstallationPlan> {
  const plan = planInstallation(host, wanted, there)
  await runAll(plan.commands, run)
  return plan
}

function linesOf(text: string): readonly string[] {
  return text.split('\n').filter((line) => line !== '')
}
