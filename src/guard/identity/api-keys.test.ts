import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keyRing, newApiKey, parseApiKeys } from './api-keys.ts'

const NOW = Date.parse('2026-11-01T00:00:00Z')

void test('a key is known by its hash alone, with what it may do', () => {
  const { key, line } = newApiKey({ id: 'ci', scopes: ['read', 'deploy'], roles: ['admin'], expiresMs: null })
  assert.ok(!line.includes(key))
  assert.deepEqual(keyRing(parseApiKeys(line)).find(key, NOW), {
    kind: 'known',
    principal: { kind: 'key', id: 'ci', roles: ['admin'], scopes: ['read', 'deploy'] },
    untilMs: null,
  })
})

void test('another key, a part of one, its hash, and one that is too long are unknown', () => {
  const { key, line } = newApiKey({ id: 'ci', scopes: [], roles: [], expiresMs: null })
  const ring = keyRing(parseApiKeys(line))
  const hash = line.split(':')[2]!
  for (const other of ['', key.slice(0, -1), `${key} `, hash, `sha256:${hash}`, 'x'.repeat(10_000)]) {
    assert.deepEqual(ring.find(other, NOW), { kind: 'unknown' })
  }
})

void test('a rotation: both keys of one id count until the older ends', () => {
  const until = NOW + 60_000
  const older = newApiKey({ id: 'ci', scopes: [], roles: [], expiresMs: until })
  const newer = newApiKey({ id: 'ci', scopes: [], roles: [], expiresMs: null })
  const ring = keyRing(parseApiKeys(`${older.line}\n${newer.line}`))
  assert.equal(ring.find(older.key, until - 1).kind, 'known')
  assert.deepEqual(ring.find(older.key, until), { kind: 'expired', id: 'ci' })
  assert.equal(ring.find(newer.key, until).kind, 'known')
})

void test('entries that cannot be read are named together, without what they hold', () => {
  const bad = `plain-secret-key\nci:sha256:abc\nx:sha256:${'0'.repeat(64)},expires=soon\ny:sha256:${'0'.repeat(64)},color=red`
  assert.throws(
    () => parseApiKeys(bad),
    (error: Error & { details: readonly string[]; hint: string }) => {
      assert.equal(error.details.length, 4)
      assert.ok(!JSON.stringify(error.details).includes('plain-secret-key'))
      assert.match(error.hint, /seaworthy guard key/)
      return true
    },
  )
})
