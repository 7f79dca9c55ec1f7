/** Requests open on average, a part of the run against a later one of the same length. */
export interface BacklogMeans {
  /** In the second quarter: a quarter is given to the first answers. */
  readonly before: number
  /** In the last quarter. */
  readonly after: number
}

const QUARTERS = 4

/**
 * How many requests were open at once, averaged over each quarter of a run. A constant latency keeps that number where it is,
 * however long it takes; a queue that grows raises it.
 */
export class Backlog {
  readonly #quarterMs: number
  /** Milliseconds that requests were open, by quarter. */
  readonly #openMs = new Float64Array(QUARTERS)
  #at = 0
  #open = 0

  constructor(forMs: number) {
    this.#quarterMs = forMs / QUARTERS
  }

  /** From `at` on, milliseconds from the beginning and never before the last one, this many are open. */
  note(at: number, open: number): void {
    for (let from = this.#at; from < at;) {
      const quarter = Math.floor(from / this.#quarterMs)
      if (quarter >= QUARTERS) break
      const to = Math.min(at, (quarter + 1) * this.#quarterMs)
      this.#openMs[quarter]! += (to - from) * this.#open
      from = to
    }
    this.#at = at
    this.#open = open
  }

  /** To be asked when the run is over and its last answer was noted. */
  means(): BacklogMeans {
    return { before: this.#openMs[1]! / this.#quarterMs, after: this.#openMs[QUARTERS - 1]! / this.#quarterMs }
  }
}
