import type { GuardPolicy, LimitRule } from '../guard/policy.ts'

/** For tests: a policy that judges nothing but what `parts` says. */
export function policyOf(parts: Partial<GuardPolicy> = {}): GuardPolicy {
  return {
    threats: 'off',
    routes: [],
    exceptions: [],
    limits: [],
    probes: [],
    workers: 1,
    connectionsPerClient: null,
    identity: null,
    lockout: { after: 10, withinMs: 300_000, forMs: 900_000 },
    block: [],
    allow: [],
    feeds: [],
    headers: {},
    cors: null,
    ...parts,
  }
}

/** Two requests an hour and client, or whatever `parts` says. */
export function limitOf(parts: Partial<LimitRule> = {}): LimitRule {
  const rule = {
    per: 'client',
    on: null,
    count: 2,
    perMs: 3_600_000,
    burst: parts.count ?? 2,
    cost: 1,
    whenStoreIsLost: 'local',
    ...parts,
  } as const
  const { per, on, count, perMs, burst, cost } = rule
  return { id: `${per} ${on?.path ?? '*'} ${count}/${perMs} ${burst} ${cost}`, ...rule }
}
