import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs'
import { cutRecords } from './records.ts'

/** Read at once of one file, and kept in one go, for which questions wait; the rest comes with the next look. */
export const CHUNK_BYTES = 256 * 1024
/** A line that nobody has ended for so long stands as it is. */
export const UNENDED_MS = 5_000
/** A record is complete when its file has rested for so long: no stack trace takes longer. */
export const SETTLED_MS = 200
/** Output is rotated to `.1`, `.2` …: never to more. */
const ROTATED_MAX = 16
/** Rounds that a rotation under way may take before its copy counts as lost. */
const PATIENCE = 50
const COMPARED_BYTES = 4096
/** How the keeper begins the copy of an end: `begins` is where in the file it was. */
const LEFT_OUT = /^\{"time":"[^"]{1,40}","level":"warn","part":"keeper","message":"[^"]{1,80}","begins":(\d{1,15})\}\n/
const LEFT_OUT_BYTES_MAX = 256

/** How far an output has been read. Saved with the lines, so that no line is lost or read twice. */
export interface Mark {
  /** The file that is written to. */
  readonly file: string
  /** The rotated file below the one that is read: where it now stands says how often there was a rotation since. */
  readonly below: string | null
  /** The rotated file that is read; null: the one that is written to. */
  readonly self: string | null
  readonly offset: number
  readonly skipping: boolean
  /** When everything up to here had been read: what follows was written since. Milliseconds since the epoch. */
  readonly seenMs: number
}

export interface TailRead {
  readonly records: readonly string[]
  readonly mark: Mark
  /** When the file was last written to: about the time of its last record. */
  readonly writtenMs: number
  /** There is more to be read at once. */
  readonly more: boolean
  /** Rotated away before it was read: nobody knows how much. */
  readonly lost: boolean
}

/** Reads one output through its rotations (see keeper/output.ts: copied to `.1`, then emptied). */
export class Tail {
  readonly path: string
  #waited = 0

  constructor(path: string) {
    this.path = path
  }

  /** What was written since `mark`; null: nothing, or not yet. */
  read(mark: Mark | null, now: number): TailRead | null {
    const current = statOf(this.path)
    if (current === null) return null
    const found = this.#locate(mark, current)
    if (found === null) return null
    const { place, from, lost } = found
    const base = { ...from, file: current.id }
    if (place === 0 && current.size < from.offset) return this.read({ ...base, offset: 0, skipping: false }, now)
    const piece = readPiece(this.#pathOf(place), from.offset)
    if (piece === null) return place === 0 ? null : { ...this.#next(place, base, current), records: [], lost }
    const isLast = piece.atEnd && place > 0
    const restedMs = now - piece.writtenMs
    const isEnd = isLast || (piece.atEnd && restedMs > (piece.endsLine ? SETTLED_MS : UNENDED_MS))
    const { records, consumed, skipping } = cutRecords(piece.bytes, { isEnd, skipping: from.skipping })
    const isDone = piece.atEnd && consumed === piece.bytes.length
    const next = { ...base, offset: from.offset + consumed, skipping }
    if (isLast) return { ...this.#next(place, next, current), records, writtenMs: piece.writtenMs, lost }
    const mark2 = isDone && place === 0 ? { ...next, seenMs: Math.max(now - 1, from.seenMs) } : next
    return { records, mark: mark2, writtenMs: piece.writtenMs, more: !piece.atEnd, lost }
  }

  #pathOf(place: number): string {
    return place === 0 ? this.path : `${this.path}.${place}`
  }

  /** The oldest unread: as number behind the name. Null while a rotation is under way. */
  #locate(mark: Mark | null, current: Stat): { place: number; from: Mark; lost: boolean } | null {
    const rotated = this.#rotated()
    if (mark === null) return this.#oldest(rotated, current, 0, false)
    const place = placeOf(mark, rotated)
    if (place === null) return this.#oldest(rotated, current, mark.seenMs, true)
    if (place === 1 && mark.self === null && this.#isRotating(rotated[0] ?? null, current, mark.offset)) return null
    const self = place === 0 ? null : (rotated[place - 1]?.id ?? null)
    const below = rotated[place]?.id ?? null
    if (place > 0 && mark.self === null) {
      const { begins, length } = headOf(this.#pathOf(place))
      const offset = mark.offset - begins + length
      // Cut away before it was read; the line that says so is shown.
      if (mark.offset < begins) return { place, from: { ...mark, offset: 0, skipping: false, self, below }, lost: true }
      return { place, from: { ...mark, offset, self, below }, lost: false }
    }
    // Somebody has put another file in its place.
    const offset = place === 0 && mark.file !== current.id ? 0 : mark.offset
    return { place, from: { ...mark, offset, self, below }, lost: false }
  }

  #oldest(rotated: readonly (Stat | null)[], current: Stat, seenMs: number, lost: boolean) {
    const place = rotated.length
    const self = place === 0 ? null : (rotated[place - 1]?.id ?? null)
    return { place, from: { file: current.id, below: null, self, offset: 0, skipping: false, seenMs }, lost }
  }

  /** The file behind the one that was read to its end. */
  #next(place: number, mark: Mark, current: Stat): { mark: Mark; more: boolean; writtenMs: number } {
    const rotated = this.#rotated()
    const newer = place - 1
    // The newest copy may still be made: what it lacks then is in the file that is about to be emptied.
    if (newer === 0 && this.#isRotating(rotated[0] ?? null, current, mark.offset))
      return { mark, more: false, writtenMs: current.writtenMs }
    const self = newer === 0 ? null : (rotated[newer - 1]?.id ?? null)
    const below = rotated[newer]?.id ?? null
    return { mark: { ...mark, self, below, offset: 0, skipping: false }, more: true, writtenMs: current.writtenMs }
  }

  /** Copied but not emptied yet: both begin alike. */
  #isRotating(copy: Stat | null, current: Stat, offset: number): boolean {
    const isUnsure = copy === null ? current.size >= offset : isCopyOf(copy, `${this.path}.1`, current, this.path)
    this.#waited = isUnsure ? this.#waited + 1 : 0
    return isUnsure && this.#waited < PATIENCE
  }

  /** `.1`, `.2` … up to the last that is there; null stands for a gap. */
  #rotated(): readonly (Stat | null)[] {
    const found: (Stat | null)[] = []
    for (let number = 1; number <= ROTATED_MAX; number++) {
      const stat = statOf(`${this.path}.${number}`)
      if (stat === null && number > 2) break
      found.push(stat)
    }
    while (found.length > 0 && found.at(-1) === null) found.pop()
    return found
  }
}

/** Where the file of a mark stands by now: 0 is the one that is written to. Null: nowhere. */
function placeOf({ self, below }: Mark, rotated: readonly (Stat | null)[]): number | null {
  const find = (id: string): number | null => {
    const index = rotated.findIndex((stat) => stat?.id === id)
    return index === -1 ? null : index + 1
  }
  if (self !== null) return find(self)
  if (below === null) return rotated.length
  const under = find(below)
  return under === null ? null : under - 1
}

interface Stat {
  readonly id: string
  readonly size: number
  readonly writtenMs: number
}

function statOf(path: string): Stat | null {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false })
  // The number of a file that is gone is given again; the time of its birth is not.
  return stat === undefined
    ? null
    : { id: `${stat.ino}:${stat.birthtimeNs}`, size: Number(stat.size), writtenMs: Number(stat.mtimeMs) }
}

function readPiece(path: string, offset: number) {
  let descriptor: number
  try {
    descriptor = openSync(path, 'r')
  } catch {
    return null
  }
  try {
    const { size, mtimeMs } = fstatSync(descriptor)
    const bytes = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, Math.max(size - offset, 0)))
    const count = readSync(descriptor, bytes, 0, bytes.length, offset)
    const endsLine = count > 0 && bytes[count - 1] === 10
    return { bytes: bytes.subarray(0, count), atEnd: offset + count >= size, endsLine, writtenMs: mtimeMs }
  } finally {
    closeSync(descriptor)
  }
}

/** Whether a file still holds what was copied of it. */
function isCopyOf(copy: Stat, copyPath: string, current: Stat, path: string): boolean {
  const { begins, length } = headOf(copyPath)
  return current.size - begins >= copy.size - length && areAlike([path, begins], [copyPath, length])
}

type Place = readonly [path: string, offset: number]

function areAlike(...places: readonly [Place, Place]): boolean {
  const [first, second] = places.map(([path, offset]) => readPiece(path, offset)?.bytes.subarray(0, COMPARED_BYTES))
  if (first === undefined || second === undefined) return true
  const length = Math.min(first.length, second.length)
  return first.subarray(0, length).equals(second.subarray(0, length))
}

/** Where in its file a copy began, and the length of the line in it that says so: both 0 for a whole one. */
function headOf(path: string): { readonly begins: number; readonly length: number } {
  const head = readPiece(path, 0)?.bytes.toString('latin1', 0, LEFT_OUT_BYTES_MAX) ?? ''
  const [line = '', begins = 0] = LEFT_OUT.exec(head) ?? []
  return { begins: Number(begins), length: line.length }
}
