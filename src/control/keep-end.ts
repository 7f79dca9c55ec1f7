import { closeSync, fstatSync, ftruncateSync, openSync, readSync, writeSync } from 'node:fs'

const NEWLINE = 0x0a

/**
 * Cuts a file that nobody writes to any more down to its last whole lines, `bytesMax` of them in bytes, and says so in a
 * line before them. One that is short enough, or not there, stays as it is.
 */
export function keepEnd(file: string, bytesMax: number): void {
  let descriptor: number
  try {
    descriptor = openSync(file, 'r+')
  } catch {
    return
  }
  try {
    const { size } = fstatSync(descriptor)
    if (size <= bytesMax) return
    const bytes = Buffer.allocUnsafe(bytesMax)
    const end = bytes.subarray(0, readSync(descriptor, bytes, 0, bytesMax, size - bytesMax))
    // -1, a single long line: then all of it stays.
    const kept = end.subarray(end.indexOf(NEWLINE) + 1)
    ftruncateSync(descriptor, 0)
    const note = Buffer.from(`(${size - kept.length} bytes before this were cut)\n`)
    for (const [part, from] of [
      [note, 0],
      [kept, note.length],
    ] as const)
      for (let written = 0; written < part.length;)
        written += writeSync(descriptor, part, written, part.length - written, from + written)
  } finally {
    closeSync(descriptor)
  }
}
