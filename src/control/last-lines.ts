import { closeSync, fstatSync, openSync, readSync } from 'node:fs'

/** Enough for the last lines of any sane log; a single longer line is cut. */
const TAIL_BYTES = 32 * 1024

/**
 * The last `count` lines of a process's output, oldest first; none when there is no file. The keeper may have moved them to
 * `file.1` a moment ago.
 */
export function lastLines(file: string, count: number): readonly string[] {
  const lines = endOf(file, count)
  return lines.length === count ? lines : [...endOf(`${file}.1`, count - lines.length), ...lines]
}

function endOf(file: string, count: number): readonly string[] {
  let descriptor: number
  try {
    descriptor = openSync(file, 'r')
  } catch {
    return []
  }
  try {
    const { size } = fstatSync(descriptor)
    const length = Math.min(size, TAIL_BYTES)
    const bytes = Buffer.alloc(length)
    readSync(descriptor, bytes, 0, length, size - length)
    return bytes
      .toString('utf8')
      .split('\n')
      .filter((line) => line.trim() !== '')
      .slice(-count)
  } finally {
    closeSync(descriptor)
  }
}
