/** The probes tell the truth: each is seen in both states. */
import assert from 'node:assert/strict'
import { rename, rm } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { makeFolder, openAll, startExchange, type Exchange } from './testing/start-exchange.ts'
import { migrateDatabase } from './src/store/migrate-database.ts'

const readiness = async (exchange: Exchange): Promise<string> => {
  const { status, body } = await exchange.get('/health/readiness')
  return `${status} ${String(body['reason'] ?? body['status'])}`
}

void test('not ready and not started until there is a database of the right level, alive all along', async () => {
  await using folder = await makeFolder('no database')
  await using exchange = await startExchange(folder, 'v2')
  assert.match(await readiness(exchange), /^503 the database .* does not exist$/)
  assert.equal((await exchange.get('/health/startup')).status, 503)
  assert.equal((await exchange.get('/api/markets')).status, 503)

  migrateDatabase(folder.database, 'expand', 1)
  assert.equal(await readiness(exchange), '503 schema level 2 is missing: the database is at level 1')

  migrateDatabase(folder.database, 'expand', 2)
  assert.equal(await readiness(exchange), '200 ready')
  assert.equal((await exchange.get('/health/startup')).status, 200)
  assert.equal((await exchange.get('/health/liveness')).status, 200)
})

void test('not ready once the database is removed, ready again with the one that is put back', async () => {
  await using folder = await makeFolder('v1')
  await using exchange = await startExchange(folder, 'v1')
  const { token, market } = await openAll(exchange)
  const order = { market, side: 'buy', outcome: 'yes', shares: 1 }
  assert.equal((await exchange.post('/api/trades', order, { token, key: 'before' })).status, 201)

  for (const suffix of ['-wal', '-shm']) await rm(folder.database + suffix)
  await rename(folder.database, `${folder.database}.away`)

  assert.match(await readiness(exchange), /^503 the database .* does not exist$/)
  assert.equal((await exchange.post('/api/trades', order, { token, key: 'into-nowhere' })).status, 503)
  assert.equal((await exchange.get('/health/liveness')).status, 200)
  migrateDatabase(folder.database, 'expand', 1)
  assert.equal(await readiness(exchange), '200 ready')
})

void test('not ready while somebody else holds the lock, and no write waits inside the event loop', async () => {
  await using folder = await makeFolder('v1')
  await using exchange = await startExchange(folder, 'v1')
  const other = new DatabaseSync(folder.database)
  other.exec('BEGIN IMMEDIATE')

  assert.equal(await readiness(exchange), '503 the database is locked')
  const waiting = exchange.post('/api/accounts', { name: 'Ada' })
  const startedAt = performance.now()
  assert.equal((await exchange.get('/health/liveness')).status, 200)
  assert.equal((await exchange.get('/api/markets')).status, 200)
  assert.ok(performance.now() - startedAt < 1_000, 'the event loop was blocked')

  other.exec('ROLLBACK')
  assert.equal((await waiting).status, 201)
  assert.equal(await readiness(exchange), '200 ready')
  other.close()
})

void test('the release whose schema nobody can make never becomes ready and says why', async () => {
  await using folder = await makeFolder('v2')
  migrateDatabase(folder.database, 'expand', 3)
  await using exchange = await startExchange(folder, 'unready')

  assert.equal(await readiness(exchange), '503 schema level 3 is missing: the database is at level 2')
  assert.equal((await exchange.get('/health/startup')).status, 503)
  assert.equal((await exchange.get('/health/liveness')).status, 200)
})
