import type { PromiseState } from './objective.ts'

/** What a drill has shown of an objective, bound to what it was shown of. */
export interface Evidence {
  readonly release: string
  /** Milliseconds since the epoch. */
  readonly takenAtMs: number
  readonly validUntilMs: number
}

export interface Now {
  /** The live release; null: none is. */
  readonly release: string | null
  readonly nowMs: number
}

/**
 * Where an objective stands in its life. Refused comes first: evidence of what cannot be kept is evidence of something
 * else. Null evidence: no drill has passed, so that whatever is feasible is unproven.
 */
export function stateOf(isRefused: boolean, evidence: Evidence | null, { release, nowMs }: Now): PromiseState {
  if (isRefused) return 'infeasible'
  if (evidence === null) return 'unproven'
  return evidence.release === release && nowMs < evidence.validUntilMs ? 'proven' : 'stale'
}

/** What a promise's parts come to: as good as the least of them. */
export function leastState(states: readonly PromiseState[]): PromiseState {
  const order: readonly PromiseState[] = ['infeasible', 'declared', 'derived', 'unproven', 'stale', 'proven']
  return order.find((state) => states.includes(state)) ?? 'declared'
}
