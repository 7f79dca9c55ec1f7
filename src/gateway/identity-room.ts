import { readFileSync } from 'node:fs'
import { messageOf } from '../core/problem.ts'
import { keyRing, parseApiKeys } from '../guard/identity/api-keys.ts'
import { createIdentity } from '../guard/identity/identity.ts'
import type { Identity } from '../guard/identity/identity.ts'
import { keySetCache } from '../guard/identity/key-set.ts'
import { createLockout } from '../guard/identity/lockout.ts'
import type { Lockout } from '../guard/identity/lockout.ts'
import { tokenVerifier } from '../guard/identity/tokens.ts'
import type { GuardPolicy, IdentityPolicy } from '../guard/policy.ts'

/** Who asks, and who has failed too often, as one worker knows it. */
export interface IdentityRoom {
  /** Null: the policy asks nobody. */
  readonly identity: Identity | null
  readonly lockout: Lockout
  /** Why credentials cannot be checked: what is protected stays closed. */
  readonly fault: string | null
  apply(policy: GuardPolicy | null): void
}

/** Keeps verified tokens, counted failures and fetched keys for as long as their policy is the same. */
export function createIdentityRoom(): IdentityRoom {
  let known = { identity: 'null', lockout: '' }
  const room = {
    identity: null as Identity | null,
    lockout: createLockout({ after: 10, withinMs: 300_000, forMs: 900_000, now: Date.now }),
    fault: null as string | null,
    apply(policy: GuardPolicy | null) {
      const next = { identity: JSON.stringify(policy?.identity ?? null), lockout: JSON.stringify(policy?.lockout) }
      if (policy !== null && next.lockout !== known.lockout)
        room.lockout = createLockout({ ...policy.lockout, now: Date.now })
      if (next.identity !== known.identity) make(policy?.identity ?? null)
      known = next
    },
  }
  return room

  function make(policy: IdentityPolicy | null): void {
    room.fault = null
    if (policy === null) return void (room.identity = null)
    const { jwt } = policy
    let secrets: { readonly keys?: string; readonly jwt?: string } = {}
    try {
      if (policy.secretsFile !== null) secrets = JSON.parse(readFileSync(policy.secretsFile, 'utf8')) as typeof secrets
      const isWhole =
        (!policy.keys || secrets.keys !== undefined) && (jwt?.shared !== true || secrets.jwt !== undefined)
      if (!isWhole) throw new Error('it does not hold what the policy needs')
      room.identity = createIdentity(policy, {
        now: Date.now,
        keys: policy.keys ? keyRing(parseApiKeys(secrets.keys!)) : null,
        tokens:
          jwt === null
            ? null
            : tokenVerifier({
                issuer: jwt.issuer,
                audience: jwt.audience,
                shared: jwt.shared ? secrets.jwt! : null,
                keySet: jwt.shared ? null : keySetCache({ jwks: jwt.jwks, issuer: jwt.issuer, fetch, now: Date.now }),
                now: Date.now,
              }),
      })
    } catch (error) {
      room.fault = `the guard's secrets cannot be used: ${messageOf(error)}`
      room.identity = createIdentity(policy, { now: Date.now, keys: null, tokens: null, fault: room.fault })
    }
  }
}
