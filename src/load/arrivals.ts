export const ARRIVALS = ['constant', 'poisson'] as const
export type ArrivalKind = (typeof ARRIVALS)[number]

export interface Schedule {
  readonly kind: ArrivalKind
  readonly perSecond: number
  readonly forMs: number
  /** Of the Poisson gaps: the same seed gives the same instants. */
  readonly seed: number
}

/**
 * When each request should be sent, milliseconds from the beginning, one after the other: decided before anything is sent and
 * whatever the answers do. 'constant' has equal gaps; 'poisson' has those of callers who know nothing of each other.
 */
export function* arrivals({ kind, perSecond, forMs, seed }: Schedule): Generator<number, void, void> {
  const gapMs = 1000 / perSecond
  const random = randomFrom(seed)
  // Counted and not added up: a sum of gaps would drift away from the rate that was asked.
  if (kind === 'constant') for (let number = 0; number * gapMs < forMs; number++) yield number * gapMs
  else for (let at = gap(); at < forMs; at += gap()) yield at

  function gap(): number {
    return -Math.log(1 - random()) * gapMs
  }
}

/** Numbers from 0 up to 1, not 1 itself: the same row for the same seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
