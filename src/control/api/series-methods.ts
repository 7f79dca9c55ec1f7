import type { Labels } from '../../core/series/labels.ts'

/** A value as JSON can hold it. */
export type ToldValue = number | 'NaN' | '+Inf' | '-Inf'

export interface SeriesMethods {
  /** What an expression, in PromQL, yields at an instant. `at`: milliseconds since the epoch; null: now. */
  'series.query': {
    input: { query: string; at: number | null }
    output: { at: number; values: readonly ToldNow[] }
  }
  /** What it yields at start, start + step … up to and with end, each in milliseconds. */
  'series.range': {
    input: { query: string; start: number; end: number; step: number }
    output: { series: readonly ToldSeries[] }
  }
  /** The samples that a selector names, as they were collected. */
  'series.raw': { input: { query: string; from: number; to: number }; output: { series: readonly ToldSeries[] } }
  /** Which series there are. `metric` null: of any name. `matching`: a selector's braces, such as `{service="api"}`. */
  'series.list': {
    input: { metric: string | null; matching: string | null }
    output: { series: readonly { readonly metric: string; readonly labels: Labels }[] }
  }
  /** Every metric of Seaworthy's own with the newest sample of each of its series, unless that is older than five minutes. */
  'series.newest': { input: { none?: never }; output: { at: number; metrics: readonly ToldMetric[] } }
}

export interface ToldNow {
  /** Null for what was computed. */
  readonly metric: string | null
  readonly labels: Labels
  readonly value: ToldValue
}

export interface ToldSeries {
  readonly metric: string | null
  readonly labels: Labels
  /** Milliseconds since the epoch, and the value; null: the series ended. */
  readonly points: readonly (readonly [at: number, value: ToldValue | null])[]
}

export interface ToldMetric {
  readonly name: string
  readonly type: 'counter' | 'gauge' | 'histogram'
  readonly help: string
  /** Of a histogram its counts. */
  readonly series: readonly (ToldNow & { readonly at: number })[]
}
