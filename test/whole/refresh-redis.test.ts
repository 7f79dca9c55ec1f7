/** Refresh tokens in a real Redis, shown by several processes' clients at once. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createClient } from '@redis/client'
import { createTokenIssuer } from '../../src/guard/identity/refresh.ts'
import type { TokenIssuer } from '../../src/guard/identity/refresh.ts'
import { redisRefreshStore } from '../../src/guard/identity/refresh-stores.ts'
import { startRedis } from '../support/redis-server.ts'
import { command } from '../support/servers.ts'

const anna = { subject: 'anna', roles: ['editor'], scopes: [] }

async function connected(url: string) {
  const client = await createClient({ url }).connect()
  const issuer: TokenIssuer = createTokenIssuer({
    issuer: 'us',
    audience: 'api',
    secret: 's'.repeat(32),
    store: redisRefreshStore(client, { prefix: 'market:' }),
  })
  return { issuer, [Symbol.asyncDispose]: async () => client.close() }
}

void test('of many who show one refresh token at once, one gets through, and then nobody of its family', async () => {
  await using redis = await startRedis({ keeps: false })
  await using one = await connected(redis.url)
  await using two = await connected(redis.url)
  const { refresh } = await one.issuer.issue(anna)
  const all = await Promise.all(
    Array.from({ length: 10 }, (_, index) => (index % 2 === 0 ? one : two).issuer.refresh(refresh)),
  )
  const renewed = all.flatMap((result) => (result.kind === 'renewed' ? [result.tokens.refresh] : []))
  assert.ok(renewed.length <= 1, 'never two')
  assert.ok(all.some((result) => result.kind === 'refused' && result.reason === 'reused' && result.subject === 'anna'))
  for (const token of renewed) assert.equal((await two.issuer.refresh(token)).kind, 'refused')
})

void test('a family that has ended stays ended, others go on, and what is kept ends by itself', async () => {
  await using redis = await startRedis({ keeps: false })
  await using one = await connected(redis.url)
  const [stolen, other] = [await one.issuer.issue(anna), await one.issuer.issue(anna)]
  const next = await one.issuer.refresh(stolen.refresh)
  assert.ok(next.kind === 'renewed')
  assert.deepEqual(await one.issuer.refresh(stolen.refresh), { kind: 'refused', reason: 'reused', subject: 'anna' })
  assert.equal((await one.issuer.refresh(next.tokens.refresh)).kind, 'refused')
  assert.equal((await one.issuer.refresh(other.refresh)).kind, 'renewed')
  const keys = (await command(redis.url, 'KEYS', 'market:*')) as string[]
  assert.ok(keys.length >= 4)
  for (const key of keys) assert.ok(Number(await command(redis.url, 'PTTL', key)) > 0, key)
})
