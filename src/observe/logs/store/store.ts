import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { boundDamaged, isDamaged, putAside } from '../../../core/damaged.ts'
import { PAGE_LINES_MAX, type LogLine, type LogPage, type LogQuery, type StoredLine } from '../line.ts'
import type { Mark } from '../tail.ts'
import { formatPosition, keyBelow, keyOf, newestFirst, parsePosition, type Position } from './position.ts'
import { PAGE_BYTES_MAX, Segment, type Hit } from './segment.ts'
import { matchOf } from './terms.ts'

const DAY_MS = 24 * 60 * 60_000

export interface StoreOptions {
  /** Lines older than this go. @default 30 days */
  readonly keepMs?: number
  /** The oldest lines go beyond this much on disk. @default 2 GiB */
  readonly bytesMax?: number
  /** A file of lines is closed at this size, or after a day. @default a sixteenth of `bytesMax` */
  readonly segmentBytesMax?: number
  /** Told of a file that was set aside, since it is no whole one. @default nobody */
  readonly onDamaged?: (path: string) => void
  /** For tests. */
  readonly now?: () => number
}

export interface SearchOptions {
  /** @default 200, at most PAGE_LINES_MAX */
  readonly limit?: number
  /** Only lines before this one in the order, that is older ones: `next` of the page before. */
  readonly before?: string | null
  /** After this long an answer is given with what there is. @default 2 s */
  readonly withinMs?: number
}

/** SQLITE_ERROR, of a file that is opened: a table that should be there is not. */
const ERROR = 1

const END: Position = { atMs: 9e14, segment: 0, count: 0 }

/**
 * Lines of all outputs in the order of their times, in files of at most a day: `<folder>/000001.db` and so on. For one thread
 * of its own: every call is done when it returns.
 */
export class LogStore {
  readonly keepMs: number
  readonly #folder: string
  readonly #bytesMax: number
  readonly #segmentBytesMax: number
  readonly #onDamaged: (path: string) => void
  readonly #now: () => number
  /** Oldest first; the last one is written to. */
  #segments: Segment[] = []
  /** Their index is still to be put together. */
  #sealed: Segment[]
  #marks: Map<string, Mark>

  constructor(folder: string, options: StoreOptions = {}) {
    const { keepMs = 30 * DAY_MS, bytesMax = 2 * 1024 ** 3, onDamaged = () => {}, now = Date.now } = options
    this.#folder = folder
    this.keepMs = keepMs
    this.#bytesMax = bytesMax
    this.#segmentBytesMax = options.segmentBytesMax ?? bytesMax / 16
    this.#onDamaged = onDamaged
    this.#now = now
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    for (const name of readdirSync(folder)
      .filter((name) => /^\d+\.db$/.test(name))
      .toSorted()) {
      const path = join(folder, name)
      try {
        this.#segments.push(new Segment(path))
      } catch (error) {
        // Cut short in its making, or damaged: what the others hold is not lost with it. One that only cannot be opened now,
        // on a full disk or while another program holds it, is a whole one.
        if (!isDamaged(error) && ((error as { errcode?: number }).errcode ?? 0) !== ERROR) throw error
        this.#setAside(path)
      }
    }
    this.#sealed = []
    this.#marks = this.#newestMarks()
    this.#sealed = this.#segments.slice(0, -1)
  }

  /** How far an output has been read; null: not at all. */
  mark(output: string): Mark | null {
    return this.#marks.get(output) ?? null
  }

  /** Keeps lines and the places up to which they were read, both or none. @throws Error when the disk is full */
  append(lines: readonly LogLine[], marks: ReadonlyMap<string, Mark>): readonly StoredLine[] {
    const segment = this.#current()
    // A damaged one takes nothing, for ever: a new one does.
    const places = this.#whole(segment, () => segment.append(lines, marks)) ?? this.#current().append(lines, marks)
    for (const [output, mark] of marks) this.#marks.set(output, mark)
    return lines
      .toSorted((one, other) => one.atMs - other.atMs)
      .map((line, index) => ({ id: formatPosition(places[index]!), ...line }))
  }

  /** Reads on behind lines that could not be kept. Forgotten with the process: they are read again then. */
  skip(marks: ReadonlyMap<string, Mark>): void {
    for (const [output, mark] of marks) this.#marks.set(output, mark)
  }

  /** Outputs that are not there any more: their marks go with the segment. */
  forget(outputs: ReadonlySet<string>): void {
    for (const output of this.#marks.keys()) if (!outputs.has(output)) this.#marks.delete(output)
  }

  /** @throws Problem `logs.cursor` */
  search(query: LogQuery, options: SearchOptions = {}): LogPage {
    const { limit: asked = 200, before = null, withinMs = 2_000 } = options
    const limit = Math.min(Math.max(Math.trunc(asked), 1), PAGE_LINES_MAX)
    const start = before === null ? END : parsePosition(before)
    const match = matchOf(query)
    const until = this.#now() + withinMs
    let found: readonly Hit[] = []
    for (const { segment, last } of this.#byNewest(query, start)) {
      // One more than asked for says that there is another page.
      const isFull = found.length > limit
      if (isFull && found[limit]!.position.atMs > last.atMs) break
      // The page has to lead on, or whoever follows it would ask for ever.
      const leadsOn = found.length > 0 || last.atMs + 1 < start.atMs
      if (leadsOn && this.#now() > until) return partialPage(found, last.atMs)
      const { baseMs, number } = segment
      const to = query.toMs === undefined ? Infinity : keyOf(baseMs, { atMs: query.toMs + 1, count: 0 })
      const below = Math.min(keyBelow(baseMs, number, start), to)
      const from = keyOf(baseMs, { atMs: query.fromMs ?? -Infinity, count: 0 })
      const bounds = { match, from, below, limit: limit + 1 }
      const hits = this.#whole(segment, () => segment.search(bounds)) ?? []
      found = [...found, ...hits]
        .toSorted((one, other) => newestFirst(one.position, other.position))
        .slice(0, limit + 1)
    }
    return pageOf(found, limit)
  }

  /** Takes away what is too old or too much. For every now and then. */
  prune(): void {
    const oldestMs = this.#now() - this.keepMs
    const sizes = new Map(this.#segments.map((segment) => [segment, segment.bytes()]))
    let bytes = [...sizes.values()].reduce((sum, size) => sum + size, 0)
    for (const segment of this.#segments.slice(0, -1)) {
      const last = this.#whole(segment, () => segment.range())?.last.atMs ?? 0
      if (!this.#segments.includes(segment)) continue
      if (last >= oldestMs && bytes <= this.#bytesMax) continue
      bytes -= sizes.get(segment)!
      this.#drop(segment)
    }
    // What was put aside gives way to what is whole.
    boundDamaged(this.#folder, '', this.#bytesMax - bytes)
  }

  /** A little work on files that nothing is written to any more. True: there is more to do. */
  tidy(): boolean {
    const [segment] = this.#sealed
    if (segment === undefined) return false
    const isMore = this.#whole(segment, () => {
      if (segment.merge()) return true
      segment.seal()
      return false
    })
    if (isMore === true) return true
    if (this.#sealed[0] === segment) this.#sealed.shift()
    return this.#sealed.length > 0
  }

  /** Makes room on a full disk. False: there is nothing that could go. */
  dropOldest(): boolean {
    const [oldest] = this.#segments
    if (oldest === undefined || this.#segments.length < 2) return false
    this.#drop(oldest)
    return true
  }

  bytes(): number {
    return this.#segments.reduce((sum, segment) => sum + segment.bytes(), 0)
  }

  close(): void {
    for (const segment of this.#segments) segment.close()
    this.#segments = []
  }

  #drop(segment: Segment): void {
    this.#segments = this.#segments.filter((one) => one !== segment)
    this.#sealed = this.#sealed.filter((one) => one !== segment)
    segment.remove()
  }

  /** What a file says; null for one that turns out to be damaged: it is set aside, and the others go on without it. */
  #whole<T>(segment: Segment, ask: () => T): T | null {
    try {
      return ask()
    } catch (error) {
      if (!isDamaged(error)) throw error
      this.#segments = this.#segments.filter((one) => one !== segment)
      this.#sealed = this.#sealed.filter((one) => one !== segment)
      segment.close()
      this.#setAside(segment.path)
      return null
    }
  }

  /** How far outputs have been read, by the newest file that can say it. */
  #newestMarks(): Map<string, Mark> {
    for (const segment of this.#segments.toReversed()) {
      const marks = this.#whole(segment, () => segment.marks())
      if (marks !== null) return new Map(marks)
    }
    return new Map()
  }

  #setAside(path: string): void {
    const aside = putAside(path)
    boundDamaged(this.#folder, '', this.#bytesMax)
    this.#onDamaged(aside)
  }

  #current(): Segment {
    const last = this.#segments.at(-1)
    // A clock that was set back begins another one, too: keys are times as seen from the beginning of their file.
    const isNear = last !== undefined && Math.abs(this.#now() - last.baseMs) < DAY_MS
    const isFit = isNear && last.bytes() < this.#segmentBytesMax
    if (isFit) return last
    const number = (last?.number ?? 0) + 1
    const path = join(this.#folder, `${String(number).padStart(6, '0')}.db`)
    const segment = Segment.create(path, { number, baseMs: this.#now(), marks: this.#marks })
    if (last !== undefined) {
      this.#whole(last, () => last.seal())
      if (this.#segments.includes(last)) this.#sealed.push(last)
    }
    this.#segments.push(segment)
    this.prune()
    return segment
  }

  #byNewest({ fromMs = -Infinity, toMs = Infinity }: LogQuery, start: Position) {
    return this.#segments
      .flatMap((segment) => {
        const range = this.#whole(segment, () => segment.range())
        return range === null ? [] : [{ segment, first: range.first, last: range.last }]
      })
      .filter(({ first, last }) => first.atMs <= Math.min(toMs, start.atMs) && last.atMs >= fromMs)
      .toSorted((one, other) => newestFirst(one.last, other.last))
  }
}

function pageOf(found: readonly Hit[], limit: number): LogPage {
  let bytes = 0
  const within = found.slice(0, limit).filter(({ line }, index) => {
    bytes += line.text.length
    return index === 0 || bytes <= PAGE_BYTES_MAX
  })
  const isMore = found.length > within.length
  return { lines: within.map(storedOf), next: isMore ? formatPosition(within.at(-1)!.position) : null, partial: false }
}

/** What is certain: the segments that were not asked hold nothing above `unseenMs`. */
function partialPage(found: readonly Hit[], unseenMs: number): LogPage {
  const certain = pageOf(
    found.filter(({ position }) => position.atMs > unseenMs),
    PAGE_LINES_MAX + 1,
  )
  const next = certain.next ?? formatPosition({ atMs: unseenMs + 1, segment: 0, count: 0 })
  return { lines: certain.lines, next, partial: true }
}

function storedOf({ position, line }: Hit): StoredLine {
  return { id: formatPosition(position), ...line }
}
