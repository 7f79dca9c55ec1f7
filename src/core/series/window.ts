import { LOOKBACK_MS, type Sample } from './series.ts'

/**
 * Whether a sample exactly at the beginning of a window, or of the lookback, belongs to it: not in Prometheus 3, yes in
 * Prometheus 2. What is collected on the beat meets that edge in every window, so a comparison with either has to use its
 * rule.
 */
export type LeftEdge = 'open' | 'closed'

/**
 * The value an instant query sees: the newest sample in (at − LOOKBACK_MS, at].
 * @returns null when there is none, or when the series had ended by then
 */
export function valueAt(samples: readonly Sample[], atMs: number, edge: LeftEdge = 'open'): number | null {
  const newest = samples.findLast((sample) => sample.atMs <= atMs)
  return newest === undefined || !isAfter(newest.atMs, atMs - LOOKBACK_MS, edge) ? null : newest.value
}

/** Whether an instant lies behind the left edge of a window. */
export function isAfter(atMs: number, fromMs: number, edge: LeftEdge): boolean {
  return atMs > fromMs || (edge === 'closed' && atMs === fromMs)
}

/** A value of a series, ends left out. */
export interface Point {
  readonly atMs: number
  readonly value: number
}

/** The samples of a range selector `series[window]` at an instant. */
export function pointsWithin(
  samples: readonly Sample[],
  window: { readonly atMs: number; readonly windowMs: number },
  edge: LeftEdge = 'open',
): readonly Point[] {
  const fromMs = window.atMs - window.windowMs
  return samples.filter(
    (sample): sample is Point =>
      sample.value !== null && sample.atMs <= window.atMs && isAfter(sample.atMs, fromMs, edge),
  )
}

/**
 * `increase(counter[window])` as Prometheus computes it (promql/functions.go, extrapolatedRate): resets added back, then
 * `extrapolation`.
 * @returns null for fewer than two points: no data is not zero
 */
export function increaseOver(
  points: readonly Point[],
  window: { readonly atMs: number; readonly windowMs: number },
  edge: LeftEdge = 'open',
): number | null {
  const first = points[0]
  const last = points.at(-1)
  if (first === undefined || last === undefined || first === last) return null
  let growth = last.value - first.value
  for (const [index, point] of points.entries()) {
    const before = points[index - 1]
    if (before !== undefined && point.value < before.value) growth += before.value
  }
  const seen = { growth, firstMs: first.atMs, firstValue: first.value, lastMs: last.atMs, points: points.length }
  return growth * extrapolation(seen, window, edge)
}

/** What a window showed of a counter. */
export interface Seen {
  readonly growth: number
  readonly firstMs: number
  readonly firstValue: number
  readonly lastMs: number
  /** At least two. */
  readonly points: number
}

/**
 * By how much a growth is multiplied so that it stands for the whole window: out to its edges, by half an interval where a
 * sample is further from one than 1.1 mean intervals, and at the start never to below zero. Prometheus 2 looks for the zero
 * before it looks at the distance, Prometheus 3 after.
 */
export function extrapolation(
  { growth, firstMs, firstValue, lastMs, points }: Seen,
  { atMs, windowMs }: { readonly atMs: number; readonly windowMs: number },
  edge: LeftEdge = 'open',
): number {
  // In seconds, as there: what lies exactly on a threshold lies on the same side of it.
  const sampled = (lastMs - firstMs) / 1_000
  const mean = sampled / (points - 1)
  const far = mean * 1.1
  let toStart = (firstMs - (atMs - windowMs)) / 1_000
  let toEnd = (atMs - lastMs) / 1_000
  if (edge === 'open' && toStart >= far) toStart = mean / 2
  if (growth > 0 && firstValue >= 0) toStart = Math.min(toStart, sampled * (firstValue / growth))
  if (edge === 'closed' && toStart >= far) toStart = mean / 2
  if (toEnd >= far) toEnd = mean / 2
  return (sampled + toStart + toEnd) / sampled
}
