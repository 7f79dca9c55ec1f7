/** JSON Web Tokens (RFC 7519, RFC 8725): checked by jose, remembered for a moment. */
import type { JWTPayload } from 'jose'
import { messageOf } from '../../core/problem.ts'
import type { Principal } from '../request.ts'
import type { KeySet, KeySetCache } from './key-set.ts'

export type TokenFinding =
  | { readonly kind: 'known'; readonly principal: Principal; readonly untilMs: number }
  | { readonly kind: 'expired' | 'wrong'; readonly reason: string }
  /** The issuer's keys are not at hand: nobody can tell. */
  | { readonly kind: 'unavailable'; readonly reason: string }

export interface TokenVerifier {
  /** At once where the token was checked a moment ago. */
  verify(token: string): TokenFinding | Promise<TokenFinding>
}

export interface TokenOptions {
  readonly issuer: string
  readonly audience: string
  /** HS256, and nothing else is believed. */
  readonly shared: string | null
  /** Asymmetric algorithms, and nothing else is believed. */
  readonly keySet: KeySetCache | null
  readonly now: () => number
}

/** Pinned by the kind of key: a public key must never serve as a shared secret (RFC 8725 §2.1). */
const ASYMMETRIC = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519']
const SHARED = ['HS256']
/** RFC 7518 §3.2: a key of at least the hash's size. */
export const SHARED_BYTES_MIN = 32
/** Clocks differ. */
const TOLERANCE_S = 5
/** A revocation by the issuer takes effect after this long at the latest. */
export const REMEMBERED_MS = 60_000
const REMEMBERED_MAX = 10_000
/** Wrong ones apart from the good, so that rubbish cannot push those out. */
const REFUSED_MS = 5_000
const REFUSED_MAX = 1_000
export const TOKEN_CHARACTERS_MAX = 8_192

export function tokenVerifier(options: TokenOptions): TokenVerifier {
  const { now } = options
  const good = new Map<string, Extract<TokenFinding, { kind: 'known' }> & { readonly forgetMs: number }>()
  const bad = new Map<string, { readonly finding: TokenFinding; readonly forgetMs: number }>()
  let version = 0
  return {
    verify(token) {
      if (token.length > TOKEN_CHARACTERS_MAX) return { kind: 'wrong', reason: 'the token is too long' }
      const nowMs = now()
      const known = good.get(token)
      if (known !== undefined && nowMs < known.forgetMs) return known
      const refused = bad.get(token)
      if (refused !== undefined && nowMs < refused.forgetMs) return refused.finding
      return check(token)
    },
  }

  async function check(token: string): Promise<TokenFinding> {
    const finding = await judge(token)
    const nowMs = now()
    if (finding.kind === 'known') {
      keep(good, REMEMBERED_MAX, token, { ...finding, forgetMs: Math.min(finding.untilMs, nowMs + REMEMBERED_MS) })
    } else if (finding.kind !== 'unavailable') {
      keep(bad, REFUSED_MAX, token, { finding, forgetMs: nowMs + REFUSED_MS })
    }
    return finding
  }

  async function judge(token: string): Promise<TokenFinding> {
    const jose = await import('jose')
    const { issuer, audience, shared, keySet } = options
    const expectations = {
      issuer,
      audience,
      algorithms: shared === null ? ASYMMETRIC : SHARED,
      clockTolerance: TOLERANCE_S,
      requiredClaims: ['exp', 'sub'],
      currentDate: new Date(now()),
    }
    for (const missing of [false, true]) {
      let set: KeySet | null = null
      try {
        set = shared === null ? await keySet!.get(missing) : null
      } catch (error) {
        return { kind: 'unavailable', reason: messageOf(error) }
      }
      if (set !== null && set.version !== version) {
        // A key that is gone takes its tokens with it.
        version = set.version
        good.clear()
        bad.clear()
      }
      try {
        const { payload } =
          set === null
            ? await jose.jwtVerify(token, new TextEncoder().encode(shared!), expectations)
            : await jose.jwtVerify(token, jose.createLocalJWKSet(set.keys), expectations)
        return { kind: 'known', principal: principalOf(payload), untilMs: payload.exp! * 1000 }
      } catch (error) {
        if (error instanceof jose.errors.JWKSNoMatchingKey && !missing) continue
        if (error instanceof jose.errors.JWTExpired) return { kind: 'expired', reason: 'the token has expired' }
        return { kind: 'wrong', reason: messageOf(error) }
      }
    }
    return { kind: 'wrong', reason: 'the token names a key that its issuer does not have' }
  }
}

/** Roles from `roles` or `role`; scopes from `scope` (RFC 8693 §4.2) or `scp`. */
function principalOf(payload: JWTPayload): Principal {
  return {
    kind: 'subject',
    id: payload.sub!,
    roles: list(payload['roles'] ?? payload['role']),
    scopes: list(payload['scope'] ?? payload['scp']),
  }
}

function list(claim: unknown): readonly string[] {
  if (typeof claim === 'string') return claim.split(' ').filter((one) => one !== '')
  return Array.isArray(claim) ? claim.filter((one) => typeof one === 'string') : []
}

function keep<Value>(map: Map<string, Value>, max: number, key: string, value: Value): void {
  map.delete(key)
  if (map.size >= max) map.delete(map.keys().next().value!)
  map.set(key, value)
}
