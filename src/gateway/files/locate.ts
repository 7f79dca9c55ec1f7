import { constants } from 'node:fs'
import { open, realpath } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'

export type Located =
  /** The caller closes the handle. */
  | {
      readonly kind: 'file'
      readonly handle: FileHandle
      readonly name: string
      readonly sizeBytes: number
      readonly modifiedMs: number
    }
  | { readonly kind: 'folder' }
  | { readonly kind: 'none' }

/**
 * The segments of a request's path, decoded exactly once; null for what no honest client asks for: NUL, backslash, an encoded
 * slash, dot segments, dotfiles (but `.well-known` at the top is public by definition, RFC 8615).
 */
export function segmentsOf(path: string): readonly string[] | null {
  const segments: string[] = []
  for (const [index, raw] of path.split('/').entries()) {
    if (raw === '') continue
    let segment: string
    try {
      segment = decodeURIComponent(raw)
    } catch {
      return null
    }
    if (/[/\\\0]/.test(segment)) return null
    if (segment.startsWith('.') && !(segment === '.well-known' && segments.length === 0 && index > 0)) return null
    segments.push(segment)
  }
  return segments
}

/** Finds a file below `root`. A link that leads out of `root`, or to a dotfile inside it, leads to nothing. */
export async function locate(root: string, segments: readonly string[]): Promise<Located> {
  try {
    const realRoot = await realpath(root)
    const real = await realpath(join(realRoot, ...segments))
    if (!isPublic(realRoot, real)) return NONE
    // The real path has no links left: whoever puts one there in the meantime gets nothing.
    const handle = await open(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    const stats = await handle.stat()
    if (stats.isFile()) {
      return { kind: 'file', handle, name: segments.at(-1) ?? '', sizeBytes: stats.size, modifiedMs: stats.mtimeMs }
    }
    await handle.close()
    return stats.isDirectory() ? { kind: 'folder' } : NONE
  } catch (error) {
    if (ABSENT.has((error as NodeJS.ErrnoException).code ?? '')) return NONE
    throw error
  }
}

function isPublic(root: string, path: string): boolean {
  const below = relative(root, path)
  if (below === '') return true
  const [first, ...rest] = below.split(sep)
  if (first!.startsWith('.') && first !== '.well-known') return false
  return rest.every((segment) => !segment.startsWith('.'))
}

const NONE: Located = { kind: 'none' }
const ABSENT: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES', 'ENAMETOOLONG', 'ENXIO', 'EINVAL'])
