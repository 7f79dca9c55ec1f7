import { seriesKey } from '../../core/series/labels.ts'
import { SCRAPE_MS, type Reading } from '../../core/series/series.ts'
import type { SeriesSink } from '../series/query.ts'
import { READINGS_MAX, READ_MS, type Measured, type Source } from './source.ts'

export interface CollectorOptions {
  /** Those there are now, asked at every beat: who is gone has its series ended. */
  readonly sources: () => readonly Source[]
  readonly sink: SeriesSink
  /** Told when a target cannot be read any more, and when it can be again. @default nobody */
  readonly onTurn?: (source: string, target: string, because: string | null) => void
  /** @default READ_MS */
  readonly readMs?: number
}

interface Target {
  readonly name: string
  readonly target: string
  /** The newest value of every series it has, by key. */
  series: Map<string, Reading>
  /** A read that has not come to its end, though its time may be over. */
  reading: Promise<unknown> | null
  isLost: boolean
}

/**
 * Asks every source at once, each within its own time, and hands on what they yield under one instant. No source waits for
 * another; one that fails says so by `seaworthy_scrape_up`, and its series end: what nobody measured has no value.
 */
export class Collector {
  readonly #options: CollectorOptions
  readonly #targets = new Map<string, Target>()
  #dropped = 0
  /** Of all that was handed on; a source is never asked for more than a step. */
  #newestMs = -Infinity
  #lastTurn: Promise<void> = Promise.resolve()

  constructor(options: CollectorOptions) {
    this.#options = options
  }

  /** One collection. Resolves when every source has answered or has been given up. */
  async collect(atMs: number): Promise<void> {
    this.#follow(atMs)
    const sources = this.#options.sources()
    const keys = new Set(sources.map(keyOf))
    for (const [key, target] of this.#targets) {
      if (keys.has(key)) continue
      this.#targets.delete(key)
      this.#replace(target, [], atMs)
    }
    await Promise.all(sources.map((source) => this.#read(source, atMs)))
  }

  /** Every series ends at this instant: nobody will measure again, and the last word is no news to whoever begins anew. */
  end(atMs: number): void {
    this.#follow(atMs)
    for (const target of this.#targets.values()) this.#replace(target, [], atMs)
    this.#targets.clear()
  }

  /**
   * A value that is known at once, between two beats. It belongs to a source, which goes on with it: a beat whose answer comes
   * later than it does not take it back.
   */
  note(of: Pick<Source, 'name' | 'target'>, measured: readonly Measured[], atMs: number): void {
    this.#follow(atMs)
    const target = this.#targetOf(of)
    const news = measured.flatMap((one): Reading[] => {
      const key = seriesKey(one.metric, one.labels)
      const known = target.series.get(key)
      if (known?.value === one.value) return []
      const reading = { ...one, atMs: Math.max(atMs, (known?.atMs ?? 0) + 1) }
      target.series.set(key, reading)
      return [reading]
    })
    if (news.length > 0) this.#options.sink.append(news)
  }

  /** The newest value of every series that has not ended, source by source, with its key. */
  current(): readonly (readonly [key: string, reading: Reading])[] {
    return [...this.#targets.values()].flatMap(({ series }) => [...series])
  }

  /** Series that a bound has kept out since the start. */
  get dropped(): number {
    return this.#dropped
  }

  /**
   * A time that is more than a step behind what was measured, or behind what a control before this one has measured, is that of
   * a clock that was set back: what stands at later instants would keep out all that comes until the clock has caught up.
   */
  #follow(atMs: number): void {
    const isFirst = this.#newestMs === -Infinity
    if (!isFirst && atMs >= this.#newestMs - SCRAPE_MS) {
      this.#newestMs = Math.max(this.#newestMs, atMs)
      return
    }
    this.#newestMs = atMs
    this.#options.sink.cutFrom?.(atMs)
    for (const { series } of this.#targets.values())
      for (const [key, known] of series) series.set(key, { ...known, atMs: Math.min(known.atMs, atMs - 1) })
  }

  async #read(source: Source, atMs: number): Promise<void> {
    const target = this.#targetOf(source)
    const began = performance.now()
    const labels = { source: source.name, target: source.target }
    let measured: readonly Measured[]
    let because: string | null = null
    try {
      // What still hangs is not asked a second time: each would hold a thread or a socket.
      if (target.reading !== null) throw new Error('the last read has not come back')
      measured = await this.#within(source, target)
    } catch (error) {
      because = error instanceof Error ? error.message : String(error)
      measured = source.whenLost?.(error) ?? []
    }
    await this.#turn()
    // Gone while it was asked: its series have ended. Asked before the clock was set back: of an instant that is still to come.
    if (this.#targets.get(keyOf(source)) !== target || atMs > this.#newestMs) return
    const isExpected = source.isExpected?.() ?? true
    const own: readonly Measured[] = isExpected
      ? [
          { metric: 'seaworthy_scrape_up', labels, value: because === null ? 1 : 0 },
          { metric: 'seaworthy_scrape_duration_seconds', labels, value: (performance.now() - began) / 1_000 },
        ]
      : []
    this.#replace(target, [...own, ...measured], atMs)
    if ((because !== null && isExpected) === target.isLost) return
    target.isLost = because !== null && isExpected
    this.#options.onTurn?.(source.name, source.target, target.isLost ? because : null)
  }

  /** One source after the other, each in a turn of the event loop of its own: together they would hold up all else. */
  #turn(): Promise<void> {
    this.#lastTurn = this.#lastTurn.then(() => new Promise((resolve) => setImmediate(resolve)))
    return this.#lastTurn
  }

  async #within(source: Source, target: Target): Promise<readonly Measured[]> {
    const { readMs = READ_MS } = this.#options
    const aborter = new AbortController()
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        const error = new Error(`no answer within ${readMs} ms`)
        reject(error)
        aborter.abort(error)
      }, readMs)
    })
    const reading = Promise.resolve().then(() => source.read(aborter.signal))
    target.reading = reading
    const done = (): void => void (target.reading = null)
    reading.then(done, done)
    try {
      return await Promise.race([reading, late])
    } finally {
      clearTimeout(timer)
    }
  }

  /** The series of a target are these from now on; those it had and has no more end at this instant. */
  #replace(target: Target, measured: readonly Measured[], atMs: number): void {
    const next = new Map<string, Reading>()
    const readings: Reading[] = []
    for (const one of measured) {
      const key = seriesKey(one.metric, one.labels)
      if (next.has(key)) continue
      if (next.size >= READINGS_MAX) {
        this.#dropped += 1
        continue
      }
      const known = target.series.get(key)
      // Noted since, or read at an instant that comes again: the first word stands.
      const isBehind = known !== undefined && known.atMs >= atMs
      const reading = isBehind ? known : { ...one, atMs }
      next.set(key, reading)
      if (!isBehind) readings.push(reading)
    }
    for (const [key, known] of target.series) {
      if (next.has(key)) continue
      readings.push({ metric: known.metric, labels: known.labels, atMs: Math.max(atMs, known.atMs + 1), value: null })
    }
    target.series = next
    if (readings.length > 0) this.#options.sink.append(readings)
  }

  #targetOf({ name, target }: Pick<Source, 'name' | 'target'>): Target {
    const key = keyOf({ name, target })
    let found = this.#targets.get(key)
    if (found === undefined) {
      found = { name, target, series: new Map(), reading: null, isLost: false }
      this.#targets.set(key, found)
    }
    return found
  }
}

function keyOf({ name, target }: Pick<Source, 'name' | 'target'>): string {
  return `${name}\n${target}`
}
