import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTokenIssuer } from './refresh.ts'
import type { RefreshStore } from './refresh.ts'
import { memoryRefreshStore } from './refresh-stores.ts'
import { tokenVerifier } from './tokens.ts'

const SECRET = 's'.repeat(32)
const anna = { subject: 'anna', roles: ['editor'], scopes: ['read'] }

function setUp(store: RefreshStore, clock: { nowMs: number }) {
  const now = (): number => clock.nowMs
  return {
    issuer: createTokenIssuer({ issuer: 'us', audience: 'api', secret: SECRET, store, now }),
    tokens: tokenVerifier({ issuer: 'us', audience: 'api', shared: SECRET, keySet: null, now }),
  }
}

void test('an access token lives an hour, its refresh token brings the next', async () => {
  const clock = { nowMs: 1_800_000_000_000 }
  const { issuer, tokens } = setUp(memoryRefreshStore({ now: () => clock.nowMs }), clock)
  const first = await issuer.issue(anna)
  const found = await tokens.verify(first.access)
  assert.ok(found.kind === 'known')
  assert.deepEqual(found.principal, { kind: 'subject', id: 'anna', roles: ['editor'], scopes: ['read'] })
  clock.nowMs += 61 * 60_000
  assert.equal((await tokens.verify(first.access)).kind, 'expired')
  const renewed = await issuer.refresh(first.refresh)
  assert.ok(renewed.kind === 'renewed')
  assert.equal((await tokens.verify(renewed.tokens.access)).kind, 'known')
})

void test('a refresh token shown twice ends its whole family, and no other', async () => {
  const clock = { nowMs: 1_800_000_000_000 }
  const { issuer } = setUp(memoryRefreshStore({ now: () => clock.nowMs }), clock)
  const stolen = await issuer.issue(anna)
  const other = await issuer.issue(anna)
  const next = await issuer.refresh(stolen.refresh)
  assert.ok(next.kind === 'renewed')
  assert.deepEqual(await issuer.refresh(stolen.refresh), { kind: 'refused', reason: 'reused', subject: 'anna' })
  assert.equal((await issuer.refresh(next.tokens.refresh)).kind, 'refused')
  assert.equal((await issuer.refresh(other.refresh)).kind, 'renewed')
})

void test('two who refresh at once do not both get through', async () => {
  const clock = { nowMs: 1_800_000_000_000 }
  const { issuer } = setUp(memoryRefreshStore({ now: () => clock.nowMs }), clock)
  const { refresh } = await issuer.issue(anna)
  const both = await Promise.all([issuer.refresh(refresh), issuer.refresh(refresh)])
  assert.deepEqual(both.map(({ kind }) => kind).toSorted(), ['refused', 'renewed'])
})

void test('it ends after thirty days, and with a logout', async () => {
  const clock = { nowMs: 1_800_000_000_000 }
  const { issuer } = setUp(memoryRefreshStore({ now: () => clock.nowMs }), clock)
  const { refresh } = await issuer.issue(anna)
  const leaving = await issuer.issue(anna)
  await issuer.revoke(leaving.refresh)
  assert.equal((await issuer.refresh(leaving.refresh)).kind, 'refused')
  clock.nowMs += 30 * 86_400_000
  assert.equal((await issuer.refresh(refresh)).kind, 'refused')
})

void test('a short secret is refused, and memory is bounded', async () => {
  assert.throws(
    () => createTokenIssuer({ issuer: 'us', audience: 'api', secret: 'short', store: memoryRefreshStore() }),
    /cannot sign tokens/,
  )
  const store = memoryRefreshStore({ max: 10 })
  const { issuer } = setUp(store, { nowMs: Date.now() })
  const first = await issuer.issue(anna)
  for (let index = 0; index < 10; index++) await issuer.issue(anna)
  assert.deepEqual(await issuer.refresh(first.refresh), { kind: 'refused', reason: 'unknown', subject: null })
})
