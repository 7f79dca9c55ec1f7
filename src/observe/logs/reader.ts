import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Scrub } from '../../core/scrub.ts'
import { isDiskFull } from '../../core/system-problem.ts'
import type { LogLine, StoredLine } from './line.ts'
import { parseRecord } from './parse.ts'
import { cutText } from './records.ts'
import { sourceOf, type Source } from './source.ts'
import type { LogStore } from './store/store.ts'
import { Tail, type Mark, type TailRead } from './tail.ts'

/** A time that a program claims is believed when it is so near to when the line must have been written. */
export const CLAIM_MS_MAX = 5 * 60_000
/** How long a store that cannot keep lines is waited for: until then the files keep them. */
export const STORE_WAIT_MS = 10_000
/** Lines are as new as the last write to their file when it was read no longer ago than this. */
const LIVE_MS = 10_000

/** Why lines were left out: the label `reason` of seaworthy_log_lines_dropped_total. */
export type DropReason = 'disk' | 'rotated' | 'age'

export interface ReaderOptions {
  /** The folder with the outputs. */
  readonly folder: string
  readonly store: LogStore
  /** Takes the secrets out of an output's text; null: they are not known yet, and the output waits. */
  readonly scrubOf: (output: string) => Scrub | null
  readonly onLines: (lines: readonly StoredLine[]) => void
  readonly onTrouble: (error: unknown) => void
  /** @default STORE_WAIT_MS */
  readonly storeWaitMs?: number
}

/**
 * Reads what instances, jobs, needs, the gateway and control have written, and keeps it. They write to files and never wait for
 * this: the files are the queue, bounded by their rotation.
 */
export class Reader {
  readonly #options: ReaderOptions
  readonly #tails = new Map<string, Tail>()
  readonly #dropped: Record<DropReason, number> = { disk: 0, rotated: 0, age: 0 }
  #failingSince: number | null = null

  constructor(options: ReaderOptions) {
    this.#options = options
  }

  dropped(): Readonly<Record<DropReason, number>> {
    return this.#dropped
  }

  /** One look at every output. True: there is more to be read at once. */
  look(now: number): boolean {
    let more = false
    for (const isMore of this.looks(now)) more = isMore || more
    return more
  }

  /** The same, one output after the other: who iterates can do something else in between. */
  *looks(now: number): Generator<boolean> {
    const outputs = this.#outputs()
    this.#options.store.forget(new Set(outputs))
    for (const known of this.#tails.keys()) if (!outputs.includes(known)) this.#tails.delete(known)
    for (const output of outputs) yield this.#readOne(output, now)
  }

  #outputs(): readonly string[] {
    const { folder } = this.#options
    if (!existsSync(folder)) return []
    return readdirSync(folder)
      .filter((name) => name.endsWith('.log'))
      .map((name) => name.slice(0, -'.log'.length))
  }

  #readOne(output: string, now: number): boolean {
    const { folder, store, scrubOf, onLines, onTrouble, storeWaitMs = STORE_WAIT_MS } = this.#options
    const scrub = scrubOf(output)
    if (scrub === null) return false
    let tail = this.#tails.get(output)
    if (tail === undefined) this.#tails.set(output, (tail = new Tail(join(folder, `${output}.log`))))
    const mark = store.mark(output)
    const read = tail.read(mark, now)
    if (read === null) return false
    if (read.lost) this.#dropped.rotated += 1
    const marks = new Map([[output, read.mark]])
    const lines = this.#linesOf(output, read, { scrub, now, mark })
    if (lines.length === 0) {
      // Nothing to be saved for: what is read again after a restart are no lines.
      store.skip(marks)
      return read.more
    }
    try {
      onLines(this.#append(lines, marks))
      this.#failingSince = null
      return read.more
    } catch (error) {
      if (this.#failingSince === null) onTrouble(error)
      this.#failingSince ??= now
      if (now - this.#failingSince < storeWaitMs) return false
      this.#dropped.disk += lines.length
      store.skip(marks)
      return false
    }
  }

  #append(lines: readonly LogLine[], marks: ReadonlyMap<string, Mark>): readonly StoredLine[] {
    const { store } = this.#options
    try {
      return store.append(lines, marks)
    } catch (error) {
      // Only a full disk gains by it: whatever else is wrong, the oldest lines would go one file after the other.
      if (!isDiskFull(error) || !store.dropOldest()) throw error
      return store.append(lines, marks)
    }
  }

  #linesOf(
    output: string,
    { records, writtenMs }: TailRead,
    { scrub, now, mark }: { scrub: Scrub; now: number; mark: Mark | null },
  ): readonly LogLine[] {
    const source = sourceOf(output)
    const time = new LineTimes({ seenMs: mark?.seenMs ?? 0, writtenMs: Math.floor(writtenMs), now })
    const oldest = now - this.#options.store.keepMs
    const lines: LogLine[] = []
    for (const record of records) {
      const line = lineOf(cutText(scrub(record)), source, time)
      if (line.atMs < oldest) this.#dropped.age += 1
      else lines.push(line)
    }
    return lines
  }
}

function lineOf(text: string, source: Source, time: LineTimes): LogLine {
  const { atMs, level, correlationId, traceId, release, text: said } = parseRecord(text)
  return {
    atMs: time.of(atMs),
    service: source.service,
    instance: source.instance,
    release: release ?? source.release,
    level,
    correlationId,
    traceId,
    text: said,
  }
}

/** When lines were written: what they claim, unless they cannot have been written then. */
class LineTimes {
  readonly #earliest: number
  readonly #latest: number
  readonly #isLive: boolean
  #last: number

  constructor({ seenMs, writtenMs, now }: { seenMs: number; writtenMs: number; now: number }) {
    this.#earliest = seenMs - CLAIM_MS_MAX
    this.#latest = now + CLAIM_MS_MAX
    this.#isLive = now - seenMs < LIVE_MS
    this.#last = Math.min(writtenMs, now)
  }

  of(claimed: number | null): number {
    const isCredible = claimed !== null && claimed >= this.#earliest && claimed <= this.#latest
    if (!isCredible) return this.#last
    // What was written before this look, and carries no time, belongs behind the line before it.
    if (!this.#isLive) this.#last = claimed
    return claimed
  }
}
