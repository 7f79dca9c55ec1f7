import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ResolvedNeed } from '../../config/resolved.ts'
import { makeConnections, type Place } from './connections.ts'
import { variablesOf } from './connection.ts'

function need(kind: ResolvedNeed['kind'], url: string | null = null): ResolvedNeed {
  return { kind, version: null, url, role: 'store', bytesMax: null }
}

/** The variables of a service that requires all of these. */
function variables(
  needs: Record<string, ResolvedNeed>,
  places: Record<string, Place>,
): Readonly<Record<string, string>> {
  const uses = Object.fromEntries(Object.keys(needs).map((name) => [name, 'required' as const]))
  return variablesOf(makeConnections({ uses }, needs, (name) => places[name] ?? null))
}

test('a file comes with its URL, its path and how long to wait for a writer', () => {
  assert.deepEqual(variables({ 'main-db': need('sqlite') }, { 'main-db': { file: '/s/needs/main-db/main-db.db' } }), {
    DATABASE_URL: 'file:/s/needs/main-db/main-db.db',
    MAIN_DB_FILE: '/s/needs/main-db/main-db.db',
    MAIN_DB_BUSY_TIMEOUT_MS: '5000',
    MAIN_DB_URL: 'file:/s/needs/main-db/main-db.db',
  })
})

test("an external need comes under the secret's name too", () => {
  assert.deepEqual(variables({ pay: need('http', 'PAYMENTS') }, { pay: { url: 'https://pay.example' } }), {
    PAYMENTS: 'https://pay.example',
    PAY_URL: 'https://pay.example',
  })
})

test('the conventional names are given where they can mean one need only', () => {
  const db = { url: 'postgres://a' }
  const other = { url: 'postgres://b' }
  const cache = { url: 'redis://c' }
  assert.deepEqual(variables({ db: need('postgres'), cache: need('redis') }, { db, cache }), {
    DATABASE_URL: db.url,
    DB_URL: db.url,
    REDIS_URL: cache.url,
    CACHE_URL: cache.url,
  })
  assert.deepEqual(variables({ db: need('postgres'), old: need('postgres') }, { db, old: other }), {
    DB_URL: db.url,
    OLD_URL: other.url,
  })
  // A need that is called so has the name for itself.
  assert.deepEqual(variables({ db: need('postgres'), database: need('http', 'X') }, { db, database: other }), {
    DB_URL: db.url,
    X: other.url,
    DATABASE_URL: other.url,
  })
})

test('what has no place yet is left out', () => {
  assert.deepEqual(variables({ db: need('postgres', 'DB') }, {}), {})
})
