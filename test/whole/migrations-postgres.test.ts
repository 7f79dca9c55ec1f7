/** What a migration asks of Postgres, on a real server of the test's own. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Client } from 'pg'
import { sha256 } from '../../src/core/canonical-json.ts'
import type { SqlRun } from '../../src/control/migrations/databases/database.ts'
import { PostgresDatabase } from '../../src/control/migrations/databases/postgres.ts'
import type { MigrationOrder } from '../../src/control/migrations/job/order.ts'
import { perform } from '../../src/control/migrations/job/perform.ts'
import type { MigrationReport } from '../../src/control/migrations/job/report.ts'
import { settleRun } from '../../src/control/migrations/settle.ts'
import type { MigrationRun } from '../../src/deploy/migration.ts'
import { changesBetween } from '../../src/control/migrations/schema-changes.ts'
import { startPostgres, type TestPostgres } from '../support/postgres.ts'

let server: TestPostgres
before(async () => {
  server = await startPostgres()
})
after(() => server[Symbol.asyncDispose]())

const SETUP = `
  create table owners (id serial primary key, name text not null);
  create table items (id serial primary key, owner integer references owners, name varchar(20) default 'x' not null);
  create index by_name on items (name);
  create view names as select name from items;
  create function one() returns int language sql as 'select 1';
  insert into owners (name) values ('ann'), ('bob');
  insert into items (owner) select 1 + n % 2 from generate_series(1, 100) n;
`

/** A database of each test's own. */
async function makeDatabase(name: string, user = 'tester'): Promise<{ url: string; database: PostgresDatabase }> {
  await server.query(`create database ${name}`, 'postgres')
  await server.query(SETUP, name)
  const url = server.url.replace('/shop', `/${name}`).replace('tester@', `${user}@`)
  return { url, database: open(url) }
}

function open(url: string): PostgresDatabase {
  const variables = { DB_URL: url, PGDATABASE: new URL(url).pathname.slice(1) }
  return new PostgresDatabase({ need: 'db', kind: 'postgres', relation: 'required', url, variables })
}

function sql(...texts: readonly string[]): SqlRun {
  const files = texts.map((text, at) => ({ name: `${at}.sql`, sha256: sha256(text), text }))
  return { service: 'api', phase: 'expand', release: '1-x', files }
}

const copiesOf = (name: string): Promise<readonly unknown[]> =>
  server.query(`select 1 from pg_database where datname like 'seaworthy%\\_${name}'`, 'postgres')

async function rowsIn(url: string, table: string): Promise<number> {
  const [row] = await server.query(`select count(*)::int as rows from ${table}`, new URL(url).pathname.slice(1))
  return row!['rows'] as number
}

void test('every change of a schema is one of its lines', async () => {
  const { database, url } = await makeDatabase('lines')
  const name = new URL(url).pathname.slice(1)
  const begin = await database.schema()
  for (const [change, told] of [
    [
      'alter table items add column price integer not null default 7',
      /^\+ db: column public\.items\.price integer not null default 7$/,
    ],
    ['alter table items alter column name type text', /^\+ db: column public\.items\.name text not null/],
    ['drop index by_name', /^- db: index CREATE INDEX by_name ON public\.items USING btree \(name\)$/],
    ['alter table items add constraint cheap check (price < 100)', /^\+ db: constraint public\.items\.cheap CHECK/],
    ["create or replace function one() returns int language sql as 'select 2'", /^\+ db: function public\.one\(\) /],
    ['create or replace view names as select upper(name) as name from items', /^\+ db: view public\.names /],
    ["create type mood as enum ('good', 'bad')", /^\+ db: type public\.mood enum \(good, bad\)$/],
    ['alter table items enable row level security', /^\+ db: table public\.items with row security$/],
    ['create schema other', /^\+ db: schema other$/],
    ['create sequence numbers', /^\+ db: sequence public\.numbers$/],
  ] as const) {
    const old = await database.schema()
    if (change.includes('type text')) await server.query('drop view names', name)
    await server.query(change.includes('view names') ? `drop view if exists names; ${change}` : change, name)
    const changes = changesBetween([old], [await database.schema()])
    assert.ok(
      changes.some((line) => told.test(line)),
      `${change}: ${changes.join('; ')}`,
    )
  }
  // Rows, and our own ledger, are no schema.
  const schema = await database.schema()
  assert.notDeepEqual(schema, begin)
  await server.query("insert into owners (name) values ('eve')", name)
  await database.apply(sql('select 1'))
  assert.deepEqual(await database.schema(), schema)
})

void test('a copy holds all rows, is named by the variables, and goes although somebody is still connected', async () => {
  const { database, url } = await makeDatabase('whole')
  const copy = await database.copy(2 ** 30)
  assert.equal(copy.of, 'data')
  const [[original, copied]] = copy.replace as [[string, string]]
  assert.equal(original, url)
  assert.equal(copy.variables['PGDATABASE'], new URL(copied).pathname.slice(1))
  assert.deepEqual(await copy.database.schema(), await database.schema())
  await copy.database.apply(sql('delete from items'))
  assert.deepEqual([await rowsIn(copied, 'items'), await rowsIn(url, 'items')], [0, 100])

  // As left by a command that was killed over its rehearsal, and the job with it: the next run replaces it.
  const stray = new Client({ connectionString: copied })
  stray.on('error', () => {})
  await stray.connect()
  await open(url).copy(2 ** 30)
  assert.equal(await rowsIn(copied, 'items'), 100)
  await database.removeCopy()
  assert.deepEqual(await copiesOf('whole'), [])
  await stray.end().catch(() => {})
})

void test('of a database too large to copy, a copy has the schema and the rows of small tables without references', async () => {
  const { database } = await makeDatabase('large')
  const copy = await database.copy(0)
  assert.equal(copy.of, 'schema')
  assert.deepEqual(await copy.database.schema(), await database.schema())
  const copied = copy.replace[0]![1]
  assert.deepEqual([await rowsIn(copied, 'owners'), await rowsIn(copied, 'items')], [2, 0])
  await database.removeCopy()
})

void test('a file that ends the transaction is seen before it runs, or at the latest on the copy', async () => {
  const { database } = await makeDatabase('ends')
  const schema = await database.schema()
  await assert.rejects(database.apply(sql('create table x (a int); commit; drop table y')), /0\.sql: it begins or ends/)
  assert.deepEqual(await database.schema(), schema)
  // `end` is also how a function's body ends, so only the server knows.
  const copy = await database.copy(2 ** 30)
  await assert.rejects(copy.database.apply(sql('create table x (a int); end')), /0\.sql: it begins or ends/)
  await database.removeCopy()
  assert.deepEqual(await database.schema(), schema)
})

void test('files are applied once, all or none, whatever search path they set', async () => {
  const { database } = await makeDatabase('once')
  const first = 'set search_path = pg_catalog; alter table public.items add column price integer'
  await database.apply(sql(first))
  await database.apply(sql(first, 'create table late (a int)'))
  assert.deepEqual(await database.pending(sql(first, 'create table late (a int)')), [])
  const schema = await database.schema()
  await assert.rejects(
    database.apply(sql(first, 'create table late (a int)', 'create table x (a int)', 'drop table nowhere')),
    /3\.sql: table "nowhere" does not exist/,
  )
  assert.deepEqual(await database.schema(), schema)
  await assert.rejects(database.pending(sql('another text')), { code: 'migration.sql-changed' })
})

void test('a statement that waits for the app gives way to its traffic, and is tried again', async () => {
  const { database, url } = await makeDatabase('busy')
  const app = new Client({ connectionString: url })
  await app.connect()
  await app.query('begin; select * from items')
  const applied = database.apply(sql('alter table items add column price integer'))
  const waiting = 'select 1 from pg_stat_activity where wait_event_type = $$Lock$$ and datname = $$busy$$'
  const seen = async (rows: number): Promise<void> => {
    const until = Date.now() + 10_000
    while ((await server.query(waiting, 'postgres')).length !== rows) {
      if (Date.now() > until) assert.fail(`never ${rows} waiting`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
  await seen(1)
  // It has given way: what came after it is answered, though the first reader still holds its lock.
  await seen(0)
  assert.equal(await rowsIn(url, 'items'), 100)
  await app.query('commit')
  await app.end()
  await applied
  assert.deepEqual((await database.schema()).includes('db: column public.items.price integer'), true)
})

void test('one at a time over all hosts: the second is told who is at work', async () => {
  const { database, url } = await makeDatabase('locked')
  const held = await database.lock(0)
  await assert.rejects(open(url).lock(300), {
    code: 'migration.locked',
    message: /work on db: 'seaworthy migration' from 127\.0\.0\.1(\/32)? \(backend \d+\)/,
  })
  await held[Symbol.asyncDispose]()
  await (await open(url).lock(0))[Symbol.asyncDispose]()
})

void test('where no copy can be made an sql migration runs all the same, being one transaction; a command does not', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-sql-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  await server.query('create role owner login', 'postgres')
  const { database, url } = await makeDatabase('owned', 'owner')
  const name = new URL(url).pathname.slice(1)
  await server.query('alter table items owner to owner; grant create on schema public to owner', name)
  const told = async (file: string, command: readonly string[]): Promise<MigrationReport> => {
    writeFileSync(join(folder, '1.sql'), file)
    let last: MigrationReport = { step: 'rehearsing' }
    const order: MigrationOrder = {
      service: 'api',
      phase: 'expand',
      release: '1-x',
      command,
      connections: [],
      report: '',
      scratch: '',
      timeoutMs: 10_000,
    }
    await perform({ order, databases: [database], environment: {}, save: (report) => (last = report), say: () => {} })
    return last
  }
  const command = await told('', [process.execPath, '-e', '0'])
  assert.equal(command.step === 'ended' && command.problem?.code, 'migration.no-rehearsal')
  const wrong = await told('alter table items add column price integer; drop table nowhere', ['sql', folder])
  assert.equal(wrong.step === 'ended' && wrong.problem?.code, 'deploy.migration-failed')
  assert.equal(wrong.step === 'ended' && wrong.problem?.details.length, 0)
  const right = await told('alter table items add column price integer', ['sql', folder])
  assert.match(right.step === 'ended' ? right.rehearsal! : '', /^not rehearsed, but one transaction: no copy of db/)
  assert.deepEqual(changesBetween(right.step === 'ended' ? right.before! : [], [await database.schema()]), [
    '+ db: column public.items.price integer',
  ])
})

void test('a user who may not create databases is told what a rehearsal needs; nobody at the address, too', async () => {
  await server.query('create role poor login', 'postgres')
  const { database } = await makeDatabase('refused', 'poor')
  await assert.rejects(database.copy(2 ** 30), { code: 'migration.no-rehearsal', hint: /CREATEDB/ })
  await assert.rejects(open('postgres://tester@127.0.0.1:1/shop').schema(), { code: 'migration.unreachable' })
})

/** Drops a table, committed at once, and all connections with it; MODULES names where `pg` is found. */
const DISCONNECT = `
const { Client } = require('node:module').createRequire(process.env.MODULES)('pg')
const client = new Client(process.env.DB_URL)
client.connect()
  .then(() => client.query('drop table items cascade'))
  .then(() => process.env.REHEARSAL ? null : client.query(
    'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()'))
  .then(() => process.exit(process.env.REHEARSAL ? 0 : 1))
`

void test('a command that fails and takes all connections with it is told as such, with what it has left', async () => {
  const { database, url } = await makeDatabase('cut')
  const command = [process.execPath, '-e', DISCONNECT]
  const order = { service: 'api', phase: 'contract', release: '1-x', command, connections: [], report: '', scratch: '' }
  let report: MigrationReport = { step: 'rehearsing' }
  await perform({
    order: { ...order, phase: 'contract', timeoutMs: 10_000 },
    databases: [database],
    environment: { DB_URL: url, MODULES: import.meta.filename },
    save: (saved) => (report = saved),
    say: () => {},
  })
  const run = { phase: 'contract', command } as unknown as MigrationRun
  const ended = { report, databases: [open(url)], description: 'exited with 1', lastLines: [], at: 0 }
  const { outcome, changes, message, hint } = await settleRun(run, ended)
  assert.equal(outcome, 'failed')
  assert.ok(
    changes.includes("- db: column public.items.name character varying(20) not null default 'x'::character varying"),
    changes.join('\n'),
  )
  assert.match(message!, /the contracting migration .* exited with 1$/s)
  assert.match(hint!, /left the changes shown here/)
})
