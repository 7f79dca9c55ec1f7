import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeFileAtomic } from '../../core/atomic-file.ts'
import { NetworkSet } from './network-set.ts'

/** Relative to the state folder. */
export const FEEDS_FOLDER = 'guard/feeds'

/** Where the networks of a feed are saved, sorted and merged, so that a worker has nothing to compute. */
export function feedFileOf(stateFolder: string, url: string): string {
  return join(stateFolder, FEEDS_FOLDER, feedFileName(url))
}

export function feedFileName(url: string): string {
  return `${createHash('sha256').update(url).digest('hex').slice(0, 16)}.json`
}

/** Replaces the file in one step. */
export function saveFeed(stateFolder: string, url: string, { v4, v6 }: NetworkSet): void {
  const content = { format: 1, url, v4: toBase64(v4), v6: toBase64(v6) }
  writeFileAtomic(feedFileOf(stateFolder, url), JSON.stringify({ ...content, checksum: checksumOf(content) }))
}

/** Null: it is not what was saved. */
export function readFeed(text: string): NetworkSet | null {
  try {
    const { checksum, ...content } = JSON.parse(text) as Content & { checksum: string }
    if (content.format !== 1 || checksum !== checksumOf(content)) return null
    return new NetworkSet(fromBase64(content.v4), fromBase64(content.v6))
  } catch {
    return null
  }
}

/** Null: it has never been fetched, or is damaged; control fetches it again. */
export function readSavedFeed(stateFolder: string, url: string): NetworkSet | null {
  try {
    return readFeed(readFileSync(feedFileOf(stateFolder, url), 'utf8'))
  } catch {
    return null
  }
}

interface Content {
  readonly format: number
  readonly url: string
  readonly v4: string
  readonly v6: string
}

function checksumOf({ url, v4, v6 }: Content): string {
  return createHash('sha256').update(`${url}\n${v4}\n${v6}`).digest('hex')
}

/** In the byte order of this machine, which also reads it. */
function toBase64({ buffer, byteOffset, byteLength }: Uint32Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString('base64')
}

/** Copied, so that the numbers lie on a border of four bytes. */
function fromBase64(text: string): Uint32Array {
  const bytes = Buffer.from(text, 'base64')
  const words = new Uint32Array(bytes.length >>> 2)
  Buffer.from(words.buffer).set(bytes)
  return words
}
