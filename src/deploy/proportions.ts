/** Comparing two shares of counted things, honest for small counts. Pure arithmetic. */

/** `hits` of `of`. */
export interface Share {
  readonly hits: number
  readonly of: number
}

/** One-sided 99.5 %: a limit is looked at again and again, and must not be passed by luck. */
export const LIMIT_Z = 2.576
/** One-sided 98 %: enough beside the limit, so that two hundred answers on each side show five per cent against none. */
export const DIFFERENCE_Z = 2.1

/**
 * Wilson's score interval: the lowest and the highest true share that `hits` of `of` leaves likely. Nothing counted leaves
 * everything possible: 0 to 1.
 */
export function wilson({ hits, of }: Share, z: number): readonly [low: number, high: number] {
  if (of === 0) return [0, 1]
  const ratio = hits / of
  const centre = ratio + (z * z) / (2 * of)
  const half = z * Math.sqrt((ratio * (1 - ratio)) / of + (z * z) / (4 * of * of))
  const scale = 1 + (z * z) / of
  return [Math.max(0, (centre - half) / scale), Math.min(1, (centre + half) / scale)]
}

/** Newcombe's hybrid interval: the lowest likely value of `one`'s share minus `other`'s. */
export function differenceLow(one: Share, other: Share, z: number): number {
  const [oneLow] = wilson(one, z)
  const [, otherHigh] = wilson(other, z)
  const [first, second] = [ratioOf(one), ratioOf(other)]
  return first - second - Math.hypot(first - oneLow, otherHigh - second)
}

/** Up to so many times the old release's share is as good as it: nobody is condemned for what both do. */
export const OLD_RATIO_FACTOR = 1.5

/**
 * Whether `next`'s share is above `limit` and above 1.5 times `old`'s beyond doubt. The difference alone would be passed by
 * chance sooner or later: it is looked at again and again.
 */
export function isWorse(next: Share, old: Share, limit: number): boolean {
  if (wilson(next, LIMIT_Z)[0] <= Math.max(limit, ratioOf(old) * OLD_RATIO_FACTOR)) return false
  // What the old one does now and then as well, chance deals out unevenly.
  const z = old.hits === 0 ? DIFFERENCE_Z : LIMIT_Z
  return old.of === 0 || differenceLow(next, old, z) > 0
}

export function ratioOf({ hits, of }: Share): number {
  return of === 0 ? 0 : hits / of
}
