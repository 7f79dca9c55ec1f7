import { TICKS_PER_MS } from './gcra.ts'
import { Slots } from './slots.ts'
import { LEASE_MS } from './store.ts'
import type { CountedRule, Grant, Want } from './store.ts'

/** Keys one worker remembers of one rule: about 6 MB when all are in use. */
export const LEASES_MAX = 65_536

const LEASE = LEASE_MS * TICKS_PER_MS

/** What one worker holds and knows of the counts of one rule. */
export class Leases {
  readonly slots: Slots
  readonly #rule: CountedRule
  readonly #most: number
  readonly #keys: string[] = []
  /** Lent and not yet spent, until when, and spent since the store was told. */
  readonly #tokens: Float64Array
  readonly #until: Float64Array
  readonly #used: Float64Array
  /** What the store last said, and when it was asked: the level falls from there. */
  readonly #level: Float64Array
  readonly #reserved: Float64Array
  readonly #levelAt: Float64Array
  readonly #refusedUntil: Float64Array
  /** Tokens to ask for beyond the need. */
  readonly #size: Uint16Array
  /** 1 while more have been asked for. */
  readonly #asking: Uint8Array
  /** Slots with something to settle. */
  readonly #owing = new Set<number>()

  /** @param most tokens of one key that may be held */
  constructor(rule: CountedRule, most: number, capacity: number = LEASES_MAX) {
    this.#rule = rule
    this.#most = most
    this.slots = new Slots(capacity)
    const column = (): Float64Array => new Float64Array(this.slots.capacity)
    this.#tokens = column()
    this.#until = column()
    this.#used = column()
    this.#level = column()
    this.#reserved = column()
    this.#levelAt = column()
    this.#refusedUntil = column()
    this.#size = new Uint16Array(this.slots.capacity)
    this.#asking = new Uint8Array(this.slots.capacity)
  }

  /** The key's slot, made when there is none. Valid until another key is given one. */
  slotOf(key: string, hash: number, now: number): number {
    const known = this.slots.find(hash)
    if (known >= 0) return known
    const slot = this.slots.claim(hash, now)
    this.#keys[slot] = key
    this.#tokens[slot] = 0
    this.#until[slot] = 0
    this.#used[slot] = 0
    this.#level[slot] = 0
    this.#reserved[slot] = 0
    this.#levelAt[slot] = 0
    this.#refusedUntil[slot] = 0
    this.#size[slot] = 0
    this.#asking[slot] = 0
    this.#owing.delete(slot)
    this.slots.ends[slot] = now + LEASE
    return slot
  }

  held(slot: number, now: number): number {
    return this.#until[slot]! > now ? this.#tokens[slot]! : 0
  }

  /** What is taken at least, in ticks. */
  levelOf(slot: number, now: number): number {
    return Math.max(0, this.#level[slot]! - (now - this.#levelAt[slot]!))
  }

  /** What was lent, here and elsewhere, when the store last spoke of it. */
  reservedOf(slot: number): number {
    return this.#reserved[slot]!
  }

  /** Ticks for which the store has refused this key. */
  refusedFor(slot: number, now: number): number {
    return Math.max(0, this.#refusedUntil[slot]! - now)
  }

  spend(slot: number, tokens: number): void {
    this.#tokens[slot]! -= tokens
    this.#used[slot]! += tokens
  }

  unspend(slot: number, tokens: number): void {
    this.#tokens[slot]! += tokens
    this.#used[slot]! -= tokens
  }

  /** Spent without having been lent: the store is told when it is back. */
  owe(slot: number, tokens: number, now: number): void {
    this.#used[slot]! += tokens
    this.#owing.add(slot)
    this.slots.ends[slot] = Math.max(this.slots.ends[slot]!, now + LEASE)
  }

  /** What to ask of the store; it is told all that is owed. A key that is asked for again soon is asked for more at once. */
  want(slot: number, need: number, now: number): Want {
    const isHot = this.#levelAt[slot]! > 0 && now - this.#levelAt[slot]! < LEASE
    if (this.#asking[slot] === 0) this.#size[slot] = isHot ? Math.min(this.#most, this.#size[slot]! * 2 || 1) : 0
    const extra = this.#asking[slot] === 0 ? this.#size[slot]! : 0
    if (extra > 0) this.#asking[slot] = 1
    return { need, extra, ...this.#settlement(slot, now) }
  }

  /** The store has answered `want`, asked at `askedAt`. */
  granted(slot: number, want: Want, grant: Grant, { askedAt, now, taken }: Answered): void {
    if (want.extra > 0) this.#asking[slot] = 0
    this.#level[slot] = grant.level
    this.#reserved[slot] = grant.reserved
    this.#levelAt[slot] = askedAt
    if (grant.extra > 0) {
      this.#tokens[slot]! += grant.extra
      this.#until[slot] = askedAt + LEASE
      this.#owing.add(slot)
    }
    if (!taken && grant.wait > 0) this.#refusedUntil[slot] = now + grant.wait
    this.slots.ends[slot] = Math.max(askedAt + LEASE, this.#refusedUntil[slot]!, askedAt + grant.level)
  }

  /** There was no answer: what it was told may not have been heard. */
  unanswered(slot: number, want: Want): void {
    if (want.extra > 0) this.#asking[slot] = 0
    if (want.used === 0) return
    this.#used[slot]! += want.used
    this.#owing.add(slot)
  }

  /** Gives back what was not spent in time, and tells what was: at most `most` wants. */
  settle(now: number, most: number): Want[] {
    const wants: Want[] = []
    for (const slot of this.#owing) {
      if (wants.length >= most) break
      if (this.#tokens[slot]! > 0 && this.#until[slot]! > now) continue
      this.#owing.delete(slot)
      if (this.#tokens[slot]! > 0) this.#size[slot] = Math.min(this.#size[slot]!, this.#used[slot]!)
      if (this.#tokens[slot]! > 0 || this.#used[slot]! > 0)
        wants.push({ need: 0, extra: 0, ...this.#settlement(slot, now) })
    }
    return wants
  }

  /** Tokens held for longer than they may be are given back; those at hand stay reserved. */
  #settlement(slot: number, now: number): Omit<Want, 'need' | 'extra'> {
    const used = this.#used[slot]!
    const back = this.#until[slot]! > now ? 0 : this.#tokens[slot]!
    this.#used[slot] = 0
    if (back > 0) this.#tokens[slot] = 0
    return { rule: this.#rule, key: this.#keys[slot]!, used, back, known: this.levelOf(slot, now) }
  }
}

interface Answered {
  readonly askedAt: number
  readonly now: number
  readonly taken: boolean
}
