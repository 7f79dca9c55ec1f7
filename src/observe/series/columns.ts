import type { Labels } from '../../core/series/labels.ts'
import type { Series } from '../../core/series/series.ts'

/** The samples of one series as columns: what the evaluator reads, and what the stores hold. */
export interface Columns {
  readonly metric: string
  readonly labels: Labels
  /** Milliseconds since the epoch, ascending, each once. */
  readonly times: Float64Array
  readonly values: Float64Array
  /** When the series ended, ascending: it may have gone on later. */
  readonly ends: Float64Array
  /** Null: the samples as they were collected. */
  readonly folds: Folds | null
}

/** What is known of the samples that were folded into one; its time and value are those of the last of them. */
export interface Folds {
  /** Between two folded samples. */
  readonly resolutionMs: number
  /**
   * Of a counter: by how much resets took it down, from the sample before the first one on, as the sum of the values before.
   * Null: it is none.
   */
  readonly drops: Float64Array | null
  /** Of what is no counter. */
  readonly spread: { readonly minima: Float64Array; readonly maxima: Float64Array; readonly sums: Float64Array } | null
  readonly counts: Float64Array
}

/** How many of the first of `times` are at most `atMs`. */
export function countUpTo(times: Float64Array, atMs: number): number {
  let low = 0
  let high = times.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (times[middle]! <= atMs) low = middle + 1
    else high = middle
  }
  return low
}

/** Samples with the ends among them, for whoever wants to see them one by one. */
export function seriesOf({ metric, labels, times, values, ends }: Columns): Series {
  const samples = [
    ...Array.from(times, (atMs, index) => ({ atMs, value: values[index]! as number | null })),
    ...Array.from(ends, (atMs) => ({ atMs, value: null })),
  ]
  return { metric, labels, samples: ends.length === 0 ? samples : samples.toSorted((a, b) => a.atMs - b.atMs) }
}
