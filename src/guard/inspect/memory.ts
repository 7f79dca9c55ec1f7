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

/** Blocks of fields remembered in one generation; longer ones than this are judged field by field. */
const BLOCKS_MAX = 512
export const BLOCK_CHARS_MAX = 4096
/** Where fewer than a quarter of so many blocks were known, none is looked for … */
const BLOCKS_TRIED = 64
/** … for so many requests. */
const BLOCKS_SKIPPED = 1024

export interface CleanMemory {
  /** Whether this very value was clean under this name. */
  knows(name: string, value: string): boolean
  remember(name: string, value: string): void
  /** The same for all fields of a request in one text; null: not looked for at the moment. */
  knowsBlock(method: string, fields: string): boolean | null
  rememberBlock(method: string, fields: string): void
  clear(): void
}

export function createCleanMemory(): CleanMemory {
  return new TwoGenerations()
}

class TwoGenerations implements CleanMemory {
  #young = new Map<string, Set<string>>()
  #old = new Map<string, Set<string>>()
  #chars = 0
  #blocks = new Map<string, Set<string>>()
  #oldBlocks = new Map<string, Set<string>>()
  #blockCount = 0
  #tried = 0
  #found = 0
  #skip = 0

  knowsBlock(method: string, fields: string): boolean | null {
    if (fields.length > BLOCK_CHARS_MAX) return null
    if (this.#skip > 0) {
      this.#skip -= 1
      return null
    }
    const isKnown = this.#findBlock(method, fields)
    if (isKnown) this.#found += 1
    if (++this.#tried < BLOCKS_TRIED) return isKnown
    // Blocks that change with every request only cost: a token, a counter or a time among the fields is enough.
    if (this.#found < BLOCKS_TRIED / 4) this.#skip = BLOCKS_SKIPPED
    this.#tried = 0
    this.#found = 0
    return isKnown
  }

  rememberBlock(method: string, fields: string): void {
    if (this.#blockCount >= BLOCKS_MAX) {
      this.#oldBlocks = this.#blocks
      this.#blocks = new Map()
      this.#blockCount = 0
    }
    // A copy: what was cut out of a head keeps all of the head.
    const copy = Buffer.from(fields, 'latin1').toString('latin1')
    const known = this.#blocks.get(method)
    if (known === undefined) this.#blocks.set(method, new Set([copy]))
    else known.add(copy)
    this.#blockCount += 1
  }

  #findBlock(method: string, fields: string): boolean {
    if (this.#blocks.get(method)?.has(fields) === true) return true
    if (this.#oldBlocks.get(method)?.has(fields) !== true) return false
    this.rememberBlock(method, fields)
    return true
  }

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
    this.#blocks = new Map()
    this.#oldBlocks = new Map()
    this.#blockCount = 0
    this.#tried = 0
    this.#found = 0
    this.#skip = 0
  }
}
