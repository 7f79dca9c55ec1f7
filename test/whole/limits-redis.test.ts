import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until } from '../../src/gateway/testing.ts'
import { createKeyHash } from '../../src/guard/limit/hash.ts'
import { createLimiter } from '../../src/guard/limit/limiter.ts'
import { TICKS_PER_MS } from '../../src/guard/limit/gcra.ts'
import { RedisCounts } from '../../src/guard/limit/redis-counts.ts'
import { LEASE_MAX } from '../../src/guard/limit/store.ts'
import { slowRule, testCountStore, wantOf } from '../../src/guard/limit/store-contract.ts'
import type { OpenedStores } from '../../src/guard/limit/store-contract.ts'
import { asker, ruleOf } from '../../src/guard/limit/testing.ts'
import { plainConfig, TestProject } from '../support/project.ts'
import { command } from '../support/servers.ts'
import { startRedis } from '../support/redis-server.ts'
import type { RedisServer } from '../support/redis-server.ts'

testCountStore('counts in Redis', async (askers) => {
  const redis = await startRedis({ keeps: false })
  return openOn(redis, askers, async () => redis[Symbol.asyncDispose]())
})

void test('counts in Redis go away by themselves when nothing is taken any more', async () => {
  await using redis = await startRedis({ keeps: false })
  await using stores = await openOn(redis, 1)
  const rule = { id: 'short', interval: 400 * TICKS_PER_MS, burst: 10 }
  await stores.askers[0]!.take([wantOf(rule)])
  assert.equal(await command(redis.url, 'EXISTS', 'test:short:192.0.2.1'), 1)
  await until(async () => (await command(redis.url, 'EXISTS', 'test:short:192.0.2.1')) === 0)
})

void test('askers learn how many they are', async () => {
  await using redis = await startRedis({ keeps: false })
  await using stores = await openOn(redis, 3)
  // Whoever comes last knows of all; the others hear of it with their next sign of life.
  await until(() => stores.askers.some(({ sharers }) => sharers === 3))
})

void test('a refused request writes nothing', async () => {
  await using redis = await startRedis({ keeps: false })
  await using stores = await openOn(redis, 1)
  const rule = slowRule('r', 1)
  await stores.askers[0]!.take([wantOf(rule)])
  const changes = async (): Promise<string> =>
    /rdb_changes_since_last_save:(\d+)/.exec(String(await command(redis.url, 'INFO', 'persistence')))![1]!
  const before = await changes()
  for (let nth = 0; nth < 20; nth++) assert.equal((await stores.askers[0]!.take([wantOf(rule)])).taken, false)
  assert.equal(await changes(), before)
})

void test('a server that is killed and started again finds the limit kept: by what it wrote, or by what its askers know', async () => {
  for (const keeps of [true, false]) {
    await using redis = await startRedis({ keeps })
    await using stores = await openOn(redis, 4)
    const rule = ruleOf({ count: 1, perMs: 3_600_000, burst: 2_000 })
    const told: string[] = []
    const limiters = stores.askers.map((store) =>
      createLimiter({
        limits: [rule],
        store,
        hash: createKeyHash([1, 2]),
        now: () => Math.floor(performance.now() * TICKS_PER_MS),
        onStore: (isLost) => told.push(isLost ? 'lost' : 'back'),
      }),
    )
    const settling = setInterval(() => limiters.forEach((limiter) => limiter.settle()), 250)
    try {
      let passed = 0
      const send = async (requests: number): Promise<void> => {
        for (let nth = 0; nth < requests; nth++) if ((await limiters[nth % 4]!.judge(asker()))!.allowed) passed += 1
      }
      await send(1_000)
      await redis.kill()
      await send(400)
      await redis.start()
      await until(() => told.filter((what) => what === 'back').length === 4, 10_000)
      await send(4_000)
      // What the server had not yet written down, or one asker did not know of the others.
      assert.ok(passed <= 2_000 + 4 * LEASE_MAX, `${passed} of 2000`)
      assert.ok(passed >= 2_000 - 2 * 4 * LEASE_MAX, `${passed} of 2000`)
      assert.equal(told.filter((what) => what === 'lost').length, 4)
    } finally {
      clearInterval(settling)
    }
  }
})

void test('a server that is silent delays one request, not all of them', async () => {
  await using redis = await startRedis({ keeps: false })
  await using stores = await openOn(redis, 1)
  const limiter = createLimiter({
    limits: [ruleOf({ count: 1, perMs: 3_600_000, burst: 100 })],
    store: stores.askers[0]!,
    hash: createKeyHash([1, 2]),
    now: () => Math.floor(performance.now() * TICKS_PER_MS),
  })
  assert.equal((await limiter.judge(asker()))!.allowed, true)
  redis.freeze(true)
  try {
    assert.equal((await limiter.judge(asker()))!.allowed, true)
    for (let nth = 0; nth < 20; nth++) assert.ok(!(limiter.judge(asker()) instanceof Promise), 'judged at once')
    assert.equal(limiter.unshared(), 21)
  } finally {
    redis.freeze(false)
  }
})

void test('an environment whose config names a Redis counts there', async () => {
  const { gateway, ...app } = plainConfig({ service: { uses: { cache: 'optional' }, scale: { min: 1 } } }) as {
    gateway: object
  }
  await using project = new TestProject({
    ...app,
    needs: { cache: { kind: 'redis', role: 'cache' } },
    guard: { threats: 'off', limits: [{ allow: '20/1h' }], store: 'cache' },
    gateway: { ...gateway, workers: 2 },
  })
  await project.must(['up', '--detach'])
  const url = `http://127.0.0.1:${await project.port()}`
  const { CACHE_URL: cache } = (await (await fetch(`${url}/env`)).json()) as { CACHE_URL: string }
  // Two workers and control, which is asked for the status of a client.
  await until(async () => (await command(cache, 'ZCARD', 'seaworthy:plain:local:askers')) === 3, 10_000)
  const statuses: number[] = []
  // Fresh connections, so that both workers are met.
  for (let nth = 0; nth < 40; nth++) statuses.push((await fetch(url, { headers: { connection: 'close' } })).status)
  const passed = statuses.filter((status) => status === 200).length
  assert.ok(passed <= 20 && passed >= 14, `${passed} of 20`)
  assert.deepEqual(new Set(statuses), new Set([200, 429]))
  const key = 'seaworthy:plain:local:client * 20/3600000 20 1:127.0.0.1'
  assert.equal(await command(cache, 'EXISTS', key), 1)
})

async function openOn(
  redis: RedisServer,
  askers: number,
  close = async (): Promise<void> => {},
): Promise<OpenedStores> {
  const stores: RedisCounts[] = []
  for (let nth = 0; nth < askers; nth++) {
    const store = new RedisCounts({ url: redis.url, prefix: 'test', sharers: askers })
    stores.push(store)
    await until(() => store.reachable)
  }
  return {
    askers: stores,
    async [Symbol.asyncDispose]() {
      for (const store of stores) store.close()
      await close()
    },
  }
}
