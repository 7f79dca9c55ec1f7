import { closeSync, existsSync, fstatSync, fsyncSync, ftruncateSync, openSync, readdirSync, readSync } from 'node:fs'
import { statSync } from 'node:fs'
import { join } from 'node:path'

/** Relative to the state folder. */
export const EVENTS_FOLDER = 'security'
/** Above any record: their texts are cut where they are made. */
export const RECORD_BYTES_MAX = 64 * 1024

export interface EventFile {
  readonly name: string
  readonly path: string
  /** The number of its first record. */
  readonly first: number
}

/** Oldest first; the last is written to. None where the folder is not there. */
export function eventFiles(stateFolder: string): readonly EventFile[] {
  const folder = join(stateFolder, EVENTS_FOLDER)
  if (!existsSync(folder)) return []
  const files = readdirSync(folder).flatMap((name) => {
    const first = /^events-(\d{12})\.jsonl$/.exec(name)?.[1]
    return first === undefined ? [] : [{ name, path: join(folder, name), first: Number(first) }]
  })
  return files.toSorted((one, other) => one.first - other.first)
}

export function eventFileOf(stateFolder: string, first: number): string {
  return join(stateFolder, EVENTS_FOLDER, `events-${String(first).padStart(12, '0')}.jsonl`)
}

export function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}

/** The last whole line; null when there is none. */
export function lastLineOf(path: string): string | null {
  const descriptor = openSync(path, 'r')
  try {
    return tailOf(descriptor).toString('utf8').split('\n').at(-2) ?? null
  } finally {
    closeSync(descriptor)
  }
}

/** Cuts off a last line that a crash has left without its end. Returns how many bytes. */
export function cutTornLine(path: string): number {
  const descriptor = openSync(path, 'r+')
  try {
    const tail = tailOf(descriptor)
    const torn = tail.length - (tail.lastIndexOf(10) + 1)
    if (torn === 0) return 0
    ftruncateSync(descriptor, fstatSync(descriptor).size - torn)
    fsyncSync(descriptor)
    return torn
  } finally {
    closeSync(descriptor)
  }
}

function tailOf(descriptor: number): Buffer {
  const { size } = fstatSync(descriptor)
  const bytes = Buffer.alloc(Math.min(size, 2 * RECORD_BYTES_MAX))
  readSync(descriptor, bytes, 0, bytes.length, size - bytes.length)
  return bytes
}
