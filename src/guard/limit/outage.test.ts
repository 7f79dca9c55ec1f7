import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Limiter } from './limiter.ts'
import { ASK_AGAIN_MS, REJOIN_MS, RETRY_MS } from './outage.ts'
import { LEASE_MAX } from './store.ts'
import { asker, ruleOf, worldOf } from './testing.ts'

const HOUR = 3_600_000

void test('without the store each worker gives its share, and together they give the limit', async () => {
  const world = worldOf([ruleOf({ count: 1, perMs: HOUR, burst: 80 })], 4)
  world.owner = 'gone'
  const passed = await Promise.all(world.limiters.map((limiter) => drain(limiter)))
  assert.deepEqual(passed, [20, 20, 20, 20])
  assert.deepEqual(world.told, ['lost', 'lost', 'lost', 'lost'], 'each says so once')
  const { resetMs, rule } = (await world.limiters[0]!.judge(asker()))!
  assert.ok(resetMs > 3.9 * HOUR && resetMs <= 4 * HOUR, 'a quarter of the rate')
  assert.equal(rule.limit, 20)
})

void test('a share begins with what was last known to be left', async () => {
  const world = worldOf([ruleOf({ count: 1, perMs: HOUR, burst: 800 })], 4)
  let passed = 0
  for (let nth = 0; nth < 700; nth++) if ((await world.limiters[nth % 4]!.judge(asker()))!.allowed) passed += 1
  assert.equal(passed, 700)
  world.owner = 'gone'
  for (const limiter of world.limiters) passed += await drain(limiter)
  assert.ok(passed > 700 && passed <= 800 + LEASE_MAX, `${passed} of 800`)
  const fresh = asker({ client: '192.0.2.2' })
  assert.equal(await drain(world.limiters[0]!, fresh), 200)
})

void test('what was spent without the store is told when it is back, also to one that has lost its memory', async () => {
  for (const forgets of [false, true]) {
    const world = worldOf([ruleOf({ count: 1, perMs: HOUR, burst: 800 })], 4)
    let passed = 0
    for (let nth = 0; nth < 100; nth++) if ((await world.limiters[nth % 4]!.judge(asker()))!.allowed) passed += 1
    world.owner = 'gone'
    for (let nth = 0; nth < 400; nth++) if ((await world.limiters[nth % 4]!.judge(asker()))!.allowed) passed += 1
    assert.equal(passed, 500)
    if (forgets) world.forget()
    world.owner = 'there'
    for (let nth = 0; nth < 8; nth++) {
      world.pass(250)
      // What the settling sends is answered in a later turn.
      await new Promise(setImmediate)
    }
    for (const limiter of world.limiters) passed += await drain(limiter)
    // What the others took between a worker's last question and the loss is all that can be missing.
    assert.ok(passed <= (forgets ? 800 + LEASE_MAX : 800), `${passed} of 800`)
    assert.ok(passed >= 800 - 4 * LEASE_MAX, `${passed} of 800`)
    assert.deepEqual(new Set(world.told), new Set(['lost', 'back']))
  }
})

void test('a store that is silent is asked by one request a second; the others do not wait for it', async () => {
  const world = worldOf([ruleOf({ count: 1_000, burst: 1_000 })], 1)
  const [limiter] = world.limiters as [Limiter]
  world.owner = 'silent'
  for (let nth = 0; nth < 50; nth++) assert.equal((await limiter.judge(asker()))!.allowed, true)
  assert.equal(world.asks, 1)
  assert.equal(limiter.unshared(), 50)
  world.clock.now += ASK_AGAIN_MS * 16_000
  for (let nth = 0; nth < 50; nth++) await limiter.judge(asker())
  assert.equal(world.asks, 2)
  world.owner = 'there'
  world.clock.now += ASK_AGAIN_MS * 16_000
  await limiter.judge(asker())
  assert.deepEqual(world.told, ['lost'], 'it answers, but has yet to hear what was spent')
  world.clock.now += REJOIN_MS * 16_000
  await limiter.judge(asker())
  assert.deepEqual(world.told, ['lost', 'back'])
})

void test('each limit does as it says: allow counts nothing, refuse refuses', async () => {
  const lax = worldOf([ruleOf({ burst: 1, perMs: HOUR, whenStoreIsLost: 'allow' })], 1)
  lax.owner = 'gone'
  for (let nth = 0; nth < 30; nth++) assert.equal((await lax.limiters[0]!.judge(asker()))!.allowed, true)
  const strict = worldOf([ruleOf({ whenStoreIsLost: 'allow' }), ruleOf({ burst: 5, whenStoreIsLost: 'refuse' })], 1)
  strict.owner = 'gone'
  const verdict = (await strict.limiters[0]!.judge(asker()))!
  assert.deepEqual([verdict.allowed, verdict.storeLost, verdict.resetMs], [false, true, RETRY_MS])
  assert.equal(verdict.rule.whenStoreIsLost, 'refuse')
})

async function drain(limiter: Limiter, who = asker()): Promise<number> {
  let passed = 0
  while ((await limiter.judge(who))!.allowed) passed += 1
  return passed
}
