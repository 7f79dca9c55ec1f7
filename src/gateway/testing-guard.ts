import type { GuardPolicy } from '../guard/policy.ts'

/** A policy that asks for nothing, or for what `parts` says. */
export function policyOf(parts: Partial<GuardPolicy> = {}): GuardPolicy {
  return {
    threats: 'off',
    routes: [],
    exceptions: [],
    limits: [],
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
