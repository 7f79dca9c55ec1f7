import { createHash } from 'node:crypto'
import { constants, createReadStream } from 'node:fs'
import { cp, lstat, readdir, readlink } from 'node:fs/promises'
import { join, relative } from 'node:path'

/**
 * A digest of what is in an artifact's folder: every path with its kind, content and whether it can be run. The folder's name
 * says what went into the build, this what came out of it. Leaves out what each environment has of its own.
 * @param writable folders of the service that lead to its environment's data
 */
export async function digestOf(folder: string, writable: readonly string[]): Promise<string> {
  const hash = createHash('sha256')
  const isOwn = ownTo(writable)
  const visit = async (inner: string): Promise<void> => {
    for (const name of (await readdir(inner)).toSorted()) {
      const full = join(inner, name)
      const path = relative(folder, full)
      if (isOwn(path)) continue
      const found = await lstat(full)
      const kind = found.isDirectory() ? 'folder' : found.isSymbolicLink() ? 'link' : 'file'
      const isExecutable = kind === 'file' && (found.mode & 0o100) !== 0
      hash.update(`${JSON.stringify([path, kind, isExecutable, kind === 'file' ? found.size : 0])}\0`)
      if (kind === 'folder') await visit(full)
      else if (kind === 'link') hash.update(`${await readlink(full)}\0`)
      else for await (const chunk of createReadStream(full)) hash.update(chunk as Buffer)
    }
  }
  await visit(folder)
  return hash.digest('hex')
}

/** Copies what a digest is taken of, links as they are. */
export async function copyMade(from: string, to: string, writable: readonly string[]): Promise<void> {
  const isOwn = ownTo(writable)
  await cp(from, to, {
    recursive: true,
    verbatimSymlinks: true,
    // A reflink where the file system has them.
    mode: constants.COPYFILE_FICLONE,
    filter: (path) => !isOwn(relative(from, path)),
  })
}

function ownTo(writable: readonly string[]): (path: string) => boolean {
  const folders = new Set(writable.map((folder) => join(folder).replace(/\/+$/, '')))
  return (path) => folders.has(path)
}
