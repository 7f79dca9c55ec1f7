/**
 * Values found clean before, so that what every request of a browser repeats is looked at once. Two generations: what is met
 * again moves into the young one, and when that is full the old one goes. Whoever sends new values all the time costs the
 * others one look at theirs per generation, and no memory.
 */

/** Names remembered; further ones are judged each time. */
const NAMES_MAX = 256
/** Values of one name in one generation. */
const VALUES_MAX = 256
/** Longer values are not remembered: with both generations of all names full this holds at most 256 MiB / 2 … see the guide. */
export const REMEMBERED_CHARS_MAX = 1024
/** Characters of all values remembered in one generation. */
const CHARS_MAX = 4 << 20

export interface CleanMemory {
  /** Whether this very value was clean under this name. */
  knows(name: string, value: string): boolean
  remember(name: string, value: string): void
  clear(): void
}

export function createCleanMemory(): CleanMemory {
  return new TwoGenerations()
}

class TwoGenerations implements CleanMemory {
  #young = new Map<string, Set<string>>()
  #old = new Map<string, Set<string>>()
  #chars = 0

  knows(name: string, value: string): boolean {
    if (value.length > REMEMBERED_CHARS_MAX) return false
    if (this.#young.get(name)?.has(value) === true) return true
    if (this.#old.get(name)?.has(value) !== true) return false
    this.remember(name, value)
    return true
  }

  remember(name: string, value: string): void {
    if (value.length > REMEMBERED_CHARS_MAX) return
    let values = this.#young.get(name)
    if (this.#chars + value.length > CHARS_MAX || (values?.size ?? 0) >= VALUES_MAX) {
      this.#old = this.#young
      this.#young = new Map()
      this.#chars = 0
      values = undefined
    }
    if (values === undefined) {
      if (this.#young.size >= NAMES_MAX) return
      values = new Set()
      this.#young.set(name, values)
    }
    values.add(value)
    this.#chars += value.length
  }

  clear(): void {
    this.#young = new Map()
    this.#old = new Map()
    this.#chars = 0
  }
}
