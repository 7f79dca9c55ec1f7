import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeFileAtomic } from '../core/atomic-file.ts'
import { checkTable } from './table-check.ts'
import { fencedOff, tableRefused } from './fencing.ts'
import type { RoutingTable } from './table.ts'

export const TABLE_FILE = 'table.json'
export const LAST_GOOD_FILE = 'table.last-good.json'

/** A file above this size is no table of ours. */
const FILE_BYTES_MAX = 64 * 1024 * 1024

/** The newest table in `folder` that is whole and valid; null when there is none. Never throws for a damaged file. */
export function readSavedTable(folder: string): RoutingTable | null {
  return newest(folder)?.table ?? null
}

/**
 * Writes `table` to both files, one after the other, first over the one that is not needed: whatever byte a crash stops
 * at, the other file still holds a valid table. What the workers would refuse is not written: they start with this.
 * @throws Problem `gateway.table-refused`, or the error of a disk that refuses
 */
export function saveTable(folder: string, table: RoutingTable): void {
  const saved = newest(folder)
  const reason = reasonAgainst(table, saved?.table ?? null)
  if (reason !== null) throw tableRefused(table, [reason])
  const text = envelope(table)
  const needed = saved?.file ?? LAST_GOOD_FILE
  const other = needed === TABLE_FILE ? LAST_GOOD_FILE : TABLE_FILE
  writeFileAtomic(join(folder, other), text)
  writeFileAtomic(join(folder, needed), text)
}

function reasonAgainst(table: RoutingTable, saved: RoutingTable | null): string | null {
  const checked = checkTable(table)
  if (typeof checked === 'string') return checked
  return saved === null ? null : fencedOff(table, { version: saved.version, token: saved.token })
}

function newest(folder: string): { file: string; table: RoutingTable } | null {
  let best: { file: string; table: RoutingTable } | null = null
  // Of two equal ones the copy counts as the needed one, so that `table.json` is the first to be replaced.
  for (const file of [LAST_GOOD_FILE, TABLE_FILE]) {
    const table = readTable(join(folder, file))
    if (table !== null && (best === null || table.version > best.table.version)) best = { file, table }
  }
  return best
}

function envelope(table: RoutingTable): string {
  const text = JSON.stringify(table)
  return JSON.stringify({ format: 1, checksum: checksumOf(text), table: text }) + '\n'
}

/** A table as it is saved, in one file; null: there is none, or it is damaged. */
export function readTable(path: string): RoutingTable | null {
  try {
    const bytes = readFileSync(path)
    if (bytes.length > FILE_BYTES_MAX) return null
    const { format, checksum, table } = JSON.parse(bytes.toString('utf8')) as Record<string, unknown>
    if (format !== 1 || typeof table !== 'string' || checksum !== checksumOf(table)) return null
    const checked = checkTable(JSON.parse(table))
    return typeof checked === 'string' ? null : checked
  } catch {
    // Absent, unreadable or cut: the other file decides.
    return null
  }
}

function checksumOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
