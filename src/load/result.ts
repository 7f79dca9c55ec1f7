import type { RecordableHistogram } from 'node:perf_hooks'
import type { BacklogMeans } from './backlog.ts'

/** Milliseconds. */
export interface Percentiles {
  readonly p50: number
  readonly p90: number
  readonly p95: number
  readonly p99: number
  readonly p999: number
  readonly max: number
}

export interface LoadResult {
  readonly asked: { readonly perSecond: number; readonly forMs: number; readonly requests: number }
  readonly sent: number
  readonly answered: number
  /** Answered as expected. */
  readonly good: number
  /** Requests whose turn came while every connection was in use: they were never sent, and the run is invalid. */
  readonly notSent: number
  /** Requests begun in each second of the run. */
  readonly sentPerSecond: number
  /** Good and other answers that came while requests were still being sent. */
  readonly answeredPerSecond: number
  readonly backlog: BacklogMeans
  readonly statuses: Readonly<Record<string, number>>
  /** Requests without an answer, by what went wrong. */
  readonly failures: Readonly<Record<string, number>>
  /** From the intended instant to the last byte; a request given up counts with the time it has waited. Null: no request. */
  readonly latency: Percentiles | null
  /** How late the generator itself began to send: part of every latency. */
  readonly lag: Percentiles | null
  /** Share of one core that the generator has used. */
  readonly cpu: number
  readonly bytes: { readonly sent: number; readonly received: number }
  readonly connections: { readonly opened: number; readonly mostOpen: number }
  /** Why nothing here is to be believed; null when it is. */
  readonly saturated: string | null
}

const CPU_MAX = 0.9
/** With a core used up, a lag of this much is enough to say that it is the generator that is slow. */
const BUSY_LAG_MS_MAX = 5

/** Why the generator measured itself rather than the service; null when it did not. */
export function saturationOf(lag: Percentiles | null, cpu: number, lagMsMax: number): string | null {
  if (lag === null) return null
  const late = `its own sends were late by ${lag.p99.toFixed(1)} ms (p99)`
  if (lag.p99 > lagMsMax) return `${late}; at most ${lagMsMax} ms are believed`
  const used = `it used ${(cpu * 100).toFixed(0)} % of a core`
  return cpu >= CPU_MAX && lag.p99 > BUSY_LAG_MS_MAX ? `${used}, and ${late}` : null
}

/** Everything but the expected answer to every request is a failure. */
export function failedOf({ asked, good }: LoadResult): number {
  return asked.requests - good
}

/** From a histogram of microseconds; null when it is empty: no data is not zero. */
export function percentilesOf(histogram: RecordableHistogram): Percentiles | null {
  if (histogram.count === 0) return null
  const at = (percentile: number): number => histogram.percentile(percentile) / 1000
  return { p50: at(50), p90: at(90), p95: at(95), p99: at(99), p999: at(99.9), max: histogram.max / 1000 }
}
