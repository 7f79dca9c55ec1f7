import { Decimal } from '../decimal.ts'
import { HOUR_MS, over, select } from '../built-in/ask.ts'
import type { Expression, Selector } from '../expression.ts'
import { durationText } from '../figures.ts'
import type { Objective } from '../objective.ts'
import type { Stood } from '../stood.ts'

export type Freshness = Extract<Objective, { readonly kind: 'freshness' }>

/** Seconds that something is behind: now, and at the worst of the last hour where that can be asked. */
export interface FreshnessQuestion {
  readonly now: Expression
  readonly worst: Expression | null
}

/**
 * What the metric that the config names says: seconds behind, or, where its name ends in `_timestamp_seconds`, when the newest was
 * made. Of several series the one that is furthest behind counts. Null: no metric is named.
 */
export function freshnessQuestion({ metric, subject }: Freshness): FreshnessQuestion | null {
  if (metric === null) return null
  const of: Selector = subject.kind === 'requests' ? select(metric, ['service', '=', subject.service]) : select(metric)
  const all = (call: 'max' | 'min', each: Expression): Expression => ({ kind: 'aggregate', call, of: each, by: null })
  if (!metric.endsWith('_timestamp_seconds'))
    return { now: all('max', of), worst: all('max', over('max_over_time', of, HOUR_MS)) }
  return { now: { kind: 'binary', op: '-', left: { kind: 'time' }, right: all('min', of), on: null }, worst: null }
}

/** Broken while it is further behind than promised, at risk for an hour after; null without a metric, or without a sample of it. */
export function freshnessStanding(
  { limitMs, metric }: Freshness,
  seconds: { readonly now: number | null; readonly worst: number | null },
): Stood {
  if (metric === null)
    return stood(null, 'no metric is named that says how far it is behind: freshness: { within, metric }')
  const { now, worst } = seconds
  if (now === null || !Number.isFinite(now)) return stood(null, `${metric} is not there`)
  const wasBehind = worst !== null && worst * 1_000 > limitMs
  const before = worst === null ? '' : `, ${text(worst)} at the worst of the last hour`
  return stood(
    now * 1_000 > limitMs ? 'broken' : wasBehind ? 'at-risk' : 'met',
    `${metric}: ${text(now)} behind${before}`,
  )
}

function stood(standing: Stood['standing'], shownBy: string): Stood {
  return { standing, spending: null, shownBy }
}

function text(seconds: number): string {
  return durationText(Decimal.of(Math.round(seconds * 1_000)))
}
