/**
 * Notices that the wall clock was set back, against the monotonic clock, which nobody can set. What is off by no more than
 * `leastMs` is left alone, and added to what comes later.
 */
export class ClockWatch {
  readonly #now: () => number
  readonly #monotonic: () => number
  readonly #leastMs: number
  /** How far the wall clock was ahead of the other at most; a machine that slept moves it on. */
  #aheadMs: number

  /** @param monotonic in milliseconds. @default performance.now */
  constructor({
    now,
    leastMs,
    monotonic = () => performance.now(),
  }: {
    readonly now: () => number
    readonly leastMs: number
    readonly monotonic?: () => number
  }) {
    this.#now = now
    this.#monotonic = monotonic
    this.#leastMs = leastMs
    this.#aheadMs = now() - monotonic()
  }

  /** By how many milliseconds it was set back since this was asked last; 0: it was not. */
  setBackMs(): number {
    const aheadMs = this.#now() - this.#monotonic()
    const setBackMs = this.#aheadMs - aheadMs
    if (setBackMs <= this.#leastMs) {
      this.#aheadMs = Math.max(this.#aheadMs, aheadMs)
      return 0
    }
    this.#aheadMs = aheadMs
    return Math.round(setBackMs)
  }
}
