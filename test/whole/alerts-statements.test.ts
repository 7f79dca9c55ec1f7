/**
 * A Postgres with a statement that does not end, with transactions that wait for each other, and with a table that its memory
 * does not hold: each is told, and over after it. Windows and waits are a twentieth of what they are (never below three
 * collections), thresholds as they are: a statement is long after five minutes, and this takes a little longer.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Client } from 'pg'
import { watchAlerts } from '../support/alert-watch.ts'
import { startPostgres } from '../support/postgres.ts'
import { plainConfig, TestProject, until } from '../support/project.ts'

const FACTOR = '0.05'
const LONG_MS = 300_000
/** Collected and evaluated, on a machine that may be busy. */
const TOLD_WITHIN_MS = 120_000
const SHARED_BUFFERS = '1MB'
/** Two of them fill a block of 8 KiB: 16 times what fits. */
const ROWS = 4_000
/** 5,000 lookups of one block, and 2,000 of one after the other. */
const FITS = 'select count(*) from generate_series(1, 5000) g, lateral (select v from small where n > g - g limit 1) s'
const EXCEEDS = 'select count(filler) from big'
const RULES = ['PostgresLongStatement', 'PostgresDeadlock', 'PostgresCacheHitsLow']

void test(
  'statements that do not end, deadlocks and reads past the memory of a Postgres are told of, and over after them',
  { timeout: 900_000 },
  async (t) => {
    t.diagnostic(`windows and waits times ${FACTOR}, shared_buffers ${SHARED_BUFFERS}`)
    await using postgres = await startPostgres()
    await postgres.query(`alter system set shared_buffers = '${SHARED_BUFFERS}'`)
    process.kill(postgres.pid, 'SIGKILL')
    await postgres.restart()
    await postgres.query(`
      create table big (n int, filler text);
      alter table big alter filler set storage plain;
      insert into big select n, repeat('x', 4000) from generate_series(1, ${ROWS}) n;
      create table small (n int primary key, v int);
      insert into small values (1, 0), (2, 0)`)
    await postgres.query('vacuum analyze')
    await using project = new TestProject({
      ...plainConfig({ service: { uses: { db: 'required' } } }),
      needs: { db: { kind: 'postgres', url: 'DB_URL' } },
    })
    await project.must(['up', '--detach'], { DB_URL: postgres.url, SEAWORTHY_ALERT_WINDOWS: FACTOR })
    const alerts = watchAlerts(project, t)
    const lookups = async (): Promise<number> => {
      const query =
        'increase(seaworthy_postgres_block_hits_total[30s]) + increase(seaworthy_postgres_block_reads_total[30s])'
      const { values } = await project.control.call('series.query', { query, at: null })
      return values.length === 0 ? 0 : Number(values[0]!.value)
    }
    await using endless = await connect(postgres.url)
    const begunAt = Date.now()
    const sleeping = endless.client.query('select pg_sleep(3600)').then(
      () => 'ended',
      ({ code }: { code?: string }) => code,
    )

    // Lookups enough to judge by, and all of them of what fits.
    await using load = await startQueries(postgres.url, FITS)
    await until(async () => (await lookups()) > 10_000, 'lookups', TOLD_WITHIN_MS, 500)
    await alerts.quiet(RULES)

    const at = Date.now()
    load.ask(EXCEEDS)
    assert.equal(await deadlock(postgres.url), 1, 'one of the two is given up')
    await alerts.fires(['PostgresDeadlock', 'PostgresCacheHitsLow'], at)

    const over = Date.now()
    load.ask(FITS)
    await alerts.ends(['PostgresDeadlock', 'PostgresCacheHitsLow'], over)
    await load.stop()

    await until(() => Date.now() > begunAt + LONG_MS - 60_000, 'a statement that is not long yet', LONG_MS, 500)
    await alerts.quiet(['PostgresLongStatement'])
    await alerts.fires(['PostgresLongStatement'], begunAt)
    assert.ok((await alerts.of('PostgresLongStatement'))!.value! > LONG_MS / 1_000)
    const cancelledAt = Date.now()
    await postgres.query(`select pg_cancel_backend(pid) from pg_stat_activity where query like 'select pg_sleep%'`)
    // SQLSTATE `query_canceled`: it did not come to its end.
    assert.equal(await sleeping, '57014')
    await alerts.ends(['PostgresLongStatement'], cancelledAt)
  },
)

async function connect(connectionString: string) {
  const client = new Client({ connectionString })
  await client.connect()
  return { client, [Symbol.asyncDispose]: () => client.end() }
}

/** Asks the same ten times a second, until it is told to ask something else. */
async function startQueries(url: string, sql: string) {
  const { client } = await connect(url)
  let asked = sql
  const isOver = new AbortController()
  const work = (async () => {
    while (!isOver.signal.aborted) {
      await client.query(asked)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  })()
  const stop = async (): Promise<void> => {
    if (isOver.signal.aborted) return
    isOver.abort()
    await work
    await client.end()
  }
  return { ask: (next: string): void => void (asked = next), stop, [Symbol.asyncDispose]: stop }
}

/** Two transactions that each want what the other has; returns how many of them were given up. */
async function deadlock(url: string): Promise<number> {
  await using one = await connect(url)
  await using two = await connect(url)
  await one.client.query('begin; update small set v = 1 where n = 1')
  await two.client.query('begin; update small set v = 1 where n = 2')
  const ends = await Promise.allSettled([
    one.client.query('update small set v = 2 where n = 2'),
    two.client.query('update small set v = 2 where n = 1'),
  ])
  // A session tells its counts when it is out of its transaction.
  for (const { client } of [one, two]) await client.query('rollback')
  return ends.filter(({ status }) => status === 'rejected').length
}
