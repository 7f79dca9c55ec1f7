/**
 * Upper bounds of the latency buckets in milliseconds, four to a doubling from 0.5 ms to 64 s: a quantile read from them is
 * at most 19 % above the true one.
 */
export const LATENCY_BOUNDS_MS: readonly number[] = Array.from({ length: 69 }, (_, step) => 0.5 * 2 ** (step / 4))

/** The bucket a latency falls into; LATENCY_BOUNDS_MS.length for what lies above all bounds. */
export function bucketOf(ms: number): number {
  if (ms <= 0.5) return 0
  return Math.min(LATENCY_BOUNDS_MS.length, Math.ceil(Math.log2(ms / 0.5) * 4 - 1e-9))
}

/**
 * The latency below which the share `q` of the observations lies, interpolated inside its bucket.
 * @returns null when nothing was observed: no data is not zero.
 */
export function quantile(buckets: readonly number[], q: number): number | null {
  const total = buckets.reduce((sum, count) => sum + count, 0)
  if (total === 0) return null
  let below = 0
  for (const [index, count] of buckets.entries()) {
    if (count > 0 && below + count >= q * total) {
      const lower = index === 0 ? 0 : LATENCY_BOUNDS_MS[index - 1]!
      const upper = LATENCY_BOUNDS_MS[index] ?? lower
      return lower + (upper - lower) * ((q * total - below) / count)
    }
    below += count
  }
  return LATENCY_BOUNDS_MS.at(-1)!
}
