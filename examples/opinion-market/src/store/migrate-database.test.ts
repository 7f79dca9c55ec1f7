import assert from 'node:assert/strict'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { makeFolder } from '../../testing/start-exchange.ts'
import { openAccount } from '../exchange/accounts.ts'
import { audit } from '../exchange/conservation.ts'
import { listMarkets, openMarket } from '../exchange/markets.ts'
import { createHealth } from '../http/health.ts'
import { releaseNamed } from '../release.ts'
import { migrateDatabase } from './migrate-database.ts'
import { createStore } from './store.ts'

const wanted = { question: 'Will it rain?', liquidity: 10, category: 'science', topic: 'Science' }

void test('a phase that runs twice does nothing the second time', async () => {
  await using folder = await makeFolder('no database')

  assert.deepEqual(migrateDatabase(folder.database, 'expand', 2), ['1-expand-exchange', '2-expand-category'])
  assert.deepEqual(migrateDatabase(folder.database, 'expand', 2), [])
  assert.deepEqual(migrateDatabase(folder.database, 'contract', 2), ['2-contract-topic'])
  assert.deepEqual(migrateDatabase(folder.database, 'contract', 2), [])
})

void test('after the expansion both releases open and list markets side by side; after the contraction only the new one does', async () => {
  await using folder = await makeFolder('v1')
  const [v1, v2] = [releaseNamed('v1'), releaseNamed('v2')]
  const store = createStore(folder.database)
  const by = (await store.write((handle) => openAccount(handle, 'Ada'))).id
  await store.write((handle) => openMarket(handle, v1, { ...wanted, by }))

  migrateDatabase(folder.database, 'expand', 2)
  await store.write((handle) => openMarket(handle, v1, { ...wanted, by }))
  await store.write((handle) => openMarket(handle, v2, { ...wanted, by }))
  const categories = (): unknown => store.read((handle) => listMarkets(handle, v2)).map((market) => market.category)
  // The one that v1 opened after the expansion waits for the contraction.
  assert.deepEqual(categories(), ['science', 'general', 'science'])
  assert.equal(store.read((handle) => listMarkets(handle, v1)).length, 3)

  migrateDatabase(folder.database, 'contract', 2)
  assert.deepEqual(categories(), ['science', 'science', 'science'])
  assert.equal(store.read(audit).balanced, true)
  const health = createHealth({ store, release: v1 })
  assert.match(String(health.unreadyReason()), /the schema was contracted/)
  health.close()
  store.close()
})

void test('a migration that fails leaves nothing behind', async () => {
  await using folder = await makeFolder('v1')
  const connection = new DatabaseSync(folder.database)
  connection.exec('ALTER TABLE markets DROP COLUMN topic')

  // The first statement succeeds, the back-fill after it does not.
  assert.throws(() => migrateDatabase(folder.database, 'expand', 2), /topic/)
  assert.equal(
    connection.prepare(`SELECT count(*) AS n FROM pragma_table_info('markets') WHERE name = 'category'`).get()?.['n'],
    0,
  )
  assert.equal(connection.prepare('SELECT count(*) AS n FROM migrations').get()?.['n'], 1)
  connection.close()
})
