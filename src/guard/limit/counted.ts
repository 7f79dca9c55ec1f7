import type { Leases } from './leases.ts'
import type { Rule } from './rule.ts'
import type { Standing } from './verdict.ts'

/** What one limit has to do with one request. */
export interface Counted {
  readonly rule: Rule
  readonly leases: Leases
  readonly key: string
  /** In `leases`. */
  readonly slot: number
}

/** What is remembered of a count. */
export function standingOf({ rule, leases, slot }: Counted, now: number): Standing {
  return {
    rule,
    level: leases.levelOf(slot, now) + leases.reservedOf(slot),
    wait: 0,
    held: leases.held(slot, now),
  }
}
