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
  readonly judged: number
  /** Whether the store can be asked. Says yes now and then while it does not answer, to see whether it is back. */
  mayAsk(): boolean
  failed(error: unknown): void
  answered(): void
  /**
   * As each limit says: `allow` does not count, `refuse` refuses, `local` counts here, a share of the limit that begins with
   * what was last known to be left.
   */
  judge(counted: readonly Counted[], now: number): LimitVerdict
}

export function createOutage({ store, hash, now: clock, onStore }: OutageOptions): Outage {
  let isLost = false
  let askAgainAt = 0
  let judged = 0
  let shares: Counts | null = null
  const shareRules = new Map<Rule, Rule>()
  return {
    get judged() {
      return judged
    },
    mayAsk() {
      if (!store.reachable) {
        lose('nobody is connected')
        return false
      }
      if (!isLost) return true
      const now = clock()
      if (now < askAgainAt) return false
      askAgainAt = now + ASK_AGAIN_MS * TICKS_PER_MS
      return true
    },
    failed(error) {
      askAgainAt = clock() + ASK_AGAIN_MS * TICKS_PER_MS
      lose(error instanceof Error ? error.message : String(error))
    },
    answered() {
      if (!isLost) return
      isLost = false
      shares = null
      shareRules.clear()
      onStore(false, `${judged} requests were judged without it since this process began`)
    },
    judge(counted, now) {
      judged += 1
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

  function lose(because: string): void {
    if (isLost) return
    isLost = true
    onStore(true, because)
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
