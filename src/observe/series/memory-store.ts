import { compileMatchers, seriesKey, type Labels, type Matcher } from '../../core/series/labels.ts'
import type { Reading, Series } from '../../core/series/series.ts'
import type { LeftEdge } from '../../core/series/window.ts'
import type { Expression, Selector } from '../../promises/expression.ts'
import { countUpTo, seriesOf, type Columns } from './columns.ts'
import { evaluateAt, evaluateOver, type Source } from './evaluate/evaluate.ts'
import type { Range, SeriesQuery, SeriesSink, Value } from './query.ts'

interface Held {
  readonly metric: string
  readonly labels: Labels
  readonly times: Growing
  readonly values: Growing
  readonly ends: Growing
}

/** A column that grows at its end. */
class Growing {
  #held = new Float64Array(16)
  #count = 0

  push(value: number): void {
    if (this.#count === this.#held.length) {
      const larger = new Float64Array(this.#count * 2)
      larger.set(this.#held)
      this.#held = larger
    }
    this.#held[this.#count++] = value
  }

  cut(count: number): void {
    this.#count = count
  }

  get column(): Float64Array {
    return this.#held.subarray(0, this.#count)
  }

  get last(): number {
    return this.#held[this.#count - 1] ?? -Infinity
  }
}

/** Series held in memory, without a bound: for tests, and for evaluating what somebody has at hand. */
export class MemoryStore implements SeriesQuery, SeriesSink {
  readonly #held = new Map<string, Held>()
  readonly #edge: LeftEdge

  constructor({ edge = 'open' }: { readonly edge?: LeftEdge } = {}) {
    this.#edge = edge
  }

  /** A reading that is not newer than the newest of its series is left out. */
  append(readings: readonly Reading[]): void {
    for (const { metric, labels, atMs, value } of readings) {
      const held = this.#seriesOf(metric, labels)
      if (atMs <= Math.max(held.times.last, held.ends.last)) continue
      if (value === null) {
        held.ends.push(atMs)
        continue
      }
      held.times.push(atMs)
      held.values.push(value)
    }
  }

  cutFrom(fromMs: number): void {
    for (const { times, values, ends } of this.#held.values()) {
      const count = countUpTo(times.column, fromMs - 1)
      times.cut(count)
      values.cut(count)
      ends.cut(countUpTo(ends.column, fromMs - 1))
    }
  }

  async instant(expression: Expression, atMs: number): Promise<readonly Value[]> {
    return evaluateAt(expression, atMs, this.source, { edge: this.#edge })
  }

  async range(expression: Expression, range: Range): Promise<readonly Series[]> {
    return evaluateOver(expression, range, this.source, { edge: this.#edge })
  }

  async raw(
    selector: Selector,
    { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
  ): Promise<readonly Series[]> {
    const found = this.source(selector, fromMs, toMs).map(seriesOf)
    return found.filter(({ samples }) => samples.length > 0)
  }

  async series(
    metric: string | null,
    matchers: readonly Matcher[],
  ): Promise<readonly { readonly metric: string; readonly labels: Labels }[]> {
    return this.#matching(metric, matchers).map((held) => ({ metric: held.metric, labels: held.labels }))
  }

  readonly source: Source = (selector, fromMs, toMs) =>
    this.#matching(selector.metric, selector.matchers).map((held) => within(held, fromMs, toMs))

  #matching(metric: string | null, matchers: readonly Matcher[]): readonly Held[] {
    const matches = compileMatchers(matchers)
    return [...this.#held.values()].filter(
      (held) => (metric === null || held.metric === metric) && matches(held.labels),
    )
  }

  #seriesOf(metric: string, labels: Labels): Held {
    const key = seriesKey(metric, labels)
    const held = this.#held.get(key) ?? {
      metric,
      labels,
      times: new Growing(),
      values: new Growing(),
      ends: new Growing(),
    }
    this.#held.set(key, held)
    return held
  }
}

function within({ metric, labels, times, values, ends }: Held, fromMs: number, toMs: number): Columns {
  const [first, end] = bounds(times.column, fromMs, toMs)
  return {
    metric,
    labels,
    times: times.column.slice(first, end),
    values: values.column.slice(first, end),
    ends: ends.column.slice(...bounds(ends.column, fromMs, toMs)),
    folds: null,
  }
}

function bounds(times: Float64Array, fromMs: number, toMs: number): [first: number, end: number] {
  return [countUpTo(times, fromMs - 1), countUpTo(times, toMs)]
}
