import { Counts } from './counts.ts'
import { TICKS_PER_MS } from './gcra.ts'
import type { KeyHash } from './hash.ts'
import type { Counted } from './counted.ts'
import type { Rule } from './rule.ts'
import type { CountStore, Want } from './store.ts'
import { verdictOf } from './verdict.ts'
import type { LimitVerdict, Standing } from './verdict.ts'

/** A store that did not answer is asked again after this long, by one request. */
export const ASK_AGAIN_MS = 1_000
/**
 * After a loss, requests are judged by shares for this long still, while all workers come back and tell what they have spent:
 * longer than they take to come back, which is a second at most.
 */
export const REJOIN_MS = 1_500
/** When a client that was refused for want of the store may come again. */
export const RETRY_MS = 5_000

interface OutageOptions {
  readonly store: CountStore
  readonly hash: KeyHash
  readonly now: () => number
  readonly onStore: (isLost: boolean, because: string) => void
}

/** What holds while the counts cannot be reached. */
export interface Outage {
  /** Requests judged without the store. */
  judged(): number
  /** Whether a request may ask the store. Says yes now and then while it does not answer, to see whether it is back. */
  mayAsk(): boolean
  /** Whether the store can be told what was spent. */
  mayTell(): boolean
  failed(error: unknown): void
  answered(): void
  /**
   * As each limit says: `allow` does not count, `refuse` refuses, `local` counts here, a share of the limit that begins with
   * what was last known to be left.
   */
  judge(counted: readonly Counted[], now: number): LimitVerdict
}

export function createOutage({ store, hash, now: clock, onStore }: OutageOptions): Outage {
  let phase: 'there' | 'lost' | 'rejoining' = 'there'
  let askAgainAt = 0
  let rejoinedAt = 0
  let judged = 0
  let judgedBefore = 0
  let because = ''
  /** A loss that nobody's request has met is not worth telling: a worker that begins has yet to connect. */
  let isTold = false
  let shares: Counts | null = null
  const shareRules = new Map<Rule, Rule>()
  return {
    judged: () => judged,
    mayAsk() {
      look()
      if (phase !== 'lost' || !store.reachable) return phase === 'there'
      const now = clock()
      if (now < askAgainAt) return false
      askAgainAt = now + ASK_AGAIN_MS * TICKS_PER_MS
      return true
    },
    mayTell() {
      look()
      return phase !== 'lost'
    },
    failed(error) {
      askAgainAt = clock() + ASK_AGAIN_MS * TICKS_PER_MS
      lose(error instanceof Error ? error.message : String(error))
    },
    answered() {
      if (phase === 'lost') rejoin()
    },
    judge(counted, now) {
      judged += 1
      if (!isTold) onStore(true, because)
      isTold = true
      const strict = counted.filter(({ rule }) => rule.whenStoreIsLost === 'refuse')
      if (strict.length > 0) {
        const wait = RETRY_MS * TICKS_PER_MS
        return verdictOf(
          strict.map(({ rule }): Standing => ({ rule, level: 0, wait })),
          { allowed: false, storeLost: true },
        )
      }
      const local = counted.filter(({ rule }) => rule.whenStoreIsLost === 'local')
      return local.length === 0 ? unjudged(counted) : share(local, now)
    },
  }

  function look(): void {
    if (!store.reachable) lose('nobody is connected')
    // Connected again after it had gone; one that was silent has to answer first.
    else if (phase === 'lost' && askAgainAt === 0) rejoin()
    if (phase !== 'rejoining' || clock() < rejoinedAt) return
    phase = 'there'
    shares = null
    shareRules.clear()
    if (isTold) onStore(false, `${judged - judgedBefore} requests were judged without it`)
    isTold = false
  }

  function lose(why: string): void {
    if (!store.reachable) askAgainAt = 0
    if (phase === 'lost') return
    if (phase === 'there') {
      judgedBefore = judged
      because = why
    }
    phase = 'lost'
  }

  /** Who has spent nothing meanwhile has nothing to tell before the counts are right. */
  function rejoin(): void {
    phase = 'rejoining'
    askAgainAt = 0
    rejoinedAt = judged > judgedBefore ? clock() + REJOIN_MS * TICKS_PER_MS : 0
  }

  function share(counted: readonly Counted[], now: number): LimitVerdict {
    shares ??= new Counts({ now: clock, hash })
    const wants = counted.map(({ rule, key, leases, slot }): Want => {
      const known = leases.levelOf(slot, now) + leases.reservedOf(slot)
      return { rule: shareOf(rule), key, need: rule.cost, extra: 0, used: 0, back: 0, known }
    })
    const { taken, grants } = shares.take(wants)
    // The store hears of it when it is back.
    if (taken) for (const { rule, leases, slot } of counted) leases.owe(slot, rule.cost, now)
    return verdictOf(
      grants.map(({ level, wait }, index) => ({ rule: shareOf(counted[index]!.rule), level, wait })),
      { allowed: taken },
    )
  }

  /** The limit divided by those who count for themselves now; a request must be able to pass all the same. */
  function shareOf(rule: Rule): Rule {
    let share = shareRules.get(rule)
    if (share === undefined) {
      const burst = Math.max(rule.cost, Math.floor(rule.burst / store.sharers))
      share = { ...rule, burst, interval: rule.interval * store.sharers, limit: Math.floor(burst / rule.cost) }
      shareRules.set(rule, share)
    }
    return share
  }
}

/** Nothing was counted. */
function unjudged(counted: readonly Counted[]): LimitVerdict {
  return verdictOf(
    counted.map(({ rule }): Standing => ({ rule, level: 0, wait: 0 })),
    { allowed: true },
  )
}
