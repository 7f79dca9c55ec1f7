/** Slots that are searched for a key. */
export const WAYS = 8

/**
 * A bounded table from hashes of keys to slot numbers, for columns that its user keeps in arrays of the same length. A key
 * may stand in one of WAYS neighbouring slots. There are no timers: a slot whose time has passed is free. When all are in
 * use, the one nearest to its end goes: keys that come once cannot push out one that is near its limit, whose end is far.
 */
export class Slots {
  readonly capacity: number
  /** When the slot may be used for another key, in ticks: set by the user whenever it changes. */
  readonly ends: Float64Array
  /** Keys that were forgotten before their end, because of others. */
  displaced = 0
  readonly #hashes: Float64Array
  readonly #groups: number

  /** @param capacity rounded up to a power of two */
  constructor(capacity: number) {
    this.capacity = 2 ** Math.ceil(Math.log2(Math.max(WAYS, capacity)))
    // Zeroed memory costs nothing before it is touched.
    this.ends = new Float64Array(this.capacity)
    this.#hashes = new Float64Array(this.capacity)
    this.#groups = this.capacity / WAYS - 1
  }

  /** The key's slot, or -1. */
  find(hash: number): number {
    const first = (hash & this.#groups) * WAYS
    for (let slot = first; slot < first + WAYS; slot++) if (this.#hashes[slot] === hash) return slot
    return -1
  }

  /** A slot for a key that has none; what the columns hold there is somebody else's. */
  claim(hash: number, now: number): number {
    const first = (hash & this.#groups) * WAYS
    let chosen = first
    for (let slot = first + 1; slot < first + WAYS; slot++) {
      if (this.ends[slot]! < this.ends[chosen]!) chosen = slot
    }
    if (this.ends[chosen]! > now) this.displaced += 1
    this.#hashes[chosen] = hash
    return chosen
  }

  /** Slots in use. Looks at all of them. */
  used(now: number): number {
    let count = 0
    for (const end of this.ends) if (end > now) count += 1
    return count
  }
}
