import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { createFleet } from '../../gateway/admin/fleet.ts'
import { createAdminLink } from '../../gateway/admin/link.ts'
import type { AdminLink } from '../../gateway/admin/link.ts'
import { SharedCounts } from '../../gateway/limits/shared-counts.ts'
import { throwawayFolder, until } from '../../gateway/testing.ts'
import { limitOf } from '../../gateway/testing-guard.ts'
import { quotaOf } from '../../guard/limit/gcra.ts'
import { slowRule, testCountStore, wantOf } from '../../guard/limit/store-contract.ts'
import type { OpenedStores } from '../../guard/limit/store-contract.ts'
import { Limits } from './limits.ts'

testCountStore('counts of control over its socket', openShared)

void test('when control leaves, nobody waits for it, and nobody asks before it is back', async () => {
  const stores = await openShared(1)
  const [store] = stores.askers
  const asking = store!.take([wantOf(slowRule('r', 1))])
  await stores.leave()
  await Promise.allSettled([asking])
  await until(() => !store!.reachable)
  await assert.rejects(async () => store!.take([wantOf(slowRule('r', 1))]), /away/)
  await stores.comeBack()
  await until(() => store!.reachable)
  assert.equal((await store!.take([wantOf(slowRule('r', 1))])).taken, true)
  await stores[Symbol.asyncDispose]()
})

void test('workers learn with an answer how many share a limit', async () => {
  await using stores = await openShared(3)
  const [store] = stores.askers
  await store!.take([wantOf(slowRule('r', 1))])
  assert.equal(store!.sharers, 3)
})

void test('the status of a client shows each limit as it stands, and asking changes nothing', async () => {
  await using stores = await openShared(1)
  const limit = limitOf({ count: 5 })
  const rule = { id: limit.id, ...quotaOf(limit) }
  await stores.askers[0]!.take([wantOf(rule, { key: '2001:db8:0:0::/64' })])
  const look = async (): Promise<readonly number[]> =>
    (await stores.limits.look([limit, limitOf({ per: 'key' })], 'client', '2001:db8::77')).map(
      ({ remaining }) => remaining,
    )
  assert.deepEqual([await look(), await look()], [[4], [4]])
  assert.deepEqual(
    (await stores.limits.look([limit], 'client', '2001:db9::1')).map(({ remaining, resetMs }) => [remaining, resetMs]),
    [[5, 0]],
  )
})

async function openShared(askers: number): Promise<OpenedStores & Steering> {
  const folder = throwawayFolder()
  const socketPath = join(folder, 'gateway.sock')
  const limits = new Limits()
  const start = (): ReturnType<typeof createFleet> =>
    createFleet({ socketPath, limits, expected: async () => [], kill: async () => {} })
  let fleet = await start()
  const links: AdminLink[] = []
  const stores = Array.from({ length: askers }, (_, index) => {
    const store = new SharedCounts()
    let send: Parameters<SharedCounts['connect']>[0] = null
    links.push(
      createAdminLink({
        path: socketPath,
        worker: index + 1,
        state: () => ({ version: 1, token: 1 }),
        apply: () => null,
        drain: async () => ({ finished: 0, cut: 0, websockets: 0, streams: 0 }),
        counters: () => ({ cells: [], unrouted: 0, openConnections: 0, openRequests: 0 }),
        guard: { connected() {}, disconnected() {}, onMessage() {}, close() {} },
        limits: {
          connect(to) {
            send = to
            if (to === null) store.connect(null)
          },
          onMessage: (message) => (message.type === 'lease' ? store.onAnswer(message) : store.connect(send)),
        },
      }),
    )
    return store
  })
  await until(() => stores.every(({ reachable }) => reachable))
  return {
    askers: stores,
    limits,
    leave: () => fleet.close(),
    comeBack: async () => void (fleet = await start()),
    async [Symbol.asyncDispose]() {
      await Promise.all(links.map((link) => link.close()))
      await fleet.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

interface Steering {
  readonly limits: Limits
  leave(): Promise<void>
  comeBack(): Promise<void>
}
