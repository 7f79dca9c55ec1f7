import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPool } from './pool.ts'
import { createUpstream } from './upstream.ts'
import type { Upstream } from './upstream.ts'
import type { UpstreamLink } from './upstream-link.ts'

const NO_LINK: UpstreamLink = {
  send: () => {
    throw new Error('nothing is sent here')
  },
  close: () => {},
}

function makeUpstreams(...ids: string[]): Upstream[] {
  return ids.map((id) => createUpstream({ id, host: '127.0.0.1', port: 1, release: '1' }, NO_LINK))
}

void test('a claim is counted at once, on the least busy upstream, in turn among equals', () => {
  const pool = createPool(makeUpstreams('a', 'b', 'c'))
  const claims = Array.from({ length: 6 }, () => pool.claim([])!)
  assert.deepEqual(
    claims.map(({ upstream }) => upstream.id),
    ['a', 'b', 'c', 'a', 'b', 'c'],
  )
  claims[1]!.release()
  claims[1]!.release()
  assert.deepEqual(
    pool.upstreams.map(({ claims }) => claims.size),
    [2, 1, 2],
  )
  assert.equal(pool.claim([])!.upstream.id, 'b')
})

void test('unhealthy and suspect upstreams are left out while others are there, and used when none is', () => {
  const [a, b, c] = makeUpstreams('a', 'b', 'c') as [Upstream, Upstream, Upstream]
  const pool = createPool([a, b, c])
  a.healthy = false
  b.suspect = true
  for (let index = 0; index < 3; index++) assert.equal(pool.claim([])!.upstream, c)
  assert.equal(pool.claim([c])!.upstream, b)
  assert.equal(pool.claim([c, b])!.upstream, a)
  assert.ok(pool.claim([a, b, c]))
  for (const upstream of pool.upstreams) upstream.healthy = false
  assert.ok(pool.claim([]))
  assert.equal(createPool([]).claim([]), null)
})
