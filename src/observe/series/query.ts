import { Problem } from '../../core/problem.ts'
import type { Labels, Matcher } from '../../core/series/labels.ts'
import type { Reading, Series } from '../../core/series/series.ts'
import type { Expression, Selector } from '../../promises/expression.ts'

/** One answer for one instant. */
export interface Value {
  /** Null for what was computed. */
  readonly metric: string | null
  readonly labels: Labels
  readonly value: number
}

/** As Prometheus' query_range: the expression at start, start + step … up to and with end. */
export interface Range {
  readonly startMs: number
  readonly endMs: number
  readonly stepMs: number
}

/** Points of one series that a range query yields at most; Prometheus has the same bound. */
export const POINTS_MAX = 11_000
/**
 * What console, alerts and CLI ask. Two implementations, our own store and a Prometheus, pass one contract suite. An
 * expression that yields nothing yields an empty list: never a zero.
 * @throws Problem `series.too-much` beyond the bounds, `series.unreachable` when nobody answers
 */
export interface SeriesQuery {
  instant(expression: Expression, atMs: number): Promise<readonly Value[]>
  range(expression: Expression, range: Range): Promise<readonly Series[]>
  /** The samples as they were collected: for export and for tests. */
  raw(selector: Selector, within: { readonly fromMs: number; readonly toMs: number }): Promise<readonly Series[]>
  /** Which series there are. */
  series(
    metric: string | null,
    matchers: readonly Matcher[],
  ): Promise<readonly { readonly metric: string; readonly labels: Labels }[]>
}

/** Where collected samples go. */
export interface SeriesSink {
  /** Returns at once. What a bound keeps out is counted, by reason; what was taken is on the disk within SCRAPE_MS. */
  append(readings: readonly Reading[]): void
  /** The clock was set back: what was taken at this instant or later is forgotten, so that what comes now is newer. */
  cutFrom?(fromMs: number): void
}

/** How many steps a range has. */
export function stepsOf({ startMs, endMs, stepMs }: Range): number {
  return stepMs > 0 && endMs >= startMs ? Math.floor((endMs - startMs) / stepMs) + 1 : 0
}

/** @throws Problem `series.too-much` for more steps than POINTS_MAX */
export function checkRange(range: Range): void {
  const steps = stepsOf(range)
  if (steps <= POINTS_MAX) return
  throw new Problem(
    'series.too-much',
    `the range has ${steps} steps of ${range.stepMs} ms; ${POINTS_MAX} is the most`,
    {
      hint: `Ask for a shorter time, or for a step of at least ${Math.ceil((range.endMs - range.startMs) / (POINTS_MAX - 1))} ms.`,
    },
  )
}

/** The one value that an expression yields; null when it yields nothing, or several. */
export async function onlyValue(
  query: Pick<SeriesQuery, 'instant'>,
  expression: Expression,
  atMs: number,
): Promise<number | null> {
  const [first, second] = await query.instant(expression, atMs)
  return first === undefined || second !== undefined ? null : first.value
}
