import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Principal } from '../request.ts'
import { quotaOf, TICKS_PER_MS } from './gcra.ts'
import type { Limiter } from './limiter.ts'
import type { Asker } from './rule.ts'
import { LEASE_MAX, LEASE_MS, leaseOf } from './store.ts'
import { asker, brokenSpan, ruleOf, seededRandom, worldOf } from './testing.ts'
import type { Admission } from './testing.ts'

void test('over many workers and random traffic no span holds more than the limit, and nothing is lost for good', async () => {
  for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
    const random = seededRandom(seed)
    const workers = 1 + Math.floor(random() * 8)
    const count = 50 + Math.floor(random() * 500)
    const rule = ruleOf({ count, burst: 20 + Math.floor(random() * 2_000), cost: 1 + Math.floor(random() * 3) })
    const world = worldOf([rule], workers)
    const log: Admission[] = []
    for (let step = 0; step < 6_000; step++) {
      // Storms of many requests at one instant, and silences in which leases end and tokens come back.
      if (random() < 0.1) world.pass(random() ** 4 * 3_000)
      const worker = Math.floor(random() ** 2 * workers)
      const verdict = await world.limiters[worker]!.judge(asker())
      if (verdict!.allowed) log.push({ at: world.clock.now, tokens: rule.cost })
      // One of them dies with what it holds; another takes its place.
      if (random() < 0.0005) world.replace(worker)
    }
    assert.ok(log.length > 500, `seed ${seed}: ${log.length} passed`)
    assert.equal(brokenSpan(log, quotaOf(rule)), null, `seed ${seed}`)
    // When everything has come back, one worker alone finds all of it, but for the rest that is less than a request.
    for (let second = 0; second < 30; second++) world.pass(LEASE_MS)
    world.pass((1_000 * rule.burst) / count)
    let rest = 0
    while ((await world.limiters[0]!.judge(asker()))!.allowed) rest += rule.cost
    assert.ok(rest > rule.burst - 2 * rule.cost && rest <= rule.burst, `seed ${seed}: ${rest} of ${rule.burst}`)
  }
})

void test('under a storm from all workers exactly the quota passes, but for what leases keep back', async () => {
  const rule = ruleOf({ count: 1_000, perMs: 3_600_000, burst: 10_000 })
  const world = worldOf([rule], 8)
  let passed = 0
  for (let nth = 0; nth < 50_000; nth++) {
    if ((await world.limiters[nth % 8]!.judge(asker()))!.allowed) passed += 1
  }
  assert.ok(passed <= 10_000, String(passed))
  assert.ok(passed >= 10_000 - 8 * LEASE_MAX, String(passed))
  assert.ok(world.asks < 2_500, `${world.asks} questions for 50,000 requests`)
})

void test('a warm client is judged at once; its first request asks', async () => {
  const world = worldOf([ruleOf({ count: 1_000, burst: 1_000 })], 1)
  const [limiter] = world.limiters as [Limiter]
  const first = limiter.judge(asker())
  assert.ok(first instanceof Promise)
  await first
  for (let nth = 0; nth < 8; nth++) await limiter.judge(asker())
  const atOnce = limiter.judge(asker())
  assert.ok(atOnce !== null && !(atOnce instanceof Promise) && atOnce.allowed)
})

void test('tokens that were held for too long are not spent, even before they are given back', async () => {
  const world = worldOf([ruleOf({ count: 1_000, burst: 1_000 })], 1)
  const [limiter] = world.limiters as [Limiter]
  for (let nth = 0; nth < 9; nth++) await limiter.judge(asker())
  assert.ok(!(limiter.judge(asker()) instanceof Promise), 'it holds some')
  world.clock.now += LEASE_MS * TICKS_PER_MS
  const late = limiter.judge(asker())
  assert.ok(late instanceof Promise)
  await late
})

void test('several limits of a request are taken together or not at all, lent tokens included', async () => {
  const wide = ruleOf({ count: 1_000, burst: 1_000, perMs: 3_600_000 })
  const narrow = ruleOf({ count: 1, burst: 40, perMs: 3_600_000, on: { host: null, method: null, path: '/login' } })
  const world = worldOf([wide, narrow], 1)
  const [limiter] = world.limiters as [Limiter]
  // The wide one has tokens at hand before the narrow one is asked for.
  for (let nth = 0; nth < 100; nth++) await limiter.judge(asker({ path: '/' }))
  let passed = 0
  for (let nth = 0; nth < 200; nth++) if ((await limiter.judge(asker({ path: '/login' })))!.allowed) passed += 1
  assert.equal(passed, 40)
  world.pass(LEASE_MS)
  let left = 0
  while ((await limiter.judge(asker({ path: '/' })))!.allowed) left += 1
  assert.equal(left, 1_000 - 100 - 40)
})

void test('of two windows both hold, and the quota comes back on time', async () => {
  const world = worldOf(
    [ruleOf({ count: 60, perMs: 60_000, burst: 60 }), ruleOf({ count: 1_000, perMs: 3_600_000, burst: 100 })],
    2,
  )
  const [limiter] = world.limiters as [Limiter]
  const drain = async (): Promise<number> => {
    let passed = 0
    while ((await limiter.judge(asker()))!.allowed) passed += 1
    return passed
  }
  assert.equal(await drain(), 60, 'the minute holds')
  const refused = (await limiter.judge(asker()))!
  assert.equal(refused.rule.burst, 60)
  world.pass(refused.resetMs - 1)
  assert.equal((await limiter.judge(asker()))!.allowed, false, 'not before its time')
  world.pass(1)
  assert.equal((await limiter.judge(asker()))!.allowed, true, 'waiting was enough')
  for (let second = 0; second < 59; second++) {
    world.pass(1_000)
    await limiter.judge(asker())
  }
  world.pass(60_000)
  const before = await drain()
  assert.ok(before < 60, `the hour holds: ${before} passed`)
  assert.equal((await limiter.judge(asker()))!.rule.burst, 100)
})

void test('who is refused is refused again without asking, also before anybody knows who asks', async () => {
  const world = worldOf([ruleOf({ count: 2, perMs: 3_600_000, burst: 2 })], 1)
  const [limiter] = world.limiters as [Limiter]
  assert.equal(limiter.early(asker()), null)
  for (let nth = 0; nth < 3; nth++) await limiter.judge(asker())
  const { asks } = world
  for (let nth = 0; nth < 100; nth++) assert.equal(limiter.early(asker())!.allowed, false)
  assert.equal(world.asks, asks)
  assert.equal(limiter.early(asker({ client: '192.0.2.99' })), null)
})

void test('limits per key and per subject count only who has one', async () => {
  const world = worldOf([ruleOf({ per: 'key', count: 1, burst: 1 }), ruleOf({ per: 'subject', count: 1, burst: 1 })], 1)
  const [limiter] = world.limiters as [Limiter]
  assert.equal(limiter.judge(asker()), null)
  const key = (id: string): Asker => asker({ principal: principalOf('key', id) })
  assert.equal((await limiter.judge(key('a')))!.allowed, true)
  assert.equal((await limiter.judge(key('a')))!.allowed, false)
  assert.equal((await limiter.judge(key('b')))!.allowed, true)
  const subject = asker({ principal: principalOf('subject', 'a') })
  assert.equal((await limiter.judge(subject))!.allowed, true, 'a subject is no key')
  assert.equal((await limiter.judge({ ...subject, client: '192.0.2.9' }))!.allowed, false, 'wherever it comes from')
})

void test('a burst below the cost lets one request through at a time', async () => {
  const world = worldOf([ruleOf({ count: 10, burst: 1, cost: 5 })], 1)
  assert.equal((await world.limiters[0]!.judge(asker()))!.allowed, true)
  assert.equal((await world.limiters[0]!.judge(asker()))!.allowed, false)
})

function principalOf(kind: Principal['kind'], id: string): Principal {
  return { kind, id, roles: [], scopes: [] }
}

void test('a lease is 64 tokens, of a generous count a thousandth of it, and none where the store lends none', () => {
  const sizes = [1, 10_000, 64_000, 65_000, 1_000_000, 1_000_000_000].map((burst) => leaseOf({ burst }, LEASE_MAX))
  assert.deepEqual(sizes, [64, 64, 64, 65, 1_000, 65_535])
  assert.equal(leaseOf({ burst: 1_000_000 }, 0), 0)
})
