import type { LimitRule } from '../policy.ts'
import { TICKS_PER_MS, tokensAt } from './gcra.ts'
import { keyOf, rulesOf } from './rule.ts'
import type { CountedRule } from './store.ts'

/** How one limit stands for one key. */
export interface LimitStatus {
  /** LimitRule.id. */
  readonly id: string
  readonly per: LimitRule['per']
  readonly on: LimitRule['on']
  /** Requests that may come at once, and those left of them. */
  readonly limit: number
  readonly remaining: number
  /** Until all of them may come again. */
  readonly resetMs: number
}

interface Question {
  readonly per: LimitRule['per']
  /** An address, a key's id or a subject; ignored for `all`. */
  readonly id: string
  /** What is taken or lent of a count, in ticks. */
  readonly levelOf: (rule: CountedRule, key: string) => Promise<number>
}

/** The limits that count this key, as they stand. Takes nothing. */
export function limitStatus(
  limits: readonly LimitRule[],
  { per, id, levelOf }: Question,
): Promise<readonly LimitStatus[]> {
  const principal = per === 'key' || per === 'subject' ? { kind: per, id, roles: [], scopes: [] } : null
  const rules = rulesOf(limits).filter((rule) => rule.per === per)
  return Promise.all(
    rules.map(async (rule) => {
      const level = await levelOf(rule, keyOf(rule, { client: id, principal })!)
      return {
        id: rule.id,
        per,
        on: limits[rule.index]!.on,
        limit: rule.limit,
        remaining: Math.min(rule.limit, Math.floor(tokensAt(level, rule) / rule.cost)),
        resetMs: Math.ceil(level / TICKS_PER_MS),
      }
    }),
  )
}
