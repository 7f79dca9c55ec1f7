import { failedOf, type LoadResult } from './result.ts'

/** What has to hold at a rate for an instance to carry it. */
export interface Limits {
  /** Milliseconds; null: not limited. */
  readonly p50: number | null
  readonly p95: number | null
  readonly p99: number | null
  /** Share of the requests that may fail. */
  readonly errors: number
}

/** One rate that was tried. */
export interface Step {
  readonly perSecond: number
  /** Why the instance did not carry it; null when it did. */
  readonly because: string | null
}

export type Next =
  | { readonly kind: 'try'; readonly perSecond: number }
  /** `perSecond` was carried, and `above` was not. */
  | { readonly kind: 'found'; readonly perSecond: number; readonly above: number }
  /** Not even the lowest rate was carried. */
  | { readonly kind: 'too-slow'; readonly perSecond: number }
  /** The highest rate that may be tried was carried. */
  | { readonly kind: 'unlimited'; readonly perSecond: number }

export const RATE_MIN = 1
export const RATE_MAX = 50_000
/** Between the rate that was carried and the one that was not, at the end. */
export const PRECISION = 0.05
/** Of what is asked between the two parts of a run that are compared: more than this left over is a growing queue. */
const LEFT_OVER_MAX = 0.03
/** Share of a run from the middle of the one part to the middle of the other. */
const APART = 0.5
/** Fewer tell nothing: even a constant latency has now one more request open, now one less. */
const LEFT_OVER_MIN = 1
const STEP_MS_MIN = 5_000

/** Which rate to try next: twice the last while they are carried (half while they are not), then between the two. */
export function nextRate(steps: readonly Step[], firstPerSecond: number): Next {
  const carried = Math.max(0, ...steps.filter(({ because }) => because === null).map(({ perSecond }) => perSecond))
  const failed = Math.min(Infinity, ...steps.filter(({ because }) => because !== null).map((step) => step.perSecond))
  if (steps.length === 0) return { kind: 'try', perSecond: firstPerSecond }
  if (failed === Infinity) {
    if (carried >= RATE_MAX) return { kind: 'unlimited', perSecond: carried }
    return { kind: 'try', perSecond: Math.min(RATE_MAX, carried * 2) }
  }
  if (carried === 0) {
    if (failed <= RATE_MIN) return { kind: 'too-slow', perSecond: failed }
    return { kind: 'try', perSecond: Math.max(RATE_MIN, failed / 2) }
  }
  if (failed <= carried * (1 + PRECISION)) return { kind: 'found', perSecond: carried, above: failed }
  return { kind: 'try', perSecond: Math.sqrt(carried * failed) }
}

/** Why the instance did not carry the rate of a run; null when it did. */
export function judgeStep(result: LoadResult, limits: Limits): string | null {
  const { asked, notSent, backlog } = result
  const failed = failedOf(result)
  if (notSent > 0) return `${notSent} requests had no connection left: ${result.connections.mostOpen} were open`
  if (failed > limits.errors * asked.requests) return `${failed} of ${asked.requests} requests failed`
  const late = judgeLatency(result, limits)
  if (late !== null) return late
  // Not the answers that are missing at the end: of a constant latency as many are on their way all the time.
  const leftOver = backlog.after - backlog.before
  if (leftOver > Math.max(LEFT_OVER_MIN, LEFT_OVER_MAX * asked.requests * APART))
    return `a queue is growing: ${backlog.before.toFixed(1)} requests were open before half-time, ${backlog.after.toFixed(1)} at the end`
  return null
}

/** Which percentile is above its limit; null when none is. */
export function judgeLatency({ latency }: LoadResult, limits: Limits): string | null {
  for (const name of ['p50', 'p95', 'p99'] as const) {
    const limit = limits[name]
    if (limit !== null && latency !== null && latency[name] > limit)
      return `${name} ${latency[name].toFixed(0)} ms is above ${limit} ms`
  }
  return null
}

/**
 * How long a step has to last for an overload of 5 % to show: what it adds to the queue in that time has to be longer than
 * the limit.
 */
export function stepMsFor({ p50, p95, p99 }: Limits): number {
  const strictest = Math.min(...[p50, p95, p99].filter((limit) => limit !== null))
  return Math.max(STEP_MS_MIN, Number.isFinite(strictest) ? strictest * (1.25 / PRECISION) : 0)
}
