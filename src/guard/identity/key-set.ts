/** The public keys of a token issuer (RFC 7517), fetched, kept and renewed. */
import type { JSONWebKeySet } from 'jose'
import { messageOf } from '../../core/problem.ts'

/** A set is renewed after this long … */
export const RENEW_MS = 10 * 60_000
/** … and, when a token names a key that is not in it, at most so often: the issuer has rotated, or somebody plays. */
export const ASK_AGAIN_MS = 30_000
/** While the issuer cannot be reached the last set counts for this long. */
export const STALE_MS = 24 * 60 * 60_000
const WITHIN_MS = 5_000
const BYTES_MAX = 256 * 1024

export interface KeySetOptions {
  readonly jwks: string | null
  readonly issuer: string
  readonly fetch: typeof globalThis.fetch
  readonly now: () => number
}

export interface KeySetCache {
  /** The set in force. `missing`: a token names a key that is not in the one given before. @throws when there is none. */
  get(missing?: boolean): Promise<KeySet>
}

export interface KeySet {
  readonly keys: JSONWebKeySet
  /** Differs for every set whose keys differ. */
  readonly version: number
}

export function keySetCache({ jwks, issuer, fetch, now }: KeySetOptions): KeySetCache {
  let current: (KeySet & { readonly text: string; readonly atMs: number }) | null = null
  let asking: Promise<void> | null = null
  let askedMs = -Infinity
  let lastError = 'the keys were never fetched'
  return {
    async get(missing = false) {
      const age = current === null ? Infinity : now() - current.atMs
      const due = current === null || age > RENEW_MS || missing
      if (due && now() - askedMs >= ASK_AGAIN_MS) {
        askedMs = now()
        asking ??= renew().finally(() => (asking = null))
      }
      // A renewal in time makes nobody wait; a first fetch or an unknown key does.
      if (asking !== null && (current === null || missing || age > STALE_MS)) await asking
      if (current === null || now() - current.atMs > STALE_MS) throw new Error(lastError)
      return current
    },
  }

  async function renew(): Promise<void> {
    try {
      const text = await read(jwks ?? (await discovered()))
      const keys = JSON.parse(text) as JSONWebKeySet
      if (!Array.isArray(keys.keys)) throw new Error('it is no key set')
      const version = current === null ? 1 : current.text === text ? current.version : current.version + 1
      current = { keys, text, version, atMs: now() }
    } catch (error) {
      lastError = `the keys of ${issuer} cannot be fetched: ${messageOf(error)}`
    }
  }

  /** OpenID Connect Discovery 1.0 §4. */
  async function discovered(): Promise<string> {
    const found = JSON.parse(await read(`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`)) as {
      jwks_uri?: unknown
    }
    if (typeof found.jwks_uri !== 'string') throw new Error('its discovery document names no jwks_uri')
    return found.jwks_uri
  }

  async function read(url: string): Promise<string> {
    const answer = await fetch(url, { signal: AbortSignal.timeout(WITHIN_MS), redirect: 'error' })
    if (!answer.ok) throw new Error(`${url} answers ${answer.status}`)
    const chunks: Uint8Array[] = []
    let bytes = 0
    for await (const chunk of answer.body ?? []) {
      bytes += chunk.length
      if (bytes > BYTES_MAX) throw new Error(`${url} is larger than ${BYTES_MAX} bytes`)
      chunks.push(chunk)
    }
    return Buffer.concat(chunks).toString('utf8')
  }
}
