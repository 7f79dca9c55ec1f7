import type { Labels, Matcher } from '../../core/series/labels.ts'
import type { Series } from '../../core/series/series.ts'
import { promql, promqlDuration, type Expression, type Selector } from '../../promises/expression.ts'
import { kindOf } from '../../promises/expression/kind.ts'
import { checkRange, type Range, type SeriesQuery, type Value } from '../series/query.ts'
import { askPrometheus, type PrometheusOptions } from './client.ts'

/** A vector, a matrix, or one number, as Prometheus writes them: numbers are texts, for NaN and infinity. */
type Result =
  | { readonly resultType: 'scalar'; readonly result: Pair }
  | { readonly resultType: 'vector'; readonly result: readonly { readonly metric: Labels; readonly value: Pair }[] }
  | {
      readonly resultType: 'matrix'
      readonly result: readonly { readonly metric: Labels; readonly values: readonly Pair[] }[]
    }
type Pair = readonly [seconds: number, value: string]

/** How long gone a series may be and still be listed: as long as our own store remembers. */
const LISTED_MS = 30 * 86_400_000

/**
 * The query port over a Prometheus of the environment. Ends of series are not among raw samples: its API does not tell of
 * them.
 */
export class PrometheusQuery implements SeriesQuery {
  readonly #options: PrometheusOptions
  readonly #now: () => number

  constructor(options: PrometheusOptions & { readonly now: () => number }) {
    this.#options = options
    this.#now = options.now
  }

  async instant(expression: Expression, atMs: number): Promise<readonly Value[]> {
    kindOf(expression)
    const answer = await this.#ask('query', { query: promql(expression), time: seconds(atMs) })
    if (answer.resultType === 'scalar') return [{ metric: null, labels: {}, value: numberOf(answer.result[1]) }]
    if (answer.resultType === 'matrix') return []
    return answer.result.map(({ metric, value }) => ({ ...named(metric), value: numberOf(value[1]) }))
  }

  async range(expression: Expression, range: Range): Promise<readonly Series[]> {
    kindOf(expression)
    checkRange(range)
    const { startMs, endMs, stepMs } = range
    const asked = { start: seconds(startMs), end: seconds(endMs), step: seconds(stepMs) }
    return seriesOf(await this.#ask('query_range', { query: promql(expression), ...asked }))
  }

  async raw(
    selector: Selector,
    { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
  ): Promise<readonly Series[]> {
    // A window is open on the left in Prometheus 3 and closed in 2: a millisecond more, and nothing from before.
    const query = `${promql({ ...selector, offsetMs: 0 })}[${promqlDuration(toMs - fromMs + 1)}]`
    const found = seriesOf(await this.#ask('query', { query, time: seconds(toMs) }))
    return found
      .map((series) => ({ ...series, samples: series.samples.filter(({ atMs }) => atMs >= fromMs) }))
      .filter(({ samples }) => samples.length > 0)
  }

  async series(
    metric: string | null,
    matchers: readonly Matcher[],
  ): Promise<readonly { readonly metric: string; readonly labels: Labels }[]> {
    const name: Matcher = { label: '__name__', op: metric === null ? '=~' : '=', value: metric ?? '.+' }
    const match = promql({ kind: 'selector', metric: '', matchers: [name, ...matchers] })
    const nowMs = this.#now()
    const form = { 'match[]': match, start: seconds(nowMs - LISTED_MS), end: seconds(nowMs) }
    const found = (await askPrometheus(this.#options, 'series', form)) as readonly Labels[]
    return found.map(named).map((one) => ({ metric: one.metric ?? '', labels: one.labels }))
  }

  async #ask(path: 'query' | 'query_range', form: Readonly<Record<string, string>>): Promise<Result> {
    return (await askPrometheus(this.#options, path, form)) as Result
  }
}

function seriesOf(answer: Result): readonly Series[] {
  if (answer.resultType !== 'matrix') return []
  return answer.result.map(({ metric, values }) => ({
    ...named(metric),
    samples: values.map(([at, value]) => ({ atMs: Math.round(at * 1_000), value: numberOf(value) })),
  }))
}

function named({ __name__: metric, ...labels }: Labels): { readonly metric: string | null; readonly labels: Labels } {
  return { metric: metric ?? null, labels }
}

function numberOf(text: string): number {
  if (text === '+Inf') return Infinity
  return text === '-Inf' ? -Infinity : Number(text)
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(3)
}
