import { createHash } from 'node:crypto'
import { createReadStream, readFileSync } from 'node:fs'
import { dirname } from 'node:path/posix'
import { TAR_END, tarHeader, tarPadding } from '../docker/tar.ts'

/** One thing in a layer. Owner and mode are chosen by us, and no time is kept: the same content is the same layer. */
export type LayerEntry = { readonly path: string; readonly mode: number; readonly owner: number } & (
  | { readonly kind: 'folder' }
  | { readonly kind: 'link'; readonly leadsTo: string }
  | { readonly kind: 'file'; readonly bytes: Uint8Array }
  /** A file of this machine, read when it is asked for. */
  | { readonly kind: 'copy'; readonly from: string; readonly size: number }
)

export const ROOT = 0

const CHUNK_BYTES = 1024 * 1024

export interface MeasuredLayer {
  /** What it holds, for `docker history`. */
  readonly what: string
  readonly entries: readonly LayerEntry[]
  /** `sha256:…` of its tar. */
  readonly digest: string
  /** Of its tar. */
  readonly bytes: number
}

/** Sorted by path, with the folders in between: what a layer is does not hang on the order in which a disk lists files. */
export function arranged(entries: readonly LayerEntry[]): readonly LayerEntry[] {
  const byPath = new Map<string, LayerEntry>()
  for (const { path } of entries)
    for (let folder = dirname(path); folder !== '.' && !byPath.has(folder); folder = dirname(folder))
      byPath.set(folder, { path: folder, kind: 'folder', mode: 0o755, owner: ROOT })
  for (const entry of entries) byPath.set(entry.path, entry)
  return [...byPath.values()].toSorted((one, other) => (one.path < other.path ? -1 : 1))
}

/** Reads a layer once to learn its digest: the name under which the archive then holds it. */
export async function measureLayer(what: string, unordered: readonly LayerEntry[]): Promise<MeasuredLayer> {
  const entries = arranged(unordered)
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of layerChunks(entries)) {
    hash.update(chunk)
    bytes += chunk.length
  }
  return { what, entries, digest: `sha256:${hash.digest('hex')}`, bytes }
}

/** The tar of a layer. @throws Error where a file is not as long as it was when it was listed */
export async function* layerChunks(entries: readonly LayerEntry[]): AsyncGenerator<Uint8Array> {
  for (const entry of entries) {
    const { path, mode, owner } = entry
    const size = entry.kind === 'copy' ? entry.size : entry.kind === 'file' ? entry.bytes.length : 0
    const name = entry.kind === 'folder' ? `${path}/` : path
    const kind = entry.kind === 'copy' ? 'file' : entry.kind
    yield tarHeader({ name, kind, mode, owner, size, ...(entry.kind === 'link' ? { leadsTo: entry.leadsTo } : {}) })
    if (entry.kind === 'file') yield entry.bytes
    if (entry.kind === 'copy') yield* exactly(entry.from, size)
    if (size > 0) yield tarPadding(size)
  }
  yield TAR_END
}

async function* exactly(path: string, size: number): AsyncGenerator<Uint8Array> {
  let bytes = 0
  for await (const chunk of chunksOf(path, size)) {
    bytes += chunk.length
    if (bytes <= size) yield chunk
  }
  if (bytes !== size) throw new Error(`${path} had ${size} bytes and now has ${bytes}: it is being written`)
}

/** Thousands of small files and one large: a stream for each would take several times as long. */
function chunksOf(path: string, size: number): Iterable<Uint8Array> | AsyncIterable<Uint8Array> {
  if (size <= CHUNK_BYTES) return [readFileSync(path)]
  return createReadStream(path, { highWaterMark: CHUNK_BYTES }) as AsyncIterable<Buffer>
}
