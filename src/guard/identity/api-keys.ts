/**
 * API keys. What is kept is a line for each: its id, the SHA-256 of the key, what it may do and until when. A key is 32 random
 * bytes, so that a plain hash is as good as a slow one: there is nothing to guess. Two lines of one id are a rotation with overlap.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { Problem } from '../../core/problem.ts'
import type { Principal } from '../request.ts'

export interface ApiKeyEntry {
  readonly id: string
  /** SHA-256 of the key, 64 hex digits. */
  readonly sha256: string
  readonly scopes: readonly string[]
  readonly roles: readonly string[]
  /** Milliseconds since the epoch; null: never. */
  readonly expiresMs: number | null
}

export type KeyFinding =
  | { readonly kind: 'known'; readonly principal: Principal; readonly untilMs: number | null }
  | { readonly kind: 'expired'; readonly id: string }
  | { readonly kind: 'unknown' }

export interface KeyRing {
  /** Constant in time for every key of the same length, known or not. */
  find(key: string, nowMs: number): KeyFinding
}

/** Longer ones are nobody's. */
export const KEY_CHARACTERS_MAX = 512
export const ENTRIES_MAX = 10_000
const PREFIX = 'swk_'

export function keyRing(entries: readonly ApiKeyEntry[]): KeyRing {
  const byHash = new Map(entries.map((entry) => [entry.sha256, { entry, hash: Buffer.from(entry.sha256, 'hex') }]))
  // What an unknown key is compared with, so that it takes as long.
  const nobody = { entry: null, hash: randomBytes(32) }
  return {
    find(key, nowMs) {
      if (key.length > KEY_CHARACTERS_MAX) return { kind: 'unknown' }
      const hash = createHash('sha256').update(key).digest()
      // The place in the map depends on a hash that nobody can steer towards a known one.
      const { entry, hash: known } = byHash.get(hash.toString('hex')) ?? nobody
      if (!timingSafeEqual(hash, known) || entry === null) return { kind: 'unknown' }
      const { id, roles, scopes, expiresMs } = entry
      if (expiresMs !== null && nowMs >= expiresMs) return { kind: 'expired', id }
      return { kind: 'known', principal: { kind: 'key', id, roles, scopes }, untilMs: expiresMs }
    },
  }
}

export interface NewKey {
  /** Shown once. */
  readonly key: string
  /** The line that is kept. */
  readonly line: string
}

/** Makes a key and its line. `expiresMs` null: it never ends. */
export function newApiKey(parts: Omit<ApiKeyEntry, 'sha256'>): NewKey {
  const key = PREFIX + randomBytes(32).toString('base64url')
  const { id, scopes, roles, expiresMs } = parts
  const fields = [
    `sha256:${createHash('sha256').update(key).digest('hex')}`,
    ...(scopes.length > 0 ? [`scopes=${scopes.join('+')}`] : []),
    ...(roles.length > 0 ? [`roles=${roles.join('+')}`] : []),
    ...(expiresMs === null ? [] : [`expires=${new Date(expiresMs).toISOString()}`]),
  ]
  return { key, line: `${id}:${fields.join(',')}` }
}

/**
 * Reads `id:sha256:<hex>,scopes=a+b,roles=c,expires=<ISO 8601>`, one entry a line or separated by blanks, so that all fit into
 * one value of a secrets file.
 * @throws Problem `guard.keys-wrong` with every line that is wrong; never with what stands in it.
 */
export function parseApiKeys(text: string): readonly ApiKeyEntry[] {
  const entries: ApiKeyEntry[] = []
  const wrong: string[] = []
  const lines = text.split(/\s+/).filter((line) => line !== '')
  if (lines.length > ENTRIES_MAX) wrong.push(`${lines.length} entries; at most ${ENTRIES_MAX}`)
  for (const [index, line] of lines.slice(0, ENTRIES_MAX).entries()) {
    const entry = entryOf(line)
    if (typeof entry === 'string') wrong.push(`entry ${index + 1}: ${entry}`)
    else entries.push(entry)
  }
  if (wrong.length > 0) {
    throw new Problem('guard.keys-wrong', `${wrong.length} of the API keys' entries cannot be read`, {
      hint: 'Make an entry with `seaworthy guard key NAME`: it prints the key once and the entry that is kept.',
      details: wrong,
    })
  }
  return entries
}

function entryOf(line: string): ApiKeyEntry | string {
  const match = /^([A-Za-z0-9._@-]{1,64}):sha256:([0-9a-f]{64})((?:,[a-z]+=[^,\s]{1,512}){0,3})$/.exec(line)
  if (match === null)
    return 'it is not of the form id:sha256:<64 hex digits>,scopes=a+b,roles=c,expires=2027-01-01T00:00:00Z'
  const fields = new Map(
    match[3]!
      .split(',')
      .slice(1)
      .map((field): [string, string] => [field.slice(0, field.indexOf('=')), field.slice(field.indexOf('=') + 1)]),
  )
  const unknown = [...fields.keys()].find((name) => !['scopes', 'roles', 'expires'].includes(name))
  if (unknown !== undefined) return `it has no field ${unknown}`
  const expires = fields.get('expires')
  const expiresMs = expires === undefined ? null : Date.parse(expires)
  if (Number.isNaN(expiresMs)) return 'expires is no time such as 2027-01-01T00:00:00Z'
  const list = (name: string): readonly string[] =>
    fields
      .get(name)
      ?.split('+')
      .filter((one) => one !== '') ?? []
  return { id: match[1]!, sha256: match[2]!, scopes: list('scopes'), roles: list('roles'), expiresMs }
}
