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
  readonly times: number[]
  readonly values: number[]
  readonly ends: number[]
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
      if (atMs <= Math.max(held.times.at(-1) ?? -Infinity, held.ends.at(-1) ?? -Infinity)) continue
      if (value === null) {
        held.ends.push(atMs)
        continue
      }
      held.times.push(atMs)
      held.values.push(value)
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
    const held = this.#held.get(key) ?? { metric, labels, times: [], values: [], ends: [] }
    this.#held.set(key, held)
    return held
  }
}

function within({ metric, labels, times, values, ends }: Held, fromMs: number, toMs: number): Columns {
  const all = Float64Array.from(times)
  const [first, end] = [countUpTo(all, fromMs - 1), countUpTo(all, toMs)]
  return {
    metric,
    labels,
    times: all.subarray(first, end),
    values: Float64Array.from(values).subarray(first, end),
    ends: Float64Array.from(ends.filter((atMs) => atMs >= fromMs && atMs <= toMs)),
    folds: null,
  }
}
