import { basename, dirname } from 'node:path'
import { boundDamaged, isDamaged } from '../../../core/damaged.ts'
import { Problem } from '../../../core/problem.ts'
import type { Labels, Matcher } from '../../../core/series/labels.ts'
import type { Series } from '../../../core/series/series.ts'
import type { Expression, Selector } from '../../../promises/expression.ts'
import { metricOf } from '../../../promises/metrics/catalogue.ts'
import { seriesOf, type Columns } from '../columns.ts'
import { evaluateAt, evaluateOver } from '../evaluate/evaluate.ts'
import type { Range, Value } from '../query.ts'
import { decodeBatch, encodeBatch } from './batch.ts'
import { cutFrom } from './cut.ts'
import { Entries, type Entry } from './entry.ts'
import { SeriesFile } from './file.ts'
import { closeHours, DAY_MS, HOUR_MS } from './hours.ts'
import { readFolded, readRaw } from './read.ts'

/** How long every sample is kept, and how long one of each five minutes. */
export const RAW_MS = 24 * HOUR_MS
export const FOLDED_MS = 30 * 24 * HOUR_MS
/** An hour is closed that long after its end: what is collected slowly still gets in. */
const CLOSE_AFTER_MS = 60_000
/** Besides the 24 h asked for: the windows of what is asked about their beginning. */
const RAW_SPARE_MS = 2 * HOUR_MS
/** Series that are gone are kept as long as their samples; so many of them, for each that lives, at most. */
const KNOWN_PER_LIVING = 10
/**
 * Of either bound, the part that what apps export may fill: one whose labels have a value for every user must not leave the
 * environment without the series that alerts stand on.
 */
const APP_SHARE = 0.8
/** Of one series within an hour; 360 are usual. */
const HEAD_SAMPLES_MAX = 4_000
/** What one query may read: 500 series of a day, ten times over. */
const SAMPLES_MAX = 50_000_000

export const SERIES_MAX = 10_000
export const BYTES_MAX = 2 ** 30

/** Why a sample was not taken: too many series, not newer than the newest, too many of one series, no room on the disk. */
export type Dropped = 'series' | 'late' | 'rate' | 'disk'

export interface StoreOptions {
  readonly path: string
  /** Series that live at the same time. @default SERIES_MAX */
  readonly seriesMax?: number
  /** Beyond it the oldest is forgotten before its time. @default BYTES_MAX */
  readonly bytesMax?: number
}

/** The series of an environment in one file: the newest hours in memory and in a journal, the rest in chunks. */
export class SeriesStore {
  readonly #path: string
  readonly #file: SeriesFile
  readonly #entries = new Entries()
  readonly #seriesMax: number
  readonly #bytesMax: number
  readonly #dropped: Record<Dropped, number> = { series: 0, late: 0, rate: 0, disk: 0 }
  /** Since the last commit. */
  readonly #fresh = { ids: [] as number[], times: [] as number[], values: [] as number[] }
  readonly #freshEnds = { ids: [] as number[], times: [] as number[] }
  #unsaved: Entry[] = []
  #living = 0
  #newestMs = -Infinity
  /** Every sample before it is in a chunk. */
  #closedMs = -Infinity
  #readSamples = 0
  /** What could not be forgotten for want of room. */
  #owedCutMs: number | null = null

  constructor({ path, seriesMax = SERIES_MAX, bytesMax = BYTES_MAX }: StoreOptions) {
    this.#path = path
    this.#file = new SeriesFile(path)
    this.#seriesMax = seriesMax
    this.#bytesMax = bytesMax
    try {
      this.#closedMs = this.#file.fact('closed_ms') ?? -Infinity
      for (const row of this.#file.series()) this.#entries.add(row)
      for (const batch of this.#file.batches()) this.#replay(batch)
    } catch (error) {
      this.#file.close()
      throw error
    }
  }

  /** When the newest sample was taken; -Infinity: there is none. */
  get newestMs(): number {
    return Math.max(this.#newestMs, this.#closedMs - 1)
  }

  get counts(): {
    readonly living: number
    readonly known: number
    readonly dropped: Readonly<Record<Dropped, number>>
  } {
    return { living: this.#living, known: this.#entries.size, dropped: { ...this.#dropped } }
  }

  get sizeBytes(): number {
    return this.#file.sizeBytes
  }

  /** The series of these labels, made known if need be; null: there are too many already. */
  entryOf(metric: string, labels: Labels): Entry | null {
    const held = this.#entries.find(metric, labels)
    if (held !== undefined) return held
    const seriesMax = this.#seriesMaxOf(metricOf(metric) !== null)
    if (this.#living >= seriesMax || this.#entries.size >= seriesMax * KNOWN_PER_LIVING) return null
    const entry = this.#entries.add({ id: this.#entries.nextId, metric, labels, newestMs: -1 })
    this.#unsaved.push(entry)
    return entry
  }

  /** @param value null: the series ends. @param entry null: counted as dropped */
  take(entry: Entry | null, atMs: number, value: number | null): void {
    if (entry === null) this.#dropped.series += 1
    else if (atMs <= entry.newestMs || atMs < this.#closedMs) this.#dropped.late += 1
    else if (entry.head.count >= HEAD_SAMPLES_MAX) this.#dropped.rate += 1
    else if (value !== null && !entry.isLiving && this.#living >= this.#seriesMaxOf(entry.isOurs))
      this.#dropped.series += 1
    else {
      this.#hold(entry, atMs, value)
      if (value === null) {
        this.#freshEnds.ids.push(entry.id)
        this.#freshEnds.times.push(atMs)
      } else {
        this.#fresh.ids.push(entry.id)
        this.#fresh.times.push(atMs)
        this.#fresh.values.push(value)
      }
    }
  }

  #seriesMaxOf(isOurs: boolean): number {
    return isOurs ? this.#seriesMax : Math.ceil(this.#seriesMax * APP_SHARE)
  }

  /**
   * Forgets what was taken at this instant or later, of a clock that has been set back since. Where the disk has no room for
   * that, it is done with a later commit.
   * @returns up to when there was something, at least; null: there was nothing to forget
   */
  cutFrom(fromMs: number): number | null {
    const closedMs = this.#closedMs
    const { newestMs } = this
    if (newestMs < fromMs) return null
    try {
      this.#closedMs = cutFrom(this.#file, [...this.#entries.all()], { fromMs, closedMs })
      this.#newestMs = fromMs - 1
      this.#owedCutMs = null
    } catch (error) {
      if (isDamaged(error)) throw error
      this.#owedCutMs = fromMs
    }
    return newestMs
  }

  /** Puts on the disk what was taken since the last time, and closes the hours that are over. */
  commit(): void {
    if (this.#owedCutMs !== null) this.cutFrom(this.#owedCutMs)
    const { ids, times, values } = this.#fresh
    if (ids.length + this.#freshEnds.ids.length > 0) {
      try {
        this.#file.together(() => this.#write())
        this.#unsaved = []
      } catch (error) {
        if (isDamaged(error)) throw error
        // A full disk: what came is still answered from memory, and lost only with the process.
        this.#dropped.disk += ids.length
      }
      ids.length = times.length = values.length = this.#freshEnds.ids.length = this.#freshEnds.times.length = 0
    }
    this.#closeHours()
  }

  instant(expression: Expression, atMs: number): readonly Value[] {
    this.#readSamples = 0
    return evaluateAt(expression, atMs, this.#source)
  }

  range(expression: Expression, range: Range): readonly Series[] {
    this.#readSamples = 0
    return evaluateOver(expression, range, this.#source)
  }

  raw(
    { metric, matchers }: Selector,
    { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
  ): readonly Series[] {
    this.#readSamples = 0
    const found = this.#entries
      .matching(metric, matchers)
      .map((entry) => seriesOf(this.#read(entry, fromMs, toMs, 'raw')))
    return found
      .map((series) => ({ ...series, samples: series.samples.filter(({ atMs }) => atMs >= fromMs && atMs <= toMs) }))
      .filter(({ samples }) => samples.length > 0)
  }

  series(
    metric: string | null,
    matchers: readonly Matcher[],
  ): readonly { readonly metric: string; readonly labels: Labels }[] {
    return this.#entries.matching(metric, matchers).map((entry) => ({ metric: entry.metric, labels: entry.labels }))
  }

  /** Takes the newest hours of a store whose file is damaged: they stand in its memory, and alerts look back at them. */
  takeOver(damaged: SeriesStore): void {
    for (const { metric, labels, head } of damaged.#entries.all()) {
      const { times, values, ends } = head.held()
      const entry = this.entryOf(metric, labels)
      let next = 0
      for (const [index, atMs] of times.entries()) {
        while (ends[next]! < atMs) this.take(entry, ends[next++]!, null)
        this.take(entry, atMs, values[index]!)
      }
      for (; next < ends.length; next++) this.take(entry, ends[next]!, null)
    }
    this.commit()
  }

  close(): void {
    this.#file.close()
  }

  readonly #source = (selector: Selector, fromMs: number, toMs: number): readonly Columns[] => {
    const kind = fromMs >= this.#rawFromMs() ? 'raw' : 'folded'
    return this.#entries
      .matching(selector.metric, selector.matchers)
      .map((entry) => this.#read(entry, fromMs, toMs, kind))
  }

  /** From when on every sample is there: from ever, while nothing is old enough to be folded away. */
  #rawFromMs(): number {
    const day = this.#file.oldestDay()
    const isAged = day !== null && day * DAY_MS < this.#newestMs - RAW_MS - RAW_SPARE_MS
    return Math.max(
      isAged ? this.#newestMs - RAW_MS - RAW_SPARE_MS / 2 : -Infinity,
      this.#file.fact('raw_from_ms') ?? -Infinity,
    )
  }

  #read(entry: Entry, fromMs: number, toMs: number, kind: 'raw' | 'folded'): Columns {
    const read = kind === 'raw' ? readRaw : readFolded
    const columns = read(this.#file, entry, { fromMs, toMs: Math.min(toMs, this.#newestMs) })
    this.#readSamples += columns.times.length
    if (this.#readSamples <= SAMPLES_MAX) return columns
    throw new Problem('series.too-much', `the query reads more than ${SAMPLES_MAX} samples`, {
      hint: 'Ask for a shorter time, or name more labels.',
    })
  }

  #write(): void {
    for (const { id, metric, labels, newestMs } of this.#unsaved) this.#file.addSeries({ id, metric, labels, newestMs })
    const batch = {
      ids: Float64Array.from(this.#fresh.ids),
      times: Float64Array.from(this.#fresh.times),
      values: Float64Array.from(this.#fresh.values),
      endIds: Float64Array.from(this.#freshEnds.ids),
      endTimes: Float64Array.from(this.#freshEnds.times),
    }
    const newestMs = [...batch.times, ...batch.endTimes].reduce((one, other) => Math.max(one, other), 0)
    this.#file.addBatch(newestMs, encodeBatch(batch))
  }

  #closeHours(): void {
    const untilMs = Math.floor((this.#newestMs - CLOSE_AFTER_MS) / HOUR_MS) * HOUR_MS
    if (!(untilMs > this.#closedMs)) return
    try {
      closeHours(this.#file, [...this.#entries.all()], {
        untilMs,
        hoursFromMs: this.#newestMs - RAW_MS - RAW_SPARE_MS,
        daysFromMs: this.#newestMs - FOLDED_MS,
        bytesMax: this.#bytesMax,
      })
      // What was put aside gives way to what is whole.
      boundDamaged(dirname(this.#path), basename(this.#path), this.#bytesMax - this.#file.sizeBytes)
    } catch (error) {
      if (isDamaged(error)) throw error
      // A full disk: the hours stay in memory and in the journal, and are closed with the next batch that finds room.
      return
    }
    this.#closedMs = untilMs
    this.#forget()
  }

  /** Who lives is counted anew; who has been gone for as long as samples are kept is not known any more. */
  #forget(): void {
    this.#living = 0
    for (const entry of this.#entries.all()) {
      if (entry.isLiving && entry.newestMs < this.#newestMs - HOUR_MS) entry.isLiving = false
      if (entry.isLiving) this.#living += 1
      if (entry.newestMs < this.#newestMs - FOLDED_MS) this.#entries.remove(entry)
    }
  }

  #replay(bytes: Uint8Array): void {
    const { ids, times, values, endIds, endTimes } = decodeBatch(bytes)
    const again = (id: number, atMs: number, value: number | null): void => {
      const entry = this.#entries.byId(id)
      if (entry !== undefined && atMs >= this.#closedMs) this.#hold(entry, atMs, value)
    }
    for (const [index, id] of ids.entries()) again(id, times[index]!, values[index]!)
    for (const [index, id] of endIds.entries()) again(id, endTimes[index]!, null)
  }

  #hold(entry: Entry, atMs: number, value: number | null): void {
    const isNewest = atMs >= entry.head.newestMs
    if (value === null) entry.head.end(atMs)
    else entry.head.add(atMs, value)
    entry.newestMs = Math.max(entry.newestMs, atMs)
    this.#newestMs = Math.max(this.#newestMs, atMs)
    // A journal that was written anew tells of ends after all values.
    if (!isNewest) return
    if (entry.isLiving !== (value !== null)) this.#living += value === null ? -1 : 1
    entry.isLiving = value !== null
  }
}
