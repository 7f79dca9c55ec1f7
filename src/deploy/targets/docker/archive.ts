import { createReadStream } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { Readable } from 'node:stream'

const BLOCK = 512
/** Of `manifest.json`, which is read into memory. */
const MANIFEST_BYTES_MAX = 4 * 1024 * 1024

/** One entry of what `docker save` wrote, without its content. */
export interface ArchiveEntry {
  readonly name: string
  /** Where its header begins in the archive. */
  readonly offset: number
  /** Header, content and padding. */
  readonly bytes: number
  /** What a link leads to, as a name in the archive; null for everything else. */
  readonly leadsTo: string | null
}

/** Lists a tar archive by its headers: the contents are stepped over. @throws Error where it is no tar archive */
export async function listArchive(file: FileHandle): Promise<readonly ArchiveEntry[]> {
  const entries: ArchiveEntry[] = []
  const header = Buffer.alloc(BLOCK)
  for (let offset = 0; ;) {
    const { bytesRead } = await file.read(header, 0, BLOCK, offset)
    if (bytesRead < BLOCK || header[0] === 0) return entries
    if (header.toString('latin1', 257, 262) !== 'ustar') throw new Error(`no tar header at byte ${offset}`)
    const name = textOf(header, 0, 100)
    const bytes = BLOCK + Math.ceil(sizeOf(header) / BLOCK) * BLOCK
    const isLink = header[156] === 0x31 || header[156] === 0x32
    entries.push({
      name,
      offset,
      bytes,
      leadsTo: isLink ? resolved(name, textOf(header, 157, 100), header[156]!) : null,
    })
    offset += bytes
  }
}

/** The names of an image's layers in its archive, the lowest first. @throws Error where there is no manifest of one image */
export async function layersInArchive(file: FileHandle, entries: readonly ArchiveEntry[]): Promise<readonly string[]> {
  const entry = entries.find(({ name }) => name === 'manifest.json')
  if (entry === undefined || entry.bytes > MANIFEST_BYTES_MAX) throw new Error('the archive has no manifest')
  const content = Buffer.alloc(entry.bytes - BLOCK)
  await file.read(content, 0, content.length, entry.offset + BLOCK)
  const [image] = JSON.parse(textOf(content, 0, content.length)) as readonly { readonly Layers: readonly string[] }[]
  if (image === undefined) throw new Error('the archive holds no image')
  return image.Layers
}

/**
 * What has to be sent to an engine that has the lowest `present` layers already: it looks for those among its own before it
 * reads them from the archive. A layer that is used again further up, or that a link leads to, is sent all the same.
 */
export function entriesToSend(
  entries: readonly ArchiveEntry[],
  layers: readonly string[],
  present: number,
): readonly ArchiveEntry[] {
  const used = layers.slice(present)
  const needed = new Set([...used, ...used.map((name) => entries.find((entry) => entry.name === name)?.leadsTo)])
  const skipped = new Set(layers.slice(0, present).filter((name) => !needed.has(name)))
  return entries.filter(({ name }) => !skipped.has(name))
}

/** An archive of these entries alone, read from the file as it is asked for. */
export function sendEntries(path: string, entries: readonly ArchiveEntry[]): Readable {
  async function* chunks(): AsyncGenerator<Buffer> {
    for (const { offset, bytes } of entries)
      yield* createReadStream(path, { start: offset, end: offset + bytes - 1 }) as AsyncIterable<Buffer>
    yield Buffer.alloc(2 * BLOCK)
  }
  return Readable.from(chunks(), { objectMode: false })
}

/** A symbolic link counts from the folder of its name, a hard one from the top. */
function resolved(name: string, target: string, type: number): string {
  if (type === 0x31) return target
  const parts = name.split('/').slice(0, -1)
  for (const part of target.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '.') parts.push(part)
  }
  return parts.join('/')
}

function textOf(bytes: Buffer, start: number, length: number): string {
  const end = bytes.indexOf(0, start)
  return bytes.toString('utf8', start, end === -1 || end > start + length ? start + length : end)
}

/** Octal; above 8 GiB binary, marked by the highest bit. */
function sizeOf(header: Buffer): number {
  if ((header[124]! & 0x80) !== 0) return Number(header.readBigUInt64BE(128))
  return Number.parseInt(textOf(header, 124, 12).trim() || '0', 8)
}
