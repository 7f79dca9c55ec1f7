import { randomBytes } from 'node:crypto'
import { constants, existsSync } from 'node:fs'
import { chmod, copyFile, lstat, mkdir, readdir, readlink, rename, rm, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { ResolvedService } from '../../../config/resolved.ts'
import type { Source } from '../../source.ts'

/** Half-made folders: `.making-<hash>-<pid>-<random>`, so that no maker ever works in the copy of another. */
export const MAKING = '.making-'

export interface ArtifactInput {
  readonly source: Source
  readonly service: ResolvedService
  readonly name: string
  /** `<state>/releases`. */
  readonly releasesFolder: string
  /** `<state>/data`: what the service's `writable` folders really are. */
  readonly dataFolder: string
  /** Runs the build in the copy; throws when it fails. */
  readonly build: (folder: string) => Promise<void>
  /** Asked right before the finished folder appears: throws when this maker may not any more. */
  readonly beforeSeal: () => Promise<void>
}

/**
 * Copies, builds, seals; the finished folder appears under its hash as one step, or not at all. Where another maker was
 * quicker, its folder stays and ours goes.
 */
export async function makeArtifact({
  source,
  service,
  name,
  releasesFolder,
  dataFolder,
  build,
  beforeSeal,
}: ArtifactInput): Promise<void> {
  const finished = join(releasesFolder, source.hash)
  if (await exists(finished)) return
  const folder = join(releasesFolder, `${MAKING}${source.hash}-${process.pid}-${randomBytes(4).toString('hex')}`)
  try {
    await copySource(source, folder)
    if (service.build !== null) await build(folder)
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
