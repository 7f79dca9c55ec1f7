/**
 * Access tokens that live an hour and refresh tokens that live thirty days, each of which counts once: whoever shows one a second
 * time proves that two hold it, and the whole family ends (RFC 9700 §4.14.2).
 */
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { Problem } from '../../core/problem.ts'
import { SHARED_BYTES_MIN } from './tokens.ts'

export const ACCESS_MS = 60 * 60_000
export const REFRESH_MS = 30 * 24 * 60 * 60_000

export interface Grant {
  readonly subject: string
  readonly roles: readonly string[]
  readonly scopes: readonly string[]
}

export interface RefreshRecord extends Grant {
  readonly family: string
  readonly expiresMs: number
}

/** Keeps refresh tokens by their hash. One step each, whatever happens beside it. */
export interface RefreshStore {
  /** Ends with `expiresMs`. */
  put(hash: string, record: RefreshRecord): Promise<void>
  /** Marks it used and says whether it had been; null: nobody knows it, or its family has ended. */
  use(hash: string): Promise<{ readonly record: RefreshRecord; readonly usedBefore: boolean } | null>
  /** Ends every token of a family. */
  end(family: string, untilMs: number): Promise<void>
}

export interface TokenPair {
  readonly access: string
  readonly refresh: string
  /** Of the access token. */
  readonly expiresMs: number
}

export type Refreshed =
  | { readonly kind: 'renewed'; readonly tokens: TokenPair }
  | { readonly kind: 'refused'; readonly reason: 'unknown' | 'expired' | 'reused'; readonly subject: string | null }

export interface TokenIssuerOptions {
  readonly issuer: string
  readonly audience: string
  /** HS256; at least 32 bytes. */
  readonly secret: string
  readonly store: RefreshStore
  /** @default ACCESS_MS */
  readonly accessMs?: number
  /** @default REFRESH_MS */
  readonly refreshMs?: number
  /** @default Date.now */
  readonly now?: () => number
}

export interface TokenIssuer {
  issue(grant: Grant): Promise<TokenPair>
  refresh(token: string): Promise<Refreshed>
  /** For a logout: ends the family of this refresh token. */
  revoke(token: string): Promise<void>
}

/** @throws Problem `guard.secret-short` */
export function createTokenIssuer(options: TokenIssuerOptions): TokenIssuer {
  const { issuer, audience, secret, store, accessMs = ACCESS_MS, refreshMs = REFRESH_MS, now = Date.now } = options
  const key = new TextEncoder().encode(secret)
  if (key.length < SHARED_BYTES_MIN) throw tooShort(key.length)
  return {
    issue: (grant) => pair({ ...grant, family: randomUUID(), expiresMs: now() + refreshMs }),
    async refresh(token) {
      const found = await store.use(hashOf(token))
      if (found === null) return { kind: 'refused', reason: 'unknown', subject: null }
      const { record, usedBefore } = found
      if (usedBefore) {
        await store.end(record.family, record.expiresMs)
        return { kind: 'refused', reason: 'reused', subject: record.subject }
      }
      if (now() >= record.expiresMs) return { kind: 'refused', reason: 'expired', subject: record.subject }
      return { kind: 'renewed', tokens: await pair({ ...record, expiresMs: now() + refreshMs }) }
    },
    async revoke(token) {
      const found = await store.use(hashOf(token))
      if (found !== null) await store.end(found.record.family, found.record.expiresMs)
    },
  }

  async function pair(record: RefreshRecord): Promise<TokenPair> {
    const { SignJWT } = await import('jose')
    const refresh = randomBytes(32).toString('base64url')
    await store.put(hashOf(refresh), record)
    const expiresMs = now() + accessMs
    const access = await new SignJWT({ roles: [...record.roles], scope: record.scopes.join(' ') })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .setSubject(record.subject)
      .setIssuer(issuer)
      .setAudience(audience)
      .setIssuedAt(Math.floor(now() / 1000))
      .setExpirationTime(Math.floor(expiresMs / 1000))
      .setJti(randomUUID())
      .sign(key)
    return { access, refresh, expiresMs }
  }
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}

export function tooShort(bytes: number): Problem {
  return new Problem('guard.secret-short', `a secret of ${bytes} bytes cannot sign tokens`, {
    hint: `Use at least ${SHARED_BYTES_MIN} random bytes: \`openssl rand -base64 48\`.`,
  })
}
