import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { GuardPolicy } from '../../../guard/policy.ts'
import { startGateway, startUpstream, tableOf } from '../../testing.ts'
import type { TestUpstream } from '../../testing.ts'
import { limitOf, policyOf } from '../../testing-guard.ts'

const login = { host: null, method: 'POST', path: '/api/login' }

void test('the request after the quota gets 429, with the fields that all the others had', async () => {
  await using upstream = await startUpstream()
  await using gateway = await gatewayWith(upstream, { limits: [limitOf()] })
  const seen: Response[] = []
  for (let nth = 0; nth < 3; nth++) seen.push(await fetch(gateway.url))
  assert.deepEqual(
    seen.map(({ status }) => status),
    [200, 200, 429],
  )
  assert.equal(upstream.requests.length, 2)
  for (const { headers } of seen) {
    assert.equal(headers.get('x-ratelimit-limit'), '2')
    assert.equal(headers.get('ratelimit-policy'), '"client";q=2;w=3600')
  }
  assert.deepEqual(
    seen.map(({ headers }) => headers.get('x-ratelimit-remaining')),
    ['1', '0', '0'],
  )
  const retryAfter = Number(seen[2]!.headers.get('retry-after'))
  assert.ok(retryAfter > 1_700 && retryAfter <= 1_800, `one comes back in half an hour, not ${retryAfter} s`)
  assert.equal(seen[2]!.headers.get('ratelimit'), `"client";r=0;t=${retryAfter}`)
  assert.equal(seen[2]!.headers.get('x-ratelimit-reset'), String(retryAfter))
  assert.equal(seen[0]!.headers.get('retry-after'), null)
})

void test('each class of routes counts for itself, and the nearest limit is the one that is told', async () => {
  await using upstream = await startUpstream()
  const limits = [limitOf({ count: 5 }), limitOf({ on: login, count: 2 })]
  await using gateway = await gatewayWith(upstream, { limits })
  const post = async (path: string): Promise<Response> => fetch(`${gateway.url}${path}`, { method: 'POST' })
  assert.equal((await post('/api/login')).headers.get('ratelimit')!.split(';')[0], '"client POST /api/login"')
  assert.equal((await post('/api//%6cogin')).status, 200, 'the same route in other words')
  assert.equal((await post('/api/login')).status, 429)
  assert.equal((await post('/api/loginx')).headers.get('x-ratelimit-remaining'), '2', 'the refused one took nothing')
  assert.equal((await fetch(`${gateway.url}/api/login`)).status, 200, 'another method')
})

void test('a route in another spelling has no quota of its own', async () => {
  await using upstream = await startUpstream()
  await using gateway = await gatewayWith(upstream, { limits: [limitOf({ on: login, count: 1 })] })
  const paths = ['/api/login', '/API/Login', '/api/login;a=b', '/api%2flogin', '/api/%256cogin']
  for (const [nth, path] of paths.entries()) {
    const { status } = await fetch(`${gateway.url}${path}`, { method: 'POST' })
    assert.equal(status, nth === 0 ? 200 : 429, path)
  }
})

void test('forged addresses, keys and user agents buy nothing', async () => {
  await using upstream = await startUpstream()
  await using gateway = await gatewayWith(upstream, {
    limits: [limitOf({ count: 3 }), limitOf({ per: 'key', count: 1_000 })],
  })
  const statuses: number[] = []
  for (let nth = 0; nth < 9; nth++) {
    const headers = {
      'x-forwarded-for': `203.0.113.${nth}`,
      'x-real-ip': `203.0.113.${nth}`,
      forwarded: `for=203.0.113.${nth}`,
      'x-api-key': `key-${nth}`,
      authorization: `Bearer ${nth}`,
      'user-agent': `agent ${nth}`,
      'seaworthy-witness': String(nth),
    }
    statuses.push((await fetch(`${gateway.url}/?${nth}`, { headers })).status)
  }
  assert.deepEqual(statuses, [200, 200, 200, 429, 429, 429, 429, 429, 429])
})

void test('behind a declared proxy the real address is counted', async () => {
  await using upstream = await startUpstream()
  await using gateway = await gatewayWith(upstream, { limits: [limitOf({ count: 1 })] }, ['127.0.0.1'])
  const from = async (client: string): Promise<number> =>
    (await fetch(gateway.url, { headers: { 'x-forwarded-for': client } })).status
  assert.deepEqual([await from('192.0.2.1'), await from('192.0.2.1'), await from('192.0.2.2')], [200, 429, 200])
  // Whoever has one address of a /64 has all of them.
  assert.deepEqual([await from('2001:db8::1'), await from('2001:db8::2:1')], [200, 429])
  assert.equal(await from('2001:db8:0:1::1'), 200)
})

void test('probes of the platform are answered however often they come; no other method is', async () => {
  await using upstream = await startUpstream()
  await using gateway = await gatewayWith(upstream, { limits: [limitOf({ count: 1 })], probes: ['/health/liveness'] })
  for (let nth = 0; nth < 70; nth++) {
    const { status, headers } = await fetch(`${gateway.url}/health/liveness?${nth}`)
    assert.equal(status, 200)
    assert.equal(headers.get('x-ratelimit-limit'), null)
  }
  assert.equal((await fetch(`${gateway.url}/health/liveness`, { method: 'POST' })).status, 200)
  assert.equal((await fetch(`${gateway.url}/health/liveness`, { method: 'POST' })).status, 429)
})

void test('a limit that refuses without its store says 503; one that allows lets everything through', async () => {
  await using upstream = await startUpstream()
  await using strict = await gatewayWith(upstream, { limits: [limitOf({ whenStoreIsLost: 'refuse' })] })
  const refused = await fetch(strict.url)
  assert.equal(refused.status, 503)
  assert.equal(refused.headers.get('retry-after'), '5')
  await using lax = await gatewayWith(upstream, { limits: [limitOf({ whenStoreIsLost: 'allow' })] })
  for (let nth = 0; nth < 5; nth++) assert.equal((await fetch(lax.url)).status, 200)
})

function gatewayWith(
  upstream: TestUpstream,
  guard: Partial<GuardPolicy>,
  trustedProxies: readonly string[] = [],
): ReturnType<typeof startGateway> {
  return startGateway(tableOf([upstream.upstream], { guard: policyOf(guard), trustedProxies }))
}
