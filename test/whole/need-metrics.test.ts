/** What is collected of real servers, as a service may see them, while they come and go. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { postgresSource } from '../../src/observe/collect/need/postgres.ts'
import { redisSource } from '../../src/observe/collect/need/redis.ts'
import { METRICS } from '../../src/promises/metrics/catalogue.ts'
import type { Source } from '../../src/observe/collect/source.ts'
import { startPostgres } from '../support/postgres.ts'
import { until } from '../support/project.ts'
import { startRedis } from '../support/redis-server.ts'
import { command } from '../support/servers.ts'
import { Client } from 'pg'

const read = async (source: Source): Promise<ReadonlyMap<string, number>> => {
  const measured = await source.read(new AbortController().signal)
  return new Map(measured.map(({ metric, value }) => [metric.replace(/^seaworthy_/, ''), value]))
}
const namesOf = (kind: string): readonly string[] =>
  METRICS.filter(({ name }) => name.startsWith(`seaworthy_${kind}_`)).map(({ name }) => name.replace('seaworthy_', ''))

void test('Postgres says what it holds, what runs in it, and how many more may come', async () => {
  await using postgres = await startPostgres()
  const source = postgresSource('db', postgres.url)
  const first = await read(source)
  assert.deepEqual([...first.keys()].toSorted(), ['need_up', ...namesOf('postgres')].toSorted())
  const [{ limit }] = (await postgres.query(
    "select current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int as limit",
  )) as [{ limit: number }]
  assert.equal(first.get('postgres_connections_limit'), limit)
  assert.ok(first.get('postgres_database_bytes')! > 1_000_000)
  assert.equal(first.get('postgres_longest_statement_seconds'), 0)

  // Three that hold a connection, one of them at work.
  const clients = await Promise.all([1, 2, 3].map(() => connect(postgres.url)))
  // Those that have been ended are there for a moment longer.
  const isKnown = async (): Promise<boolean> => (await read(source)).get('postgres_connections') === 4
  await until(isKnown, 'four connections, three and our own')
  const working = clients[0]!.query('select pg_sleep(30)').catch(() => {})
  await until(
    async () => (await read(source)).get('postgres_longest_statement_seconds')! > 1,
    'the statement to be old',
  )
  // The others wait for each other, until one of them is given up.
  await postgres.query('create table t (n int primary key, v int); insert into t values (1, 0), (2, 0)')
  const [, one, two] = clients
  await one!.query('begin; update t set v = 1 where n = 1')
  await two!.query('begin; update t set v = 1 where n = 2')
  await Promise.allSettled([one!.query('update t set v = 2 where n = 2'), two!.query('update t set v = 2 where n = 1')])
  // A session tells its counts when it is out of its transaction.
  for (const client of [one!, two!]) await client.query('rollback')
  await until(async () => (await read(source)).get('postgres_deadlocks_total') === 1, 'the deadlock to be counted')

  // One connection is kept for all of this, under our name.
  const ours = await postgres.query(
    "select count(*)::int as n from pg_stat_activity where application_name = 'seaworthy'",
  )
  assert.deepEqual(ours, [{ n: 1 }])

  // Killed, it cannot be read; back, it can.
  process.kill(postgres.pid, 'SIGKILL')
  await working
  await until(
    () =>
      read(source).then(
        () => false,
        () => true,
      ),
    'the loss to be seen',
  )
  assert.deepEqual(
    source.whenLost!(new Error('lost')).map(({ metric, labels, value }) => [metric, labels, value]),
    [['seaworthy_need_up', { need: 'db', kind: 'postgres' }, 0]],
  )
  await postgres.restart()
  assert.equal((await read(source)).get('need_up'), 1)
  source.close()
})

void test('what a role may not see is not said: neither 0 nor anything', async () => {
  await using postgres = await startPostgres()
  await postgres.query('create role app login')
  const source = postgresSource('db', postgres.url.replace('tester@', 'app@'))
  await using holder = await holding(postgres.url)
  const seen = await read(source)
  assert.equal(seen.get('need_up'), 1)
  assert.equal(seen.has('postgres_longest_statement_seconds'), false)
  assert.ok(seen.get('postgres_connections')! >= 2, 'others are counted all the same')
  await holder.client.end()
  // With nobody else there is nothing hidden.
  await until(async () => (await read(source)).get('postgres_longest_statement_seconds') === 0, 'nothing to be hidden')
  source.close()
})

void test('Redis says what it holds and how often it had what was asked for', async () => {
  await using redis = await startRedis({ keeps: false })
  const source = redisSource('cache', redis.url)
  const unlimited = await read(source)
  assert.equal(unlimited.has('redis_memory_limit_bytes'), false, 'no limit is not a limit of 0')
  await command(redis.url, 'CONFIG', 'SET', 'maxmemory', '33554432')
  await command(redis.url, 'SET', 'a', '1')
  await command(redis.url, 'GET', 'a')
  await command(redis.url, 'GET', 'b')
  await command(redis.url, 'GET', 'c')
  const seen = await read(source)
  assert.deepEqual([...seen.keys()].toSorted(), ['need_up', ...namesOf('redis')].toSorted())
  assert.deepEqual(
    ['memory_limit_bytes', 'hits_total', 'misses_total', 'clients'].map((name) => seen.get(`redis_${name}`)),
    [33_554_432, 1, 2, 1],
  )
  assert.ok(seen.get('redis_memory_bytes')! > 100_000)

  // Connected and silent, then gone, then back.
  redis.freeze(true)
  await assert.rejects(read(source), /no answer within 2000 ms/)
  redis.freeze(false)
  await redis.kill()
  await assert.rejects(read(source))
  await redis.start()
  assert.equal((await read(source)).get('need_up'), 1)
  source.close()
})

void test('a server that serves whom it has, and nobody who comes now, is not up; what it says of itself is still told', async () => {
  await using postgres = await startPostgres()
  await postgres.query('create role app login')
  const app = postgres.url.replace('tester@', 'app@')
  const source = postgresSource('db', app)
  assert.equal((await read(source)).get('need_up'), 1)
  process.kill(postgres.pid, 'SIGSTOP')
  const hung = await read(source)
  process.kill(postgres.pid, 'SIGCONT')
  assert.equal(hung.get('need_up'), 0)
  assert.ok(hung.get('postgres_connections')! >= 1)
  await until(async () => (await read(source)).get('need_up') === 1, 'Postgres to take somebody again')

  const clients: Client[] = []
  await assert.rejects(async () => {
    for (;;) clients.push(await connect(app))
  }, /remaining connection slots are reserved|too many clients/)
  const full = await read(source)
  assert.equal(full.get('need_up'), 0)
  assert.equal(full.get('postgres_connections'), full.get('postgres_connections_limit'))
  await Promise.all(clients.map((client) => client.end()))
  await until(async () => (await read(source)).get('need_up') === 1, 'Postgres to have room again')
  source.close()

  await using redis = await startRedis({ keeps: false })
  const cache = redisSource('cache', redis.url)
  assert.equal((await read(cache)).get('need_up'), 1)
  await command(redis.url, 'CONFIG', 'SET', 'maxclients', '1')
  const crowded = await read(cache)
  assert.deepEqual([crowded.get('need_up'), crowded.get('redis_clients')], [0, 1])
  cache.close()
})

async function connect(url: string): Promise<Client> {
  const client = new Client({ connectionString: url })
  client.on('error', () => {})
  await client.connect()
  return client
}

async function holding(url: string): Promise<AsyncDisposable & { readonly client: Client }> {
  const client = await connect(url)
  return { client, [Symbol.asyncDispose]: () => client.end().catch(() => {}) }
}
