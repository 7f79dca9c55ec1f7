import type { LimitRule } from '../policy.ts'
import { standingOf } from './counted.ts'
import type { Counted } from './counted.ts'
import { createOutage } from './outage.ts'
import type { Outage } from './outage.ts'
import type { KeyHash } from './hash.ts'
import { Leases } from './leases.ts'
import { keyOf, rulesOf } from './rule.ts'
import type { Asker, Rule } from './rule.ts'
import { leaseOf } from './store.ts'
import type { CountStore, Taken, Want } from './store.ts'
import { verdictOf } from './verdict.ts'
import type { LimitVerdict, Standing } from './verdict.ts'

/** How often what was lent and not spent is given back. */
export const SETTLE_MS = 250
/** Counts settled in one call. */
const SETTLE_MAX = 256

export interface LimiterOptions {
  readonly limits: readonly LimitRule[]
  readonly store: CountStore
  readonly hash: KeyHash
  /** Ticks of a clock that does not jump. */
  readonly now: () => number
  /** The counts cannot be reached, or can again. */
  readonly onStore?: (isLost: boolean, because: string) => void
}

/** The limits of one process. */
export interface Limiter {
  /**
   * A refusal that is known without asking anybody and without knowing who asks; null: it is not known. Costs nothing.
   * Limits per key and per subject have no part in it.
   */
  early(asker: Asker): LimitVerdict | null
  /** Takes from every count of the request, or from none. At once when there is nobody to ask; null where no limit counts it. */
  judge(asker: Asker): LimitVerdict | null | Promise<LimitVerdict>
  /** Requests judged without the store. */
  unshared(): number
  /** Gives back what was lent and not spent: call it every SETTLE_MS. */
  settle(): void
}

type SlotFor = (leases: Leases, key: string, hashed: number) => number

export function createLimiter({ limits, store, hash, now: clock, onStore = () => {} }: LimiterOptions): Limiter {
  const rules = rulesOf(limits)
  const leases = rules.map((rule) => new Leases(rule, leaseOf(rule, store.lease)))
  const outage: Outage = createOutage({ store, hash, now: clock, onStore })
  return {
    early(asker) {
      const now = clock()
      const counted = countedOf(asker, (own, _key, hashed) => own.slots.find(hashed), isKnownEarly)
      return refusedBefore(counted, now)
    },
    judge(asker) {
      if (rules.length === 0) return null
      const now = clock()
      const counted = countedOf(asker, (own, key, hashed) => own.slotOf(key, hashed, now))
      if (counted.length === 0) return null
      return refusedBefore(counted, now) ?? spent(counted, now) ?? taken(counted, now)
    },
    unshared: () => outage.judged(),
    settle,
  }

  /** The limits that count this request, where their counts have a slot. */
  function countedOf(asker: Asker, slotFor: SlotFor, select: (rule: Rule) => boolean = all): Counted[] {
    const counted: Counted[] = []
    // Most limits count the same client: it is looked at once.
    let [lastKey, lastHash] = ['', 0]
    for (const rule of rules) {
      if (!select(rule) || !rule.takes(asker)) continue
      const key = keyOf(rule, asker)
      if (key === null) continue
      if (key !== lastKey || lastHash === 0) [lastKey, lastHash] = [key, hash(key)]
      const own = leases[rule.index]!
      const slot = slotFor(own, key, lastHash)
      if (slot >= 0) counted.push({ rule, leases: own, key, slot })
    }
    return counted
  }

  /** Nobody is asked again before the time that was told. */
  function refusedBefore(counted: readonly Counted[], now: number): LimitVerdict | null {
    if (!counted.some((one) => one.leases.refusedFor(one.slot, now) > 0)) return null
    return verdictOf(
      counted.map((one) => ({ ...standingOf(one, now), wait: one.leases.refusedFor(one.slot, now) })),
      { allowed: false },
    )
  }

  function spent(counted: readonly Counted[], now: number): LimitVerdict | null {
    for (const { leases: own, slot, rule } of counted) if (own.held(slot, now) < rule.cost) return null
    for (const { leases: own, slot, rule } of counted) own.spend(slot, rule.cost)
    return verdictOf(
      counted.map((one) => standingOf(one, now)),
      { allowed: true },
    )
  }

  function taken(counted: readonly Counted[], now: number): LimitVerdict | Promise<LimitVerdict> {
    if (!outage.mayAsk()) return outage.judge(counted, now)
    const asked: { readonly one: Counted; readonly want: Want }[] = []
    const held: Counted[] = []
    for (const one of counted) {
      if (store.lease > 0 && one.leases.held(one.slot, now) >= one.rule.cost) {
        one.leases.spend(one.slot, one.rule.cost)
        held.push(one)
      } else asked.push({ one, want: one.leases.want(one.slot, one.rule.cost, now) })
    }
    const result = store.take(asked.map(({ want }) => want))
    if (!(result instanceof Promise)) return answered(result)
    return result.then(answered, (error: unknown) => {
      for (const { one, want } of asked) one.leases.unanswered(slotOf(one), want)
      for (const one of held) one.leases.unspend(slotOf(one), one.rule.cost)
      outage.failed(error)
      return outage.judge(counted, clock())
    })

    function answered(answer: Taken): LimitVerdict {
      outage.answered()
      const then = clock()
      const standings = asked.map(({ one, want }, index): Standing => {
        const grant = answer.grants[index]!
        const slot = slotOf(one)
        one.leases.granted(slot, want, grant, { askedAt: now, now: then, taken: answer.taken })
        return { ...standingOf({ ...one, slot }, then), wait: answer.taken ? 0 : grant.wait }
      })
      for (const one of held) {
        if (!answer.taken) one.leases.unspend(slotOf(one), one.rule.cost)
        standings.push(standingOf(one, then))
      }
      return verdictOf(standings, { allowed: answer.taken })
    }
  }

  /** While it waited, its slot may have become another key's. */
  function slotOf({ leases: own, key }: Counted): number {
    return own.slotOf(key, hash(key), clock())
  }

  function settle(): void {
    const now = clock()
    for (const own of leases) {
      // What a store that is away was not told stays owed.
      while (outage.mayTell()) {
        const wants = own.settle(now, SETTLE_MAX)
        if (wants.length === 0) break
        const result = store.take(wants)
        if (!(result instanceof Promise)) continue
        result.then(
          () => outage.answered(),
          (error: unknown) => {
            for (const want of wants) own.unanswered(own.slotOf(want.key, hash(want.key), clock()), want)
            outage.failed(error)
          },
        )
      }
    }
  }
}

const all = (): boolean => true

function isKnownEarly({ per }: Rule): boolean {
  return per === 'client' || per === 'all'
}
