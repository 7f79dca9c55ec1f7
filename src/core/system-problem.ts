import { messageOf, Problem } from './problem.ts'

const FULL = new Set(['ENOSPC', 'EDQUOT'])
const REFUSED = new Set(['EROFS', 'EACCES', 'EPERM', 'ENOTDIR'])
/** SQLite's own words for the same two: SQLITE_FULL, SQLITE_READONLY, SQLITE_CANTOPEN. */
const SQLITE_FULL = 13
const SQLITE_REFUSED = new Set([8, 14])
/** SQLITE_IOERR_SHMSIZE: no room for the index of the write-ahead log. */
const SQLITE_NO_INDEX = 4874

/** Whether what was thrown says that the disk, or the quota, has no room. */
export function isDiskFull(thrown: unknown): boolean {
  if (!(thrown instanceof Error)) return false
  const { code, errcode } = thrown as NodeJS.ErrnoException & { errcode?: number }
  if (code === 'disk.full' || FULL.has(code ?? '')) return true
  // The primary result is in the low byte; above it is where it happened.
  return errcode !== undefined && ((errcode & 0xff) === SQLITE_FULL || errcode === SQLITE_NO_INDEX)
}

/** What the machine refuses, as a problem that its operator can fix; anything else as it was thrown. */
export function explainSystem(thrown: unknown): unknown {
  if (!(thrown instanceof Error) || thrown instanceof Problem) return thrown
  const { code, errcode } = thrown as NodeJS.ErrnoException & { errcode?: number }
  const sqlite = errcode === undefined ? null : errcode & 0xff
  if (isDiskFull(thrown)) {
    return new Problem('disk.full', `there is no space left: ${messageOf(thrown)}`, {
      hint: 'Free some space, then run the command again: what is live was not touched.',
      cause: thrown,
    })
  }
  if (REFUSED.has(code ?? '') || SQLITE_REFUSED.has(sqlite ?? -1)) {
    return new Problem('disk.not-writable', `the machine refuses it: ${messageOf(thrown)}`, {
      hint: "Check the folder's owner and mode, and that its file system is not mounted read-only.",
      cause: thrown,
    })
  }
  return thrown
}
