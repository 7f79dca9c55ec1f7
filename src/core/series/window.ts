import { LOOKBACK_MS, type Sample } from './series.ts'

/**
 * The value an instant query sees: the newest sample in (at − LOOKBACK_MS, at].
 * @returns null when there is none, or when the series had ended by then
 */
export function valueAt(samples: readonly Sample[], atMs: number): number | null {
  const newest = samples.findLast((sample) => sample.atMs <= atMs)
  return newest === undefined || newest.atMs <= atMs - LOOKBACK_MS ? null : newest.value
}

/**
 * Whether a sample exactly at the beginning of a window belongs to it: not in Prometheus 3, yes in Prometheus 2. What is
 * collected on the beat meets that edge in every window, so a comparison with either has to use its rule.
 */
export type LeftEdge = 'open' | 'closed'

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
      sample.value !== null &&
      sample.atMs <= window.atMs &&
      (sample.atMs > fromMs || (edge === 'closed' && sample.atMs === fromMs)),
  )
}

/**
 * `increase(counter[window])` as Prometheus computes it (promql/functions.go, extrapolatedRate): resets added back,
 * extrapolated to the edges of the window, by half an interval where a sample is further from one than 1.1 mean intervals,
 * and at the start never to below zero.
 * @returns null for fewer than two points: no data is not zero
 */
export function increaseOver(
  points: readonly Point[],
  { atMs, windowMs }: { atMs: number; windowMs: number },
): number | null {
  const first = points[0]
  const last = points.at(-1)
  if (first === undefined || last === undefined || first === last) return null
  let growth = last.value - first.value
  for (const [index, point] of points.entries()) {
    const before = points[index - 1]
    if (before !== undefined && point.value < before.value) growth += before.value
  }
  const sampledMs = last.atMs - first.atMs
  const meanMs = sampledMs / (points.length - 1)
  let toStartMs = first.atMs - (atMs - windowMs)
  let toEndMs = atMs - last.atMs
  if (toStartMs >= meanMs * 1.1) toStartMs = meanMs / 2
  if (growth > 0 && first.value >= 0) toStartMs = Math.min(toStartMs, sampledMs * (first.value / growth))
  if (toEndMs >= meanMs * 1.1) toEndMs = meanMs / 2
  return growth * ((sampledMs + toStartMs + toEndMs) / sampledMs)
}
