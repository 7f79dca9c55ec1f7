import { keyRing, parseApiKeys } from './identity/api-keys.ts'
import { createIdentity } from './identity/identity.ts'
import type { Identity } from './identity/identity.ts'
import { keySetCache } from './identity/key-set.ts'
import { tooShort } from './identity/refresh.ts'
import { SHARED_BYTES_MIN, tokenVerifier } from './identity/tokens.ts'
import type { IdentityPolicy, RouteMatch } from './policy.ts'

export interface IdentityOptions {
  /** Entries of API keys, as `newApiKey` makes them. @default no keys */
  readonly keys?: string
  /** Tokens that are believed. Without `secret` the issuer's keys are found through it, or at `jwks`. @default none */
  readonly jwt?: {
    readonly issuer: string
    readonly audience: string
    readonly jwks?: string
    readonly secret?: string
  }
  /** Routes that need an identity. @default none */
  readonly protect?: readonly RouteMatch[]
  /** Routes for administrators alone. @default none */
  readonly admin?: NonNullable<IdentityPolicy['admin']>
}

/** @throws Problem `guard.keys-wrong`, `guard.secret-short` */
export function identityOf({ keys, jwt, protect = [], admin }: IdentityOptions): Identity {
  const bytes = jwt?.secret === undefined ? null : Buffer.byteLength(jwt.secret)
  if (bytes !== null && bytes < SHARED_BYTES_MIN) throw tooShort(bytes)
  const now = Date.now
  const policy: IdentityPolicy = {
    secretsFile: null,
    keys: keys !== undefined,
    jwt:
      jwt === undefined
        ? null
        : { issuer: jwt.issuer, audience: jwt.audience, jwks: jwt.jwks ?? null, shared: bytes !== null },
    protect,
    admin: admin ?? null,
  }
  return createIdentity(policy, {
    now,
    keys: keys === undefined ? null : keyRing(parseApiKeys(keys)),
    tokens:
      jwt === undefined
        ? null
        : tokenVerifier({
            issuer: jwt.issuer,
            audience: jwt.audience,
            shared: jwt.secret ?? null,
            keySet:
              jwt.secret === undefined ? keySetCache({ jwks: jwt.jwks ?? null, issuer: jwt.issuer, fetch, now }) : null,
            now,
          }),
  })
}
