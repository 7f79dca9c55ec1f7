/** Control's side of what has to travel with the lines: files of its state folder that a table or a feed stands for. */
import { createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { feedFileOf } from '../../guard/reputation/feed-file.ts'
import type { ToWorker } from '../admin/protocol.ts'
import type { RoutingTable } from '../table.ts'
import type { Carried, CarriedFeed, ToGateway } from './protocol.ts'

/** A line has to hold it in base64. */
const BYTES_MAX = 11 * 1024 * 1024
/** Files that may be asked for: those of the newest messages. */
const OFFERED_MAX = 64

export interface Luggage {
  /** The message with what it refers to. */
  pack(message: ToWorker): ToGateway
  /** In base64; null: it was never offered, or is another one by now. */
  content(digest: string): string | null
}

export function createLuggage(stateFolder: string): Luggage {
  /** By digest. */
  const offered = new Map<string, string>()
  const digests = new Map<string, { readonly stamp: string; readonly digest: string }>()
  const packed = new WeakMap<RoutingTable, ToGateway>()
  return {
    pack(message) {
      if (message.type === 'table') {
        const { table } = message
        const known = packed.get(table) ?? { ...message, files: filesOf(table), feeds: feedsOf(table) }
        packed.set(table, known)
        return known
      }
      if (message.type !== 'feed') return message
      const digest = offer(feedFileOf(stateFolder, message.url))
      // Without it the gateway goes on with what it has.
      return digest === null ? { type: 'beat' } : { ...message, digest }
    },
    content(digest) {
      const path = offered.get(digest)
      if (path === undefined) return null
      const bytes = read(path)
      return bytes !== null && digestOf(bytes) === digest ? bytes.toString('base64') : null
    },
  }

  function filesOf(table: RoutingTable): readonly Carried[] {
    return pathsOf(table).flatMap((path) => {
      const digest = offer(path)
      return digest === null ? [] : [{ path, digest }]
    })
  }

  function feedsOf({ guard }: RoutingTable): readonly CarriedFeed[] {
    return (guard?.feeds ?? []).flatMap(({ url }) => {
      const digest = offer(feedFileOf(stateFolder, url))
      return digest === null ? [] : [{ url, digest }]
    })
  }

  /** Null: it is not there; who needs it says so, as on this machine. */
  function offer(path: string): string | null {
    const stamp = stampOf(path)
    if (stamp === null) return null
    let known = digests.get(path)
    if (known?.stamp !== stamp) {
      const bytes = read(path)
      if (bytes === null) return null
      known = { stamp, digest: digestOf(bytes) }
      digests.set(path, known)
    }
    offered.delete(known.digest)
    offered.set(known.digest, path)
    while (offered.size > OFFERED_MAX) offered.delete(offered.keys().next().value!)
    while (digests.size > OFFERED_MAX) digests.delete(digests.keys().next().value!)
    return known.digest
  }
}

/** The files that a table names, each once. */
export function pathsOf({ guard, tls }: RoutingTable): readonly string[] {
  const secrets = guard?.identity?.secretsFile ?? null
  return [...(secrets === null ? [] : [secrets]), ...(tls ? [tls.file, tls.ticketFile] : [])]
}

/** The same table with other names for its files. */
export function withPaths(table: RoutingTable, nameOf: (path: string) => string): RoutingTable {
  const { guard, tls } = table
  const identity = guard?.identity
  const secretsFile = identity?.secretsFile ?? null
  return {
    ...table,
    ...(guard && identity && secretsFile !== null
      ? { guard: { ...guard, identity: { ...identity, secretsFile: nameOf(secretsFile) } } }
      : {}),
    ...(tls ? { tls: { ...tls, file: nameOf(tls.file), ticketFile: nameOf(tls.ticketFile) } } : {}),
  }
}

export function digestOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function stampOf(path: string): string | null {
  const stats = statSync(path, { throwIfNoEntry: false })
  return stats === undefined ? null : `${stats.ino} ${stats.size} ${stats.mtimeMs}`
}

function read(path: string): Buffer | null {
  try {
    const bytes = readFileSync(path)
    return bytes.length > BYTES_MAX ? null : bytes
  } catch {
    return null
  }
}
