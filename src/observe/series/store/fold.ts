import { metricOf } from '../../../promises/metrics/catalogue.ts'
import type { Chunk, FoldedChunk } from './chunk.ts'

/** What is kept of samples older than a day stands that far apart. */
export const FOLD_MS = 300_000

/** Whether a series only rises but for resets; of foreign metrics the name tells. */
export function isCounter(metric: string): boolean {
  const known = metricOf(metric)
  return known === null ? /_(?:total|bucket|count|sum)$/.test(metric) : known.type !== 'gauge'
}

/**
 * One sample of each five minutes in place of all of them.
 * @param before the value before the first sample; null: unknown
 */
export function fold(
  { times, values, ends }: Chunk,
  { isRising, before }: { readonly isRising: boolean; readonly before: number | null },
): FoldedChunk {
  const lasts: number[] = []
  for (let index = 0; index < times.length; index++)
    if (bucketOf(times[index + 1]) !== bucketOf(times[index])) lasts.push(index)
  const columns = () => new Float64Array(lasts.length)
  const [drops, minima, maxima, sums, counts] = [columns(), columns(), columns(), columns(), columns()]
  let first = 0
  let held = before ?? -Infinity
  for (const [bucket, last] of lasts.entries()) {
    let [least, most] = [NaN, NaN]
    for (let index = first; index <= last; index++) {
      const value = values[index]!
      if (value < held) drops[bucket]! += held
      held = value
      sums[bucket]! += value
      if (value < least || Number.isNaN(least)) least = value
      if (value > most || Number.isNaN(most)) most = value
    }
    minima[bucket] = least
    maxima[bucket] = most
    counts[bucket] = last - first + 1
    first = last + 1
  }
  return {
    times: Float64Array.from(lasts, (index) => times[index]!),
    values: Float64Array.from(lasts, (index) => values[index]!),
    ends,
    folds: { drops: isRising ? drops : null, spread: isRising ? null : { minima, maxima, sums }, counts },
  }
}

function bucketOf(atMs: number | undefined): number {
  return atMs === undefined ? -1 : Math.floor(atMs / FOLD_MS)
}
