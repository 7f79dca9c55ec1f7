import { closeSync, fsyncSync, fstatSync, ftruncateSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs'
import { existsSync, renameSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { Problem } from '../../core/problem.ts'

/** The file that is written to. */
export const TRAIL_FILE = 'audit-trail.jsonl'
/** A file that has grown to this is closed; the chain goes on in the next. */
export const TRAIL_BYTES_MAX = 64 * 1024 * 1024
/** Far above any record: their texts are cut. */
const RECORD_BYTES_MAX = 64 * 1024

/** The trail's files, oldest first, none where the folder is not there; `audit-trail-<number of its last record>.jsonl` are closed. */
export function trailFiles(folder: string): readonly string[] {
  if (!existsSync(folder)) return []
  const closed = readdirSync(folder).flatMap((name) => {
    const last = /^audit-trail-(\d+)\.jsonl$/.exec(name)?.[1]
    return last === undefined ? [] : [{ name, last: Number(last) }]
  })
  const names = closed.toSorted((one, other) => one.last - other.last).map(({ name }) => name)
  return [...names, TRAIL_FILE].filter((name) => sizeOf(join(folder, name)) !== null)
}

/** The lines of one file; a last line without its newline is `torn`. */
export function readLines(file: string): { readonly lines: readonly string[]; readonly torn: string } {
  const lines = readFileSync(file, 'utf8').split('\n')
  const torn = lines.pop() ?? ''
  return { lines, torn }
}

/** The newest whole line of the trail; null when there is none. */
export function newestLine(folder: string): string | null {
  for (const name of trailFiles(folder).toReversed()) {
    const line = lastLineOf(join(folder, name))
    if (line !== null) return line
  }
  return null
}

/** Cuts off a last line that a crash has left without its end. Returns how many bytes. */
export function mendTornLine(folder: string): number {
  const file = join(folder, TRAIL_FILE)
  if (sizeOf(file) === null) return 0
  const descriptor = openSync(file, 'r+')
  try {
    const { size } = fstatSync(descriptor)
    const tail = tailOf(descriptor, size)
    const torn = tail.length - (tail.lastIndexOf(10) + 1)
    if (torn > 0) ftruncateSync(descriptor, size - torn)
    if (torn > 0) fsyncSync(descriptor)
    return torn
  } finally {
    closeSync(descriptor)
  }
}

/**
 * Appends one line and has it on the disk when `then` is called. A line that could not be written whole is taken back, and
 * so is one whose `then` throws: what is not known to have been written must not stand there.
 */
export function appendLine(folder: string, line: string, then: () => void): void {
  const isNew = sizeOf(join(folder, TRAIL_FILE)) === null
  const descriptor = openSync(join(folder, TRAIL_FILE), 'a', 0o600)
  try {
    const { size } = fstatSync(descriptor)
    try {
      const bytes = Buffer.from(`${line}\n`)
      for (let written = 0; written < bytes.length;) written += writeSync(descriptor, bytes, written)
      fsyncSync(descriptor)
      if (isNew) syncFolder(folder)
      then()
    } catch (error) {
      ftruncateSync(descriptor, size)
      fsyncSync(descriptor)
      throw error
    }
  } finally {
    closeSync(descriptor)
  }
}

/** Closes a file that has become too large, under the number of its last record. */
export function closeIfLarge(folder: string, lastSequence: number, bytesMax: number): void {
  const file = join(folder, TRAIL_FILE)
  if ((sizeOf(file) ?? 0) < bytesMax) return
  renameSync(file, join(folder, `audit-trail-${lastSequence}.jsonl`))
  syncFolder(folder)
}

function lastLineOf(file: string): string | null {
  const descriptor = openSync(file, 'r')
  try {
    const lines = tailOf(descriptor, fstatSync(descriptor).size).toString('utf8').split('\n')
    return lines.at(-2) ?? null
  } finally {
    closeSync(descriptor)
  }
}

function tailOf(descriptor: number, size: number): Buffer {
  const bytes = Buffer.alloc(Math.min(size, 2 * RECORD_BYTES_MAX))
  readSync(descriptor, bytes, 0, bytes.length, size - bytes.length)
  return bytes
}

/** Null: there is none. @throws Problem `audit.unreadable` for what is no file */
function sizeOf(file: string): number | null {
  const found = statSync(file, { throwIfNoEntry: false })
  if (found === undefined || found.isFile()) return found?.size ?? null
  const what = found.isDirectory() ? 'a folder' : 'no file'
  throw new Problem('audit.unreadable', `the audit trail cannot be read: ${file} is ${what}`, {
    hint: 'Move it away and put the file back; until then nothing is recorded.',
  })
}

function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
