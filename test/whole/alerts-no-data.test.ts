/**
 * What a need says of itself: an alert that stands on it is not over because the need is gone or may not be asked any more. A
 * need that is down is told once, with what follows from it kept quiet. Windows are a tenth of what they are (never below three
 * collections), thresholds as they are.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Client } from 'pg'
import { watchAlerts } from '../support/alert-watch.ts'
import { startHookSink } from '../support/hook-sink.ts'
import { startPostgres } from '../support/postgres.ts'
import { plainConfig, TestProject, until } from '../support/project.ts'
import { startRedis } from '../support/redis-server.ts'
import { command } from '../support/servers.ts'

const FACTOR = '0.1'
const WITHIN_MS = 150_000
/** Of the memory that Redis may use. */
const USED_SHARE = 0.95
const LEVELS = ['RedisMemoryHigh', 'RedisMemoryCritical', 'PostgresConnectionsHigh']
const UNKNOWN = ['RedisMemoryHighNoData', 'RedisMemoryCriticalNoData', 'PostgresConnectionsHighNoData']

void test('an alert about a need that is gone, or that may not be asked, has no data: it is neither over nor told again', async (t) => {
  t.diagnostic(`windows and waits times ${FACTOR}`)
  await using hooks = await startHookSink()
  await using redis = await startRedis({ keeps: false })
  await using postgres = await startPostgres()
  await using project = new TestProject({
    ...plainConfig({ service: { uses: { db: 'required', box: 'required' } } }),
    needs: {
      db: { kind: 'postgres', url: 'DB_URL' },
      box: { kind: 'redis', role: 'cache', url: 'BOX_URL' },
    },
    alerts: { channels: { ops: { webhook: 'OPS_URL' } } },
  })
  // A role of its own: what an application is given, and what can be taken from it.
  const letIn = () => command(redis.url, 'ACL', 'SETUSER', 'app', 'on', '>secret', '~*', '+@all')
  await letIn()
  await postgres.query('create role app login')
  await postgres.query('alter system set max_connections = 20')
  process.kill(postgres.pid, 'SIGKILL')
  await postgres.restart()
  await project.must(['up', '--detach'], {
    OPS_URL: `${hooks.url}/ops`,
    DB_URL: postgres.url.replace('tester@', 'app@'),
    BOX_URL: redis.url.replace('unix://', 'unix://app:secret@'),
    SEAWORTHY_ALERT_WINDOWS: FACTOR,
  })
  const alerts = watchAlerts(project, t)
  const told = (event: string, group: RegExp): readonly string[] =>
    hooks
      .of(event)
      .map(({ body }) => String(body['title']))
      .filter((title) => group.test(title))

  // Real levels: a cache that is almost full, a database with almost every connection taken.
  for (let n = 0; n < 20; n++) await command(redis.url, 'SET', `k${n}`, 'x'.repeat(1_000_000))
  const used = Number(/^used_memory:(\d+)/m.exec(String(await command(redis.url, 'INFO', 'memory')))![1])
  await command(redis.url, 'CONFIG', 'SET', 'maxmemory', String(Math.ceil(used / USED_SHARE)))
  const clients = Array.from({ length: 14 }, () => new Client({ connectionString: postgres.url }))
  for (const client of clients) client.on('error', () => {})
  await Promise.all(clients.map((client) => client.connect()))
  await alerts.fires(LEVELS, Date.now())

  // The exporter is removed: the server is there, and says nothing of itself.
  await command(redis.url, 'ACL', 'SETUSER', 'app', '-info')
  await postgres.query('revoke select on pg_stat_database from public; revoke select on pg_stat_activity from public')
  await alerts.fires([...UNKNOWN, 'ScrapeFailing'], Date.now())
  for (const rule of LEVELS) assert.equal(await alerts.stateOf(rule), 'firing', `${rule}: nobody knows that it is over`)
  assert.equal(await alerts.stateOf('NeedDown'), 'none', 'both answer')
  assert.deepEqual(told('alert.resolved', /box|db/), [])

  await command(redis.url, 'ACL', 'SETUSER', 'app', '+info')
  await postgres.query('grant select on pg_stat_database to public; grant select on pg_stat_activity to public')
  await alerts.ends([...UNKNOWN, 'ScrapeFailing'], Date.now())

  // Now they are gone themselves.
  await redis.kill()
  process.kill(postgres.pid, 'SIGKILL')
  await Promise.all(clients.map((client) => client.end().catch(() => {})))
  await alerts.fires(['NeedDown', ...UNKNOWN, 'ScrapeFailing'], Date.now())
  const held = async (rule: string): Promise<string | null> => (await alerts.of(rule))?.held?.stage ?? null
  for (const rule of [...UNKNOWN, 'ScrapeFailing'])
    await until(async () => (await held(rule)) === 'inhibit', `${rule} to be explained`, WITHIN_MS)

  await Promise.all([redis.start().then(letIn), postgres.restart()])
  await alerts.ends(['NeedDown', ...LEVELS, ...UNKNOWN], Date.now())
})
