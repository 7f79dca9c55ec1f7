import {
  closeSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'

export const OUTPUT_BYTES_MAX = 20 * 1024 * 1024
export const OUTPUTS_KEPT = 5
export const ROTATE_EVERY_MS = 3_000

const CHUNK_BYTES = 1024 * 1024
/** A copy of the end begins with a whole line where one begins within so many bytes. */
const LINE_BYTES = 64 * 1024
const NEWLINE = 10

/** Opens a file that takes a process's output. Appending, so that cutting it short leaves no hole. The caller closes it. */
export function openOutput(path: string): number {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  return openSync(path, 'a', 0o600)
}

/**
 * Moves what `path` holds to `path.1` (and `.1` to `.2`, …) once it exceeds `bytesMax`. By copying and truncating, since the
 * writer keeps its descriptor and knows of nothing: what it writes between the last read and the cut is lost. Of a file
 * that has grown beyond twice `bytesMax`, its end is what is kept: there a program says why it gave up. Such a copy begins with
 * a line that says where in the file it began, for people and for whoever reads on from an offset (observe/logs/tail.ts).
 */
export function rotateOutput(
  path: string,
  options: { readonly bytesMax?: number; readonly kept?: number } = {},
): boolean {
  const { bytesMax = OUTPUT_BYTES_MAX, kept = OUTPUTS_KEPT } = options
  let from: number
  try {
    from = openSync(path, 'r+')
  } catch {
    return false
  }
  try {
    const { size } = fstatSync(from)
    if (size <= bytesMax) return false
    shift(path, kept)
    try {
      copy(from, `${path}.1`, { position: Math.max(0, size - bytesMax * 2), bytesMax: bytesMax * 3 })
    } catch (error) {
      rmSync(`${path}.1`, { force: true })
      // A full disk: these lines are given up, since the file would only grow.
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    }
    ftruncateSync(from, 0)
    return true
  } finally {
    closeSync(from)
  }
}

function shift(path: string, kept: number): void {
  for (let number = kept - 1; number >= 1; number--) {
    try {
      renameSync(`${path}.${number}`, `${path}.${number + 1}`)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }
}

/** Bounded, since a writer may be faster than the copy. */
function copy(
  from: number,
  path: string,
  { position, bytesMax }: { readonly position: number; readonly bytesMax: number },
): void {
  const to = openSync(path, 'w', 0o600)
  try {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES)
    const begins = position === 0 ? 0 : lineStart(from, position)
    if (begins > 0) writeSync(to, leftOut(begins))
    for (let total = 0; total < bytesMax;) {
      const count = readSync(from, chunk, 0, Math.min(CHUNK_BYTES, bytesMax - total), begins + total)
      if (count === 0) break
      for (let written = 0; written < count;) written += writeSync(to, chunk, written, count - written)
      total += count
    }
  } finally {
    closeSync(to)
  }
}

function lineStart(from: number, position: number): number {
  const bytes = Buffer.allocUnsafe(LINE_BYTES)
  const count = readSync(from, bytes, 0, LINE_BYTES, position)
  const end = bytes.subarray(0, count).indexOf(NEWLINE) + 1
  return end === 0 || end === count ? position : position + end
}

function leftOut(begins: number): string {
  const message = 'written too fast: what came before was left out'
  return JSON.stringify({ time: new Date().toISOString(), level: 'warn', part: 'keeper', message, begins }) + '\n'
}
