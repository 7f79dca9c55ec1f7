/** For tests of the limits: chance that can be repeated, and the exact log that every limit must stay within. */
import type { Quota } from './gcra.ts'

/** Numbers from 0 to 1, always the same for a seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b_79f5) | 0
    let bits = Math.imul(state ^ (state >>> 15), state | 1)
    bits = (bits + Math.imul(bits ^ (bits >>> 7), bits | 61)) ^ bits
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32
  }
}

export interface Admission {
  /** In ticks. */
  readonly at: number
  readonly tokens: number
}

/**
 * The sliding log: whether any span between two admissions holds more than `burst + span ÷ interval`. Says which, or null.
 * In one pass: of all spans that end here, the worst begins where `tokens before − begin ÷ interval` is least.
 */
export function brokenSpan(log: readonly Admission[], { interval, burst }: Quota): string | null {
  let before = 0
  let least = Infinity
  for (const { at, tokens } of log) {
    least = Math.min(least, before * interval - at)
    before += tokens
    const excess = before * interval - at - least - burst * interval
    if (excess > 0) return `${excess / interval} tokens too many by tick ${at}`
  }
  return null
}
