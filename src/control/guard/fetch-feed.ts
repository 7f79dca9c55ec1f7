import { readFile, stat } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { FEED_BYTES_MAX } from '../../guard/reputation/feed.ts'

const FETCH_WITHIN_MS = 30_000

export interface FetchedFeed {
  /** Null: it has not changed since `tag`. */
  readonly text: string | null
  /** By which the next fetch can be answered with "not changed"; null: the server has none. */
  readonly tag: string | null
}

/** Fetches a feed over HTTP, or reads it from a file. @throws Error, whose message says why it could not be had */
export async function fetchFeed(url: string, tag: string | null): Promise<FetchedFeed> {
  if (url.startsWith('file:')) return { text: await readFeedFile(fileURLToPath(url)), tag: null }
  const response = await fetch(url, {
    signal: AbortSignal.timeout(FETCH_WITHIN_MS),
    headers: { accept: 'text/plain, application/json, */*', ...(tag === null ? {} : { 'if-none-match': tag }) },
  })
  if (response.status === 304) {
    await response.body?.cancel()
    return { text: null, tag }
  }
  if (!response.ok) {
    await response.body?.cancel()
    throw new Error(`the server answered ${response.status}`)
  }
  return { text: await textOf(response), tag: response.headers.get('etag') }
}

async function textOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += (chunk as Uint8Array).length
    // Leaving the loop cancels what is still to come.
    if (bytes > FEED_BYTES_MAX) throw tooLarge()
    chunks.push(chunk as Uint8Array)
  }
  return Buffer.concat(chunks).toString('utf8')
}

async function readFeedFile(path: string): Promise<string> {
  const found = await stat(path)
  if (!found.isFile()) throw new Error(`${path} is no file`)
  if (found.size > FEED_BYTES_MAX) throw tooLarge()
  return readFile(path, 'utf8')
}

function tooLarge(): Error {
  return new Error(`it is larger than ${FEED_BYTES_MAX / 1024 / 1024} MiB`)
}
