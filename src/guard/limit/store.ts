/** Where requests are counted: in this process, at control, or in Redis. */
import type { Quota } from './gcra.ts'

export interface CountedRule extends Quota {
  /** Names the counts: rules of one id share them, and have the same quota. */
  readonly id: string
}

/** What one request, or one returned lease, wants of one count. */
export interface Want {
  readonly rule: CountedRule
  /** Whose count: an address, an API key's id, a subject; '' for everybody's. */
  readonly key: string
  /** Tokens the request takes; 0 where it only settles. */
  readonly need: number
  /** Tokens that may be lent beyond that, to be spent without asking. */
  readonly extra: number
  /** Of the tokens lent earlier: spent since the last message, and not spent any more. */
  readonly used: number
  readonly back: number
  /**
   * The level as the asker knows it to be at least. It changes nothing unless the store has lost its memory: then that comes
   * back with it.
   */
  readonly known: number
}

export interface Grant {
  /** Tokens lent. They may be spent until LEASE_MS after the question. */
  readonly extra: number
  /** What is taken now, and what is lent and may yet be taken, in ticks. */
  readonly level: number
  readonly reserved: number
  /** Ticks until `need` could be taken; 0 where it was there. */
  readonly wait: number
}

export interface Taken {
  /** All needs have been taken, or none. */
  readonly taken: boolean
  /** One for each want. */
  readonly grants: readonly Grant[]
}

/**
 * Counts that several askers may share. Every implementation passes one suite: src/guard/limit/store-contract.ts.
 * - All needs of one call are taken, or none is.
 * - In any span, measured by the store's clock, no more than `burst + span ÷ interval` is taken of a count.
 * - What is lent counts as taken until it is given back; what is neither used nor given back in time counts as used.
 */
export interface CountStore {
  /** False while it is known that nobody would answer. */
  readonly reachable: boolean
  /** Tokens of one count that one asker may be lent; 0: it is asked every time, and answers at once. */
  readonly lease: number
  /** Between how many askers a limit is divided while the store is away. */
  readonly sharers: number
  /** Rejects when there is no answer: what was taken then stays taken. */
  take(wants: readonly Want[]): Taken | Promise<Taken>
  close(): void
}

/** How long lent tokens may be spent. Unspent ones are given back then. */
export const LEASE_MS = 1_000
/** After this the store takes for spent what it has lent and heard nothing of: later than any answer that still counts. */
export const RESERVED_MS = 1_500
/** No answer by then: the store is taken for lost, and the request judged without it. */
export const ANSWER_MS = 250
/** Tokens of one count that one worker may hold; of a count so generous that a thousandth of it is more, that. */
export const LEASE_MAX = 64
const LEASE_SHARE = 1_000
/** What holds the numbers of leases holds no more. */
const LEASE_BOUND = 65_535

/** Tokens of this rule's counts that one worker may hold where the store lends `lease`; 0 where it lends none. */
export function leaseOf({ burst }: Pick<CountedRule, 'burst'>, lease: number): number {
  return lease === 0 ? 0 : Math.min(LEASE_BOUND, Math.max(lease, Math.floor(burst / LEASE_SHARE)))
}
