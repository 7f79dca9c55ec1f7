import { seriesKey, type Labels } from '../../../core/series/labels.ts'
import { emptyLine, put, type Line, type Steps } from './lines.ts'

interface Bucket {
  readonly bound: number
  readonly count: number
}

/** `histogram_quantile(share, lines)`: series by their label `le`; those without a readable one are passed over. */
export function histogramQuantile(share: number, lines: readonly Line[], steps: Steps): readonly Line[] {
  const groups = new Map<string, { readonly labels: Labels; readonly bounded: { bound: number; line: Line }[] }>()
  for (const line of lines) {
    const { le, ...labels } = line.labels
    const bound = parseBound(le ?? '')
    if (bound === null) continue
    const key = seriesKey('', labels)
    const group = groups.get(key) ?? { labels, bounded: [] }
    group.bounded.push({ bound, line })
    groups.set(key, group)
  }
  return Array.from(groups.values(), ({ labels, bounded }) => {
    const sorted = bounded.toSorted((one, other) => one.bound - other.bound)
    const result = emptyLine(null, labels, steps)
    for (let step = 0; step < steps.count; step++) {
      const buckets = sorted
        .filter(({ line }) => line.present[step] === 1)
        .map(({ bound, line }) => ({ bound, count: line.values[step]! }))
      if (buckets.length > 0) put(result, step, quantileOf(share, buckets))
    }
    return result
  })
}

/**
 * The value below which that share of the observations lies, by interpolation within its bucket (promql/quantile.go).
 * NaN: the bucket of everything is missing, or there is nothing in it.
 */
export function quantileOf(share: number, sorted: readonly Bucket[]): number {
  if (Number.isNaN(share)) return NaN
  if (share < 0) return -Infinity
  if (share > 1) return Infinity
  const buckets = monotonic(coalesced(sorted))
  const all = buckets.at(-1)
  if (all?.bound !== Infinity || buckets.length < 2) return NaN
  const observations = all.count
  if (observations === 0 || Number.isNaN(observations)) return NaN
  const rank = share * observations
  const found = buckets.findIndex(({ count }) => count >= rank)
  const index = found < 0 ? buckets.length - 1 : found
  if (index === buckets.length - 1) return buckets.at(-2)!.bound
  const { bound, count } = buckets[index]!
  if (index === 0 && bound <= 0) return bound
  const before = index === 0 ? { bound: 0, count: 0 } : buckets[index - 1]!
  return before.bound + (bound - before.bound) * ((rank - before.count) / (count - before.count))
}

/** Buckets of the same bound (`1` and `1.0`) as one. */
function coalesced(buckets: readonly Bucket[]): readonly Bucket[] {
  const held: Bucket[] = []
  for (const { bound, count } of buckets) {
    const last = held.at(-1)
    if (last?.bound === bound) held[held.length - 1] = { bound, count: last.count + count }
    else held.push({ bound, count })
  }
  return held
}

/** Cumulative counts that were collected a moment apart may sink: never below what was before. */
function monotonic(buckets: readonly Bucket[]): readonly Bucket[] {
  let most = buckets[0]?.count ?? 0
  return buckets.map(({ bound, count }) => {
    if (count > most) most = count
    return { bound, count: count < most ? most : count }
  })
}

function parseBound(text: string): number | null {
  if (/^\+?inf$/i.test(text)) return Infinity
  if (/^-inf$/i.test(text)) return -Infinity
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text) ? Number(text) : null
}
