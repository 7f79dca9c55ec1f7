import assert from 'node:assert/strict'
import { test } from 'node:test'
import { makeFolder, type Folder } from '../../testing/start-exchange.ts'
import { CREDIT, START_BALANCE } from '../money.ts'
import { Refusal } from '../refusal.ts'
import { releaseNamed } from '../release.ts'
import { createStore, type Store } from '../store/store.ts'
import { accountOf, openAccount } from './accounts.ts'
import { audit, ConservationBroken } from './conservation.ts'
import { openMarket, resolveMarket } from './markets.ts'
import { payoutsOf, positionsOf } from './positions.ts'
import { makeTrade, tradesOf, type Order } from './trades.ts'

const v1 = releaseNamed('v1')
const buy: Order = { key: 'first', market: 1, side: 'buy', outcome: 'yes', shares: 50 }

async function openStore(folder: Folder): Promise<{ store: Store; token: string; id: number }> {
  const store = createStore(folder.database)
  const { token, id } = await store.write((handle) => openAccount(handle, "O'Brien"))
  await store.write((handle) =>
    openMarket(handle, v1, { question: 'Will it?', liquidity: 100, category: '', topic: '', by: id }),
  )
  return { store, token, id }
}

const trade = (store: Store, token: string, order: Order): ReturnType<Store['write']> =>
  store.write((handle) => makeTrade(handle, v1, { account: accountOf(handle, token), order }))

const refusedWith = (code: string) => (error: unknown) => error instanceof Refusal && error.code === code

void test('the same key makes one trade, however often it is sent', async () => {
  await using folder = await makeFolder('v1')
  const { store, token, id } = await openStore(folder)
  const first = await trade(store, token, buy)
  await trade(store, token, { ...buy, key: 'second' })

  const again = await trade(store, token, buy)

  assert.deepEqual(again, { ...(first as object), replayed: true })
  assert.equal(store.read((handle) => tradesOf(handle, id, 0)).length, 2)
  assert.equal(store.read((handle) => tradesOf(handle, id, 1)).length, 1)
  await assert.rejects(trade(store, token, { ...buy, shares: 51 }), refusedWith('key.reused'))
  store.close()
})

void test('nobody sells what they do not hold, pays what they do not have, or trades at a price they did not agree to', async () => {
  await using folder = await makeFolder('v1')
  const { store, token } = await openStore(folder)

  await assert.rejects(trade(store, token, { ...buy, side: 'sell' }), refusedWith('shares.missing'))
  await assert.rejects(trade(store, token, { ...buy, shares: 2_000 }), refusedWith('balance.low'))
  await assert.rejects(trade(store, token, { ...buy, limit: 28_092_980 }), refusedWith('price.moved'))
  await assert.rejects(trade(store, token, { ...buy, market: 2 }), refusedWith('not.found'))
  await assert.rejects(trade(store, 'nobody', buy), refusedWith('account.unknown'))
  await trade(store, token, { ...buy, limit: 28_092_981 })
  assert.equal(store.read(audit).trades, 1)
  store.close()
})

void test('a trade after which the sums are not what was issued is undone', async () => {
  await using folder = await makeFolder('v1')
  const { store, token, id } = await openStore(folder)
  await store.write(({ sql }) => sql('UPDATE accounts SET balance = balance + 1 WHERE id = ?').run(id))

  await assert.rejects(trade(store, token, buy), (error: unknown) => error instanceof ConservationBroken)

  const { balanced, trades, problems } = store.read(audit)
  assert.deepEqual(
    { balanced, trades, problems },
    { balanced: false, trades: 0, problems: ['1 micro-credits more than were issued'] },
  )
  assert.equal(store.read((handle) => accountOf(handle, token)).balance, START_BALANCE + 1)
  store.close()
})

void test('a trade after which the shares held are not the shares sold is undone', async () => {
  await using folder = await makeFolder('v1')
  const { store, token } = await openStore(folder)
  await store.write(({ sql }) => sql('UPDATE markets SET no = 3').run())

  await assert.rejects(trade(store, token, buy), /market 1: 50 yes and 3 no are out, 50 and 0 are held/)
  assert.match(store.read(audit).problems[0]!, /0 yes and 3 no are out, 0 and 0 are held/)
  store.close()
})

void test('a resolved market pays a credit a share, leaves the rest to the house and trades no more', async () => {
  await using folder = await makeFolder('v1')
  const { store, token, id } = await openStore(folder)
  await trade(store, token, buy)
  await trade(store, token, { ...buy, key: 'no', outcome: 'no', shares: 5 })
  const { balance } = store.read((handle) => accountOf(handle, token))

  await store.write((handle) => resolveMarket(handle, v1, { id: 1, outcome: 'yes' }))

  assert.equal(store.read((handle) => accountOf(handle, token)).balance, balance + 50 * CREDIT)
  assert.deepEqual(
    store.read((handle) => positionsOf(handle, id)),
    [],
  )
  assert.deepEqual(
    { ...store.read((handle) => payoutsOf(handle, id))[0] },
    { market: 1, shares: 50, amount: 50 * CREDIT },
  )
  const { balanced, pools } = store.read(audit)
  assert.deepEqual({ balanced, pools }, { balanced: true, pools: 0 })
  await assert.rejects(trade(store, token, { ...buy, key: 'late' }), refusedWith('market.resolved'))
  await assert.rejects(
    store.write((handle) => resolveMarket(handle, v1, { id: 1, outcome: 'no' })),
    refusedWith('market.resolved'),
  )
  store.close()
})
