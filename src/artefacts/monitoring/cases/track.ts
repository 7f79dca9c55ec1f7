import type { Labels } from '../../../core/series/labels.ts'

/**
 * A series as a line instead of samples: a gauge that holds a level, or a counter that grows by a level per second, from
 * one change to the next. What rules answer can be computed from it exactly, without any sample.
 */
export interface Track {
  readonly metric: string
  readonly labels: Labels
  readonly kind: 'counter' | 'gauge'
  /** Oldest first; the first one from the beginning on. */
  readonly phases: readonly { readonly fromMs: number; readonly level: number }[]
}

export function isCounter(metric: string): boolean {
  return /_(?:total|bucket|count|sum)$/.test(metric)
}

export function levelAt({ phases }: Track, atMs: number): number {
  return (phases.findLast(({ fromMs }) => fromMs <= atMs) ?? phases[0]!).level
}

/** The levels that a window sees, each with its share of it. */
export function levelsWithin(
  { phases }: Track,
  { atMs, windowMs }: { readonly atMs: number; readonly windowMs: number },
): readonly { readonly level: number; readonly share: number }[] {
  const startMs = atMs - windowMs
  return phases.flatMap(({ fromMs, level }, index) => {
    const begin = index === 0 ? startMs : Math.max(fromMs, startMs)
    const end = Math.min(phases[index + 1]?.fromMs ?? atMs, atMs)
    return end > begin ? [{ level, share: (end - begin) / windowMs }] : []
  })
}
