import { readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

/** SQLITE_CORRUPT, SQLITE_NOTADB. */
const CODES: ReadonlySet<number> = new Set([11, 26])
/** Files that were put aside are kept for whoever wants to look at them: so many, the newest. */
export const DAMAGED_KEPT = 2

/** What was read is not what was written, though SQLite does not know: a column of bytes that cannot be decoded. */
export class DamagedError extends Error {}

/** Whether an error says that a file of SQLite is damaged: not that it is busy, full or away. */
export function isDamaged(error: unknown): boolean {
  if (error instanceof DamagedError) return true
  return CODES.has(((error as { errcode?: number } | null)?.errcode ?? 0) & 0xff)
}

/** Decodes what was read of a file. @throws DamagedError in place of whatever the work throws */
export function decoding<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw new DamagedError(`cannot be decoded: ${String(error)}`)
  }
}

/** Puts a file of SQLite that nobody holds aside, as `<file>.damaged`, `<file>.damaged.1` …; returns where it is now. */
export function putAside(path: string): string {
  const there = new Set(readdirSync(dirname(path)))
  const names = Array.from({ length: there.size + 1 }, (_, index) => `${path}.damaged${index === 0 ? '' : `.${index}`}`)
  const aside = names.find((name) => !there.has(basename(name)))!
  renameSync(path, aside)
  for (const beside of ['-wal', '-shm', '-journal']) rmSync(`${path}${beside}`, { force: true })
  return aside
}

/**
 * Keeps the newest DAMAGED_KEPT of a folder's files that were put aside, and no more than so many bytes of them: what is whole
 * comes first.
 * @param of how their names begin
 * @returns the bytes of those that are left
 */
export function boundDamaged(folder: string, of: string, bytesMax: number): number {
  const newestFirst = readdirSync(folder)
    .filter((name) => name.startsWith(of) && /\.damaged(?:\.\d+)?$/.test(name))
    .map((name) => ({ path: join(folder, name), stat: statSync(join(folder, name), { bigint: true }) }))
    // A file is renamed when it is put aside, and that is a change of its own.
    .toSorted((one, other) => (one.stat.ctimeNs < other.stat.ctimeNs ? 1 : -1))
  let bytes = 0
  for (const [index, { path, stat }] of newestFirst.entries()) {
    if (index < DAMAGED_KEPT && bytes + Number(stat.size) <= bytesMax) bytes += Number(stat.size)
    else rmSync(path, { force: true })
  }
  return bytes
}
