/** The gateway's side of what travels with the lines: where its files are, and the table as it is saved here. */
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { feedFileOf } from '../../guard/reputation/feed-file.ts'
import { writeFileAtomic } from '../../core/atomic-file.ts'
import { readSavedTable, saveTable } from '../table-store.ts'
import type { RoutingTable } from '../table.ts'
import { digestOf, pathsOf, withPaths } from './luggage.ts'
import type { Carried, CarriedFeed } from './protocol.ts'

export interface Place {
  /** Resolves once everything that a table refers to is here; with the table as it refers to what is here. */
  unpack(table: RoutingTable, files: readonly Carried[], feeds: readonly CarriedFeed[]): Promise<RoutingTable>
  unpackFeed(feed: CarriedFeed): Promise<void>
  /** Saves it for workers that start, unless there is a newer one. What only older tables referred to goes. */
  keep(table: RoutingTable): void
  saved(): RoutingTable | null
}

/** @param fetch brings what control has under a digest, in base64 */
export function createPlace(state: string, fetch: (digest: string) => Promise<string>): Place {
  const folder = join(state, 'carried')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  /** By digest: two workers wait for the same one. */
  const coming = new Map<string, Promise<void>>()
  const feedDigests = new Map<string, string>()
  let last: RoutingTable | null = readSavedTable(state)
  const fileOf = (digest: string): string => join(folder, digest)

  return {
    async unpack(table, files, feeds) {
      await Promise.all([...files.map(({ digest }) => bring(digest)), ...feeds.map(bringFeed)])
      const known = new Map(files.map(({ path, digest }) => [path, fileOf(digest)]))
      // What control does not have is nowhere here either: who needs it says so.
      return withPaths(table, (path) => known.get(path) ?? path)
    },
    unpackFeed: bringFeed,
    keep(table) {
      if (last !== null && last.version >= table.version) return
      saveTable(state, table)
      // A worker may be about to read those of the table before.
      const used = new Set([table, ...(last === null ? [] : [last])].flatMap(pathsOf))
      for (const name of readdirSync(folder)) if (!used.has(fileOf(name))) rmSync(fileOf(name), { force: true })
      last = table
    },
    saved: () => last,
  }

  async function bring(digest: string): Promise<void> {
    if (!existsSync(fileOf(digest))) await fetchOnce(digest, (bytes) => write(fileOf(digest), bytes))
  }

  async function bringFeed({ url, digest }: CarriedFeed): Promise<void> {
    if (feedDigests.get(url) === digest) return
    const file = feedFileOf(state, url)
    await fetchOnce(digest, (bytes) => {
      mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
      writeFileAtomic(file, bytes.toString('utf8'))
      feedDigests.set(url, digest)
    })
  }

  function fetchOnce(digest: string, put: (bytes: Buffer) => void): Promise<void> {
    let running = coming.get(digest)
    if (running === undefined) {
      running = fetchWhole(digest)
        .then(put)
        .finally(() => coming.delete(digest))
      coming.set(digest, running)
    }
    return running
  }

  async function fetchWhole(digest: string): Promise<Buffer> {
    const bytes = Buffer.from(await fetch(digest), 'base64')
    if (digestOf(bytes) !== digest) throw new Error(`${digest} came as something else`)
    return bytes
  }
}

/** Whole or not at all: it is known by its name, and not read again. */
function write(file: string, bytes: Buffer): void {
  writeFileSync(`${file}.part`, bytes, { mode: 0o600 })
  renameSync(`${file}.part`, file)
}
