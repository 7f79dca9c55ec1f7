import { compileMatchers, seriesKey, type Labels, type Matcher } from '../../../core/series/labels.ts'
import { metricOf } from '../../../promises/metrics/catalogue.ts'
import { Head } from './head.ts'
import type { SeriesRow } from './file.ts'
import { isCounter } from './fold.ts'

/** What is known of one series while the store is open. */
export class Entry {
  readonly id: number
  readonly metric: string
  readonly labels: Labels
  readonly isRising: boolean
  /** One of Seaworthy's own metrics, on which alerts and promises stand. */
  readonly isOurs: boolean
  readonly head = new Head()
  newestMs: number
  /** Had samples lately, and did not end: it counts against the bound. */
  isLiving = false
  /** Gone for so long that nothing is held of it: whoever still has it looks for it anew. */
  isForgotten = false
  /** The value of the newest sample that a chunk holds; undefined: nobody has looked yet. */
  sealedValue: number | null | undefined = undefined

  constructor({ id, metric, labels, newestMs }: SeriesRow) {
    this.id = id
    this.metric = metric
    this.labels = labels
    this.newestMs = newestMs
    this.isRising = isCounter(metric)
    this.isOurs = metricOf(metric) !== null
  }
}

/** How many lists of matchers are kept compiled. */
const COMPILED_MAX = 1_000

/** Which series there are. */
export class Entries {
  readonly #byKey = new Map<string, Entry>()
  readonly #byId = new Map<number, Entry>()
  readonly #byMetric = new Map<string, Set<Entry>>()
  readonly #compiled = new Map<string, (labels: Labels) => boolean>()
  #newestId = 0

  get size(): number {
    return this.#byId.size
  }

  get nextId(): number {
    return this.#newestId + 1
  }

  all(): Iterable<Entry> {
    return this.#byId.values()
  }

  byId(id: number): Entry | undefined {
    return this.#byId.get(id)
  }

  find(metric: string, labels: Labels): Entry | undefined {
    return this.#byKey.get(seriesKey(metric, labels))
  }

  add(row: SeriesRow): Entry {
    const entry = new Entry(row)
    this.#newestId = Math.max(this.#newestId, row.id)
    this.#byKey.set(seriesKey(row.metric, row.labels), entry)
    this.#byId.set(row.id, entry)
    const kin = this.#byMetric.get(row.metric)
    if (kin === undefined) this.#byMetric.set(row.metric, new Set([entry]))
    else kin.add(entry)
    return entry
  }

  remove(entry: Entry): void {
    entry.isForgotten = true
    this.#byKey.delete(seriesKey(entry.metric, entry.labels))
    this.#byId.delete(entry.id)
    const kin = this.#byMetric.get(entry.metric)
    kin?.delete(entry)
    if (kin?.size === 0) this.#byMetric.delete(entry.metric)
  }

  /** @param metric null: any */
  matching(metric: string | null, matchers: readonly Matcher[]): readonly Entry[] {
    const matches = this.#compile(matchers)
    const candidates = metric === null ? this.#byId.values() : (this.#byMetric.get(metric) ?? [])
    return [...candidates].filter(({ labels }) => matches(labels))
  }

  #compile(matchers: readonly Matcher[]): (labels: Labels) => boolean {
    const key = JSON.stringify(matchers)
    const held = this.#compiled.get(key)
    if (held !== undefined) return held
    if (this.#compiled.size >= COMPILED_MAX) this.#compiled.clear()
    const made = compileMatchers(matchers)
    this.#compiled.set(key, made)
    return made
  }
}
