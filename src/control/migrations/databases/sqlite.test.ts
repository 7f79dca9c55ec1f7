import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test, type TestContext } from 'node:test'
import { sha256 } from '../../../core/canonical-json.ts'
import { SMALL_TABLE_ROWS_MAX, type SqlRun } from './database.ts'
import { SqliteDatabase } from './sqlite.ts'

const SETUP = `
  create table items (id integer primary key, name text not null, twice text generated always as (name || name));
  create table parts (item integer references items (id));
  create index by_name on items (name);
  insert into items (name) values ('one'), ('two');
  insert into parts values (1), (2);
`

function makeDatabase(t: TestContext): { file: string; copies: string; database: SqliteDatabase; open: DatabaseSync } {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-sqlite-'))
  const file = join(folder, 'db.db')
  const open = new DatabaseSync(file)
  open.exec(`pragma journal_mode = wal; ${SETUP}`)
  t.after(() => {
    open.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const connection = { need: 'db', kind: 'sqlite', relation: 'required', url: `file:${file}`, variables: {} } as const
  const copies = join(folder, 'copies')
  return { file, copies, database: new SqliteDatabase(connection, join(copies, 'db.db')), open }
}

function sql(...texts: readonly string[]): SqlRun {
  const files = texts.map((text, at) => ({ name: `${at}.sql`, sha256: sha256(text), text }))
  return { service: 'api', phase: 'expand', release: '1-x', files }
}

const count = (database: DatabaseSync, table: string): unknown =>
  database.prepare(`select count(*) as rows from ${table}`).get()!['rows']

test('a copy holds all rows and the same schema, and what is done to it is not done to the original', async (t) => {
  const { database, copies, open } = makeDatabase(t)
  const copy = await database.copy(2 ** 30)
  assert.equal(copy.of, 'data')
  assert.deepEqual(await copy.database.schema(), await database.schema())
  await copy.database.apply(sql('drop table parts; delete from items'))
  assert.equal(count(open, 'items'), 2)
  assert.equal(count(open, 'parts'), 2)
  await database.removeCopy()
  assert.deepEqual(readdirSync(copies), [])
})

test('of a database too large to copy, a copy has the schema and the rows of small tables', async (t) => {
  const { database, copies, open } = makeDatabase(t)
  open.exec(
    `insert into parts with recursive n(i) as (select 1 union all select i + 1 from n limit ${SMALL_TABLE_ROWS_MAX}) select 1 from n`,
  )
  const copy = await database.copy(0)
  assert.equal(copy.of, 'schema')
  assert.deepEqual(await copy.database.schema(), await database.schema())
  using made = new DatabaseSync(join(copies, 'db.db'))
  assert.deepEqual([count(made, 'items'), count(made, 'parts')], [2, 0])
})

test('files are applied once, all or none', async (t) => {
  const { database, open } = makeDatabase(t)
  await database.apply(sql('alter table items add column price integer'))
  await database.apply(sql('alter table items add column price integer', 'create table late (a)'))
  assert.deepEqual(await database.pending(sql('alter table items add column price integer')), [])
  const schema = await database.schema()
  const wrong = sql(
    'alter table items add column price integer',
    'create table late (a)',
    'create table x (a)',
    'drop table y',
  )
  await assert.rejects(database.apply(wrong), /3\.sql: no such table: y/)
  assert.deepEqual(await database.schema(), schema)
  assert.equal(count(open, 'seaworthy_migrations'), 2)
})

test('a file that ends the transaction, or attaches another file, is refused before it has done anything', async (t) => {
  const { database } = makeDatabase(t)
  const schema = await database.schema()
  for (const text of ['create table x (a); commit; drop table nowhere', "attach ':memory:' as other", 'begin'])
    await assert.rejects(database.apply(sql(text)), /0\.sql: it begins, ends or attaches something itself/)
  assert.deepEqual(await database.schema(), schema)
})

test('a table that others refer to can be rebuilt; rows that then refer to nothing are refused', async (t) => {
  const { database, open } = makeDatabase(t)
  const rebuild = `create table fresh (id integer primary key, name text not null);
    insert into fresh select id, name from items; drop table items; alter table fresh rename to items;`
  await database.apply(sql(rebuild))
  assert.equal(count(open, 'parts'), 2)
  await assert.rejects(database.apply(sql(rebuild, 'delete from items where id = 1')), /refer to nothing/)
  assert.equal(count(open, 'items'), 2)
})

test('one at a time: a second lock is refused until the first is given back', async (t) => {
  const { database, file } = makeDatabase(t)
  const held = await database.lock(0)
  await assert.rejects(database.lock(50), { code: 'migration.locked', message: new RegExp(`work on db \\(${file}\\)`) })
  await held[Symbol.asyncDispose]()
  await (await database.lock(0))[Symbol.asyncDispose]()
})
