import { levelAt, tokensAt, waitFor, windowOf, TICKS_PER_MS } from './gcra.ts'
import type { KeyHash } from './hash.ts'
import { Slots } from './slots.ts'
import { RESERVED_MS } from './store.ts'
import type { CountedRule, CountStore, Grant, Taken, Want } from './store.ts'

/** Counts kept of one rule: 2.6 MB when all are in use. */
export const COUNTS_MAX = 65_536
/** Rules whose counts are kept; the one that was not asked for longest goes. */
export const RULES_MAX = 64

export interface CountsOptions {
  /** Ticks of a clock that does not jump; where it does, levels are cut to their window. */
  readonly now: () => number
  readonly hash: KeyHash
  /** @default COUNTS_MAX */
  readonly capacity?: number
  /** Askers that are lent to. @default 1 */
  readonly sharers?: () => number
}

/** The counts of one process. */
export class Counts implements CountStore {
  readonly reachable = true
  readonly lease = 0
  readonly #options: CountsOptions
  /** In the order of their last use. */
  readonly #rules = new Map<string, RuleCounts>()

  constructor(options: CountsOptions) {
    this.#options = options
  }

  get sharers(): number {
    return this.#options.sharers?.() ?? 1
  }

  take(wants: readonly Want[]): Taken {
    const now = this.#options.now()
    const places = wants.map((want) => this.#settled(want, now))
    const taken = places.every(({ counts, slot }, index) => {
      const { rule, need } = wants[index]!
      return waitFor(need, counts.levelOf(slot, now, rule), rule) === 0
    })
    const { sharers } = this
    return {
      taken,
      grants: wants.map((want, index) =>
        places[index]!.counts.grant(places[index]!.slot, { want, now, taken, sharers }),
      ),
    }
  }

  /** Keys counted now, and those forgotten for want of room. Looks at every slot: for reports. */
  size(): { readonly keys: number; readonly displaced: number } {
    const now = this.#options.now()
    let [keys, displaced] = [0, 0]
    for (const { slots } of this.#rules.values()) {
      keys += slots.used(now)
      displaced += slots.displaced
    }
    return { keys, displaced }
  }

  close(): void {}

  #settled(want: Want, now: number): { readonly counts: RuleCounts; readonly slot: number } {
    const counts = this.#countsOf(want.rule.id)
    const slot = counts.slotOf(this.#options.hash(want.key), now)
    counts.settle(slot, want, now)
    return { counts, slot }
  }

  #countsOf(id: string): RuleCounts {
    let counts = this.#rules.get(id)
    if (counts !== undefined && this.#rules.size === 1) return counts
    // Last in the order: the first is the one not asked for longest.
    if (counts !== undefined) this.#rules.delete(id)
    else if (this.#rules.size >= RULES_MAX) this.#rules.delete(this.#rules.keys().next().value!)
    counts ??= new RuleCounts(this.#options.capacity ?? COUNTS_MAX)
    this.#rules.set(id, counts)
    return counts
  }
}

interface Granting {
  readonly want: Want
  readonly now: number
  readonly taken: boolean
  readonly sharers: number
}

/** The counts of one rule. What is lent does not come back with time before it has been used: it is reserved. */
class RuleCounts {
  readonly slots: Slots
  readonly #arrivals: Float64Array
  readonly #reserved: Float64Array
  readonly #until: Float64Array

  constructor(capacity: number) {
    this.slots = new Slots(capacity)
    this.#arrivals = new Float64Array(this.slots.capacity)
    this.#reserved = new Float64Array(this.slots.capacity)
    this.#until = new Float64Array(this.slots.capacity)
  }

  slotOf(hash: number, now: number): number {
    const known = this.slots.find(hash)
    if (known >= 0) return known
    const slot = this.slots.claim(hash, now)
    this.#arrivals[slot] = 0
    this.#reserved[slot] = 0
    return slot
  }

  levelOf(slot: number, now: number, rule: CountedRule): number {
    return levelAt(this.#arrivals[slot]!, now, rule) + this.#reserved[slot]!
  }

  settle(slot: number, { rule, used, back, known }: Want, now: number): void {
    // Nothing was heard of it: it counts as spent at the last moment at which it could be.
    if (this.#reserved[slot]! > 0 && this.#until[slot]! <= now) {
      this.#arrivals[slot] = Math.max(this.#arrivals[slot]!, this.#until[slot]!) + this.#reserved[slot]!
      this.#reserved[slot] = 0
    }
    // What is known was so before what was used since.
    const level = Math.max(levelAt(this.#arrivals[slot]!, now, rule), known) + used * rule.interval
    const reserved = Math.max(0, this.#reserved[slot]! - (used + back) * rule.interval)
    this.#reserved[slot] = reserved
    this.#keep(slot, now + Math.min(windowOf(rule), level))
  }

  grant(slot: number, { want: { rule, need, extra }, now, taken, sharers }: Granting): Grant {
    const before = levelAt(this.#arrivals[slot]!, now, rule)
    const wait = this.#waitFor(slot, need, { rule, now, level: before })
    const level = taken ? before + need * rule.interval : before
    const free = tokensAt(level + this.#reserved[slot]!, rule)
    // Half of what is left is shared out, so that leases shrink as the limit nears, and end before it.
    const lent = taken ? Math.min(extra, Math.floor(free / (2 * sharers))) : 0
    if (lent > 0) {
      this.#reserved[slot]! += lent * rule.interval
      this.#until[slot] = now + RESERVED_MS * TICKS_PER_MS
    }
    this.#keep(slot, now + level)
    return { extra: lent, level, reserved: this.#reserved[slot]!, wait }
  }

  /** Reserved tokens do not come back before they are settled. */
  #waitFor(
    slot: number,
    need: number,
    { rule, now, level }: { rule: CountedRule; now: number; level: number },
  ): number {
    const reserved = this.#reserved[slot]!
    const wait = waitFor(need, level + reserved, rule)
    return wait <= level ? wait : Math.max(wait, this.#until[slot]! - now + wait - level)
  }

  #keep(slot: number, arrival: number): void {
    this.#arrivals[slot] = arrival
    const reserved = this.#reserved[slot]!
    this.slots.ends[slot] = reserved > 0 ? Math.max(arrival, this.#until[slot]!) + reserved : arrival
  }
}
