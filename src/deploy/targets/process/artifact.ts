import { randomBytes } from 'node:crypto'
import { constants, existsSync } from 'node:fs'
import { chmod, copyFile, lstat, mkdir, readdir, readlink, rename, rm, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { ResolvedService } from '../../../config/resolved.ts'
import { Problem } from '../../../core/problem.ts'
import type { Source } from '../../source.ts'
import { copyMade, digestOf } from './made.ts'

/** Half-made folders: `.making-<hash>-<pid>-<random>`, so that no maker ever works in the copy of another. */
export const MAKING = '.making-'

export interface PlaceInput {
  readonly service: ResolvedService
  readonly name: string
  /** `<state>/releases`. */
  readonly releasesFolder: string
  /** `<state>/data`: what the service's `writable` folders really are. */
  readonly dataFolder: string
  /** Asked right before the finished folder appears: throws when this maker may not any more. */
  readonly beforeSeal: () => Promise<void>
}

export interface ArtifactInput extends PlaceInput {
  readonly source: Source
  /** Runs the build in the copy; throws when it fails. */
  readonly build: (folder: string) => Promise<void>
}

export interface TakenInput extends PlaceInput {
  readonly artifact: string
  /** The folder of the same artifact in another environment. */
  readonly from: string
  /** What is in it, as `digestOf` has it. */
  readonly made: string
}

/**
 * Copies, builds, seals; the finished folder appears under its hash as one step, or not at all. Where another maker was
 * quicker, its folder stays and ours goes.
 */
export async function makeArtifact({ source, build, ...input }: ArtifactInput): Promise<void> {
  await place(source.hash, input, async (folder) => {
    await copySource(source, folder)
    if (input.service.build !== null) await build(folder)
  })
}

/**
 * The same with what another environment has made: nothing is built, and the folder appears only when it holds what was
 * proven there.
 * @throws Problem `promote.files-gone` `promote.files-differ`
 */
export async function takeArtifact({ artifact, from, made, ...input }: TakenInput): Promise<void> {
  const { name, service, releasesFolder } = input
  const finished = join(releasesFolder, artifact)
  if ((await exists(finished)) && (await digestOf(finished, service.writable)) !== made) {
    throw new Problem('promote.files-differ', `here ${name} was built of the same files with another result`, {
      hint: 'A build that fetches or stamps something comes out otherwise each time. Change something, deploy it where it is to be proven, and promote that.',
      details: [`${finished} is what was built here, ${from} what is to be promoted`],
    })
  }
  if (!(await exists(finished)) && !(await exists(from))) throw filesGone(name, from)
  await place(artifact, input, async (folder) => {
    await copyMade(from, folder, service.writable)
    await setWritable(folder, true)
    if ((await digestOf(folder, service.writable)) === made) return
    throw new Problem('promote.files-differ', `the files of ${name} are not those that were proven`, {
      hint: 'Somebody has changed them. Deploy again where they are to be proven, and promote that.',
      details: [from],
    })
  })
}

export function filesGone(name: string, folder: string): Problem {
  return new Problem('promote.files-gone', `the files of ${name} that were proven are gone: ${folder}`, {
    hint: 'That environment has forgotten the release, or it is on another machine. Make a new plan: `seaworthy promote FROM TO`.',
  })
}

async function place(
  artifact: string,
  { service, name, releasesFolder, dataFolder, beforeSeal }: PlaceInput,
  fill: (folder: string) => Promise<void>,
): Promise<void> {
  const finished = join(releasesFolder, artifact)
  if (await exists(finished)) return
  const folder = join(releasesFolder, `${MAKING}${artifact}-${process.pid}-${randomBytes(4).toString('hex')}`)
  try {
    await fill(folder)
    for (const writable of service.writable) await linkWritable(folder, writable, join(dataFolder, name, writable))
    await setWritable(folder, false)
    await beforeSeal()
    if (await exists(finished)) await removeTree(folder)
    else await rename(folder, finished)
  } catch (error) {
    await removeTree(folder)
    throw error
  }
}

/** True for a half-made folder of another maker that still runs: it removes the folder itself. */
export function isLeftToItsMaker(name: string): boolean {
  const pid = name.startsWith(MAKING) ? name.split('-').at(-2) : undefined
  return pid !== undefined && pid !== String(process.pid) && existsSync(`/proc/${pid}`)
}

/** Removes a read-only tree. */
export async function removeTree(folder: string): Promise<void> {
  if (!(await exists(folder))) return
  await setWritable(folder, true)
  await rm(folder, { recursive: true, force: true })
}

async function copySource({ folder, files }: Source, to: string): Promise<void> {
  await mkdir(to, { recursive: true, mode: 0o755 })
  for (const file of files) {
    const target = join(to, file.path)
    await mkdir(dirname(target), { recursive: true })
    if (file.kind === 'link') await symlink(await readlink(join(folder, file.path)), target)
    // A reflink where the file system has them: a copy that costs nothing until somebody writes.
    else await copyFile(join(folder, file.path), target, constants.COPYFILE_FICLONE)
  }
}

async function linkWritable(folder: string, writable: string, data: string): Promise<void> {
  await mkdir(data, { recursive: true, mode: 0o755 })
  const link = join(folder, writable)
  await rm(link, { recursive: true, force: true })
  await mkdir(dirname(link), { recursive: true })
  await symlink(data, link)
}

async function setWritable(folder: string, isWritable: boolean): Promise<void> {
  // A folder must be writable before its entries can be removed, and sealed after they have been sealed.
  if (isWritable) await chmod(folder, 0o755)
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) await setWritable(path, isWritable)
    else if (entry.isFile() && !isWritable) await chmod(path, (await lstat(path)).mode & 0o555)
  }
  if (!isWritable) await chmod(folder, 0o555)
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  )
}
