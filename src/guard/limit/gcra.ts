/**
 * The generic cell rate algorithm on integers. A count is one instant, the theoretical arrival time: how far it lies ahead of
 * now is the level, what has been taken and has not come back yet. Taking raises it, time lowers it, and it never passes the
 * quota's window. Hence in any span of time no more than `burst + span ÷ interval` is taken.
 */

/** Instants and spans are whole ticks: fine enough for a million requests a second, and 2⁵³ of them are 17 years. */
export const TICKS_PER_MS = 16_000

export interface Quota {
  /** Ticks in which one token comes back. */
  readonly interval: number
  /** Tokens that may be taken at once. */
  readonly burst: number
}

/** No level above this, so that sums of three stay exact: four years. A burst that takes longer to come back is cut to what fits. */
export const WINDOW_TICKS_MAX = 2 ** 51

/**
 * A rate as a quota. Where the interval is no whole number of ticks it is rounded up: never above the rate, and below it by
 * less than 2 % up to 250,000 a second.
 */
export function quotaOf({ count, perMs, burst }: { count: number; perMs: number; burst: number }): Quota {
  const interval = Math.min(WINDOW_TICKS_MAX, Math.ceil((perMs * TICKS_PER_MS) / count))
  return { interval, burst: Math.max(1, Math.min(burst, Math.floor(WINDOW_TICKS_MAX / interval))) }
}

/** The ticks in which the whole burst comes back. */
export function windowOf({ interval, burst }: Quota): number {
  return interval * burst
}

/** What is taken at `now`. An instant further ahead than the window is left from before a clock was set back. */
export function levelAt(arrival: number, now: number, quota: Quota): number {
  return arrival <= now ? 0 : Math.min(arrival - now, windowOf(quota))
}

/** Tokens that can be taken at this level. */
export function tokensAt(level: number, quota: Quota): number {
  return Math.max(0, Math.floor((windowOf(quota) - level) / quota.interval))
}

/** Ticks until `tokens` can be taken; 0 when they can now. For more than the burst it never comes true. */
export function waitFor(tokens: number, level: number, quota: Quota): number {
  return Math.max(0, level + tokens * quota.interval - windowOf(quota))
}
