import { TICKS_PER_MS, tokensAt } from './gcra.ts'
import type { Rule } from './rule.ts'

/** What the limits say of one request. */
export interface LimitVerdict {
  readonly allowed: boolean
  /** The limit that is nearest: the one that refused, or the one with the fewest requests left. */
  readonly rule: Rule
  /** All that counted the request. */
  readonly rules: readonly Rule[]
  /** Requests that may still come at once. */
  readonly remaining: number
  /** Until all of them may come again; of a refusal, until one may. */
  readonly resetMs: number
  /** Refused because the counts could not be reached, and this limit says so. */
  readonly storeLost: boolean
}

/** How one count stands after a request. */
export interface Standing {
  readonly rule: Rule
  /** In ticks. */
  readonly level: number
  /** Ticks until the request could pass; 0 where it does. */
  readonly wait: number
  /** Tokens held here, which the level counts as taken. @default 0 */
  readonly held?: number
}

/** The verdict of all counts together. At least one is needed. */
export function verdictOf(standings: readonly Standing[], { allowed, storeLost = false }: Ending): LimitVerdict {
  let nearest = standings[0]!
  for (const standing of standings) {
    if (allowed ? remainingOf(standing) < remainingOf(nearest) : standing.wait > nearest.wait) nearest = standing
  }
  const ticks = allowed ? nearest.level : nearest.wait
  return {
    allowed,
    rule: nearest.rule,
    rules: standings.map(({ rule }) => rule),
    remaining: allowed ? remainingOf(nearest) : 0,
    resetMs: ticks / TICKS_PER_MS,
    storeLost,
  }
}

interface Ending {
  readonly allowed: boolean
  readonly storeLost?: boolean
}

function remainingOf({ rule, level, held = 0 }: Standing): number {
  return Math.min(rule.limit, Math.floor((tokensAt(level, rule) + held) / rule.cost))
}

/**
 * What the client is told, on success and on refusal alike: the fields everybody knows, and those of
 * draft-ietf-httpapi-ratelimit-headers-11. Seconds are rounded up: waiting so long is enough. With `Retry-After` the reset
 * means the same instant, as §6 of the draft asks.
 */
export function fieldsOf({ allowed, rule, rules, remaining, resetMs }: LimitVerdict): string[] {
  const seconds = Math.ceil(resetMs / 1_000)
  const reset = String(seconds)
  const fields = [
    'X-RateLimit-Limit',
    String(rule.limit),
    'X-RateLimit-Remaining',
    String(remaining),
    'X-RateLimit-Reset',
    reset,
    'RateLimit-Policy',
    rules.length === 1 ? rule.policy : rules.map(({ policy }) => policy).join(', '),
    'RateLimit',
    `${rule.name};r=${remaining};t=${reset}`,
  ]
  if (!allowed) fields.push('Retry-After', String(Math.max(1, seconds)))
  return fields
}
