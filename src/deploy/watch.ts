import { quantile } from '../core/histogram.ts'
import type { ResolvedWatch } from '../config/resolved.ts'

/** What one release answered up to an instant: cumulative. */
export interface Sample {
  /** Milliseconds of any clock that only goes forward. */
  readonly at: number
  readonly answers: number
  /** 5xx answers and cut connections. */
  readonly errors: number
  readonly buckets: readonly number[]
  /** Requests, no answers, whose clients left after UNANSWERED_MS without having got a head. @default 0 */
  readonly unanswered?: number
}

/** Who leaves earlier has not waited. */
export const UNANSWERED_MS = 1_000

export interface Baseline {
  readonly answers: number
  readonly errors: number
  readonly p95Ms: number | null
}

/** The shortest stretch judged for errors, and the one judged for latency. */
export const ERROR_WINDOW_MS = 5_000
export const LATENCY_WINDOW_MS = 15_000
/** Below this many errors even a high ratio is chance. */
export const ERRORS_MIN = 3
/** A p95 from fewer answers jumps about. */
export const LATENCY_SAMPLE_MIN = 100
/** A slower p95 must last this long: a machine that has just started a release is slow for a moment. */
export const LATENCY_LASTS_MS = 5_000
/** A p95 that is slower by less than this is never a breach, whatever the ratio: 1 ms to 2 ms is noise. */
export const LATENCY_DIFFERENCE_MIN_MS = 25

/**
 * Says why a release must be taken back, or null. `samples` are in time order, the first one from the switch.
 * Errors are judged over the shortest stretch that ends now, is at least ERROR_WINDOW_MS long (or reaches back to the
 * switch) and holds `sample` answers; a ratio is a breach only when it is also worse than 1.5 times the old release's.
 */
export function breachOf(samples: readonly Sample[], baseline: Baseline, limits: ResolvedWatch): string | null {
  return errorBreach(samples, baseline, limits) ?? latencyBreach(samples, baseline, limits)
}

function errorBreach(samples: readonly Sample[], baseline: Baseline, limits: ResolvedWatch): string | null {
  const now = samples.at(-1)
  if (now === undefined) return null
  for (let index = samples.length - 1; index >= 0; index--) {
    const then = samples[index]!
    const answers = now.answers - then.answers
    const longEnough = index === 0 || now.at - then.at >= ERROR_WINDOW_MS
    if (!longEnough || answers < limits.sample) continue
    const errors = now.errors - then.errors
    const ratio = errors / answers
    const before = baseline.answers > 0 ? baseline.errors / baseline.answers : 0
    if (errors < ERRORS_MIN || ratio <= limits.errors || ratio <= before * 1.5) return null
    const seconds = ((now.at - then.at) / 1000).toFixed(1)
    return `${errors} of ${answers} answers failed within ${seconds} s: ${percent(ratio)}, limit ${percent(limits.errors)}`
  }
  return null
}

function latencyBreach(samples: readonly Sample[], baseline: Baseline, limits: ResolvedWatch): string | null {
  if (baseline.p95Ms === null || baseline.answers < LATENCY_SAMPLE_MIN) return null
  const limitMs = Math.max(baseline.p95Ms * limits.p95Ratio, baseline.p95Ms + LATENCY_DIFFERENCE_MIN_MS)
  const p95Ms = windowP95(samples, samples.length - 1)
  if (p95Ms === null || p95Ms <= limitMs) return null
  const now = samples.at(-1)!.at
  if (now - samples[0]!.at < LATENCY_LASTS_MS) return null
  for (let index = samples.length - 1; index >= 0 && now - samples[index]!.at <= LATENCY_LASTS_MS; index--) {
    const then = windowP95(samples, index)
    if (then === null || then <= limitMs) return null
  }
  return `p95 is ${p95Ms.toFixed(0)} ms, ${(p95Ms / baseline.p95Ms).toFixed(1)} x the ${baseline.p95Ms.toFixed(0)} ms before, limit ${limits.p95Ratio} x`
}

function windowP95(samples: readonly Sample[], end: number): number | null {
  const now = samples[end]!
  const start = samples.find(({ at }) => now.at - at <= LATENCY_WINDOW_MS) ?? now
  if (now.answers - start.answers < LATENCY_SAMPLE_MIN) return null
  return p95Between(start, now)
}

export function p95Between(first: Sample, last: Sample): number | null {
  return quantile(
    last.buckets.map((count, bucket) => count - (first.buckets[bucket] ?? 0)),
    0.95,
  )
}

function percent(ratio: number): string {
  return `${Number((ratio * 100).toPrecision(3))} %`
}
