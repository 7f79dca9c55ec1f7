import { mkdirSync, rmSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { backup, constants, DatabaseSync } from 'node:sqlite'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { messageOf, Problem } from '../../../core/problem.ts'
import { notApplied, type SqlFile } from '../sql-files.ts'
import {
  LEDGER,
  LOCK_ATTEMPTS_MAX,
  SMALL_TABLE_ROWS_MAX,
  STATEMENT_LOCK_MS,
  type Copy,
  type Database,
  type Schema,
  type SqlConnection,
  type SqlRun,
} from './database.ts'

/** All pages in one step: the copy is one moment of the database, and writers of a WAL database do not wait for it. */
const PAGES_AT_ONCE = 2 ** 31 - 1

const LEDGER_TABLE = `create table if not exists ${LEDGER} (
  service text not null, phase text not null, name text not null, sha256 text not null,
  release text not null, applied_at text not null, primary key (service, phase, name)) strict`

export class SqliteDatabase implements Database {
  readonly need: string
  readonly kind = 'sqlite'
  readonly #connection: SqlConnection
  readonly #file: string
  readonly #copyFile: string

  /** @param copyFile where its copy is put; the folder is made */
  constructor(connection: SqlConnection, copyFile: string) {
    this.need = connection.need
    this.#connection = connection
    this.#file = fileURLToPath(connection.url)
    this.#copyFile = copyFile
  }

  async size(): Promise<number> {
    const sizes = [this.#file, `${this.#file}-wal`].map((file) => statSync(file, { throwIfNoEntry: false })?.size ?? 0)
    return sizes.reduce((sum, size) => sum + size, 0)
  }

  /** A transaction on a file beside it: the database itself stays free for the app, and a death frees the lock. */
  async lock(withinMs: number): Promise<AsyncDisposable> {
    const database = new DatabaseSync(`${this.#file}-migration`, { timeout: withinMs })
    try {
      database.exec('begin exclusive')
    } catch (error) {
      database.close()
      throw new Problem('migration.locked', `another migration is at work on ${this.need} (${this.#file})`, {
        hint: 'Wait until it has ended, then run the command again.',
        cause: error,
      })
    }
    return { [Symbol.asyncDispose]: async () => database.close() }
  }

  async schema(): Promise<Schema> {
    using database = this.#open()
    const rows = database.prepare('select type, name, tbl_name as owner, sql from sqlite_schema').all()
    return rows
      .filter(({ owner, sql }) => owner !== LEDGER && sql !== null)
      .map(({ type, name, sql }) => `${this.need}: ${String(type)} ${String(name)}: ${oneLine(String(sql))}`)
      .toSorted()
  }

  async copy(bytesMax: number): Promise<Copy> {
    await this.removeCopy()
    mkdirSync(dirname(this.#copyFile), { recursive: true, mode: 0o700 })
    const of = (await this.size()) > bytesMax ? 'schema' : 'data'
    try {
      using database = this.#open()
      if (of === 'data') await backup(database, this.#copyFile, { rate: PAGES_AT_ONCE })
      else copySchema(database, this.#copyFile)
    } catch (error) {
      throw new Problem('migration.no-rehearsal', `no copy of ${this.need} can be made: ${messageOf(error)}`, {
        hint: `Free space in ${dirname(this.#copyFile)}, then run the command again. Nothing was changed.`,
        cause: error,
      })
    }
    using made = new DatabaseSync(this.#copyFile)
    // A copy in WAL mode, like the original: a command may open it twice.
    made.exec('pragma journal_mode = wal')
    const { url: original } = this.#connection
    const url = original.includes(this.#file)
      ? original.replace(this.#file, this.#copyFile)
      : pathToFileURL(this.#copyFile).href
    return {
      of,
      database: new SqliteDatabase({ ...this.#connection, url }, `${this.#copyFile}.copy`),
      replace: [
        [original, url],
        [this.#file, this.#copyFile],
      ],
      variables: {},
    }
  }

  async removeCopy(): Promise<void> {
    for (const end of ['', '-wal', '-shm', '-journal', '-migration']) rmSync(`${this.#copyFile}${end}`, { force: true })
  }

  async pending({ files, service, phase }: SqlRun): Promise<readonly SqlFile[]> {
    using database = this.#open()
    return notApplied(files, ledgerOf(database, service, phase))
  }

  async apply({ files, service, phase, release }: SqlRun): Promise<void> {
    using database = this.#open()
    database.exec('begin immediate')
    const broken = database.prepare('pragma foreign_key_check').all().length
    database.exec(LEDGER_TABLE)
    const note = database.prepare(`insert into ${LEDGER} values (?, ?, ?, ?, ?, ?)`)
    for (const { name, sha256, text } of notApplied(files, ledgerOf(database, service, phase))) {
      // The transaction is ours: a file that ends it would leave the half of what comes after it.
      database.setAuthorizer((action) =>
        action === constants.SQLITE_TRANSACTION || action === constants.SQLITE_ATTACH
          ? constants.SQLITE_DENY
          : constants.SQLITE_OK,
      )
      try {
        database.exec(text)
      } catch (error) {
        throw new Error(`${name}: ${explain(messageOf(error))}`, { cause: error })
      } finally {
        database.setAuthorizer(null)
      }
      note.run(service, phase, name, sha256, release, new Date().toISOString())
    }
    if (database.prepare('pragma foreign_key_check').all().length > broken)
      throw new Error('rows are left that refer to nothing: see `pragma foreign_key_check`')
    database.exec('commit')
  }

  /** Closing it, as `using` does, takes back a transaction that was not committed. */
  #open(): DatabaseSync {
    // SQLite rebuilds a table by dropping the old one: with foreign keys on, that deletes what refers to it.
    return new DatabaseSync(this.#file, {
      timeout: STATEMENT_LOCK_MS * LOCK_ATTEMPTS_MAX,
      enableForeignKeyConstraints: false,
    })
  }
}

function ledgerOf(database: DatabaseSync, service: string, phase: string): ReadonlyMap<string, string> {
  const known = database.prepare('select 1 from sqlite_schema where name = ?').get(LEDGER)
  if (known === undefined) return new Map()
  const rows = database.prepare(`select name, sha256 from ${LEDGER} where service = ? and phase = ?`)
  return new Map(rows.all(service, phase).map(({ name, sha256 }) => [String(name), String(sha256)]))
}

function copySchema(from: DatabaseSync, file: string): void {
  using to = new DatabaseSync(file, { enableForeignKeyConstraints: false })
  const objects = from
    .prepare(
      "select type, name, sql from sqlite_schema where sql is not null and name not like 'sqlite\\_%' escape '\\'",
    )
    .all()
  const ordered = objects.toSorted((one, other) => Number(other['type'] === 'table') - Number(one['type'] === 'table'))
  for (const { type, sql } of ordered) if (type === 'table') to.exec(String(sql))
  for (const { type, name } of ordered) if (type === 'table') copyRows(from, to, String(name))
  for (const { type, sql } of ordered) if (type !== 'table') to.exec(String(sql))
}

function copyRows(from: DatabaseSync, to: DatabaseSync, table: string): void {
  const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`
  // Generated columns are hidden ones: they cannot be written.
  const columns = from.prepare('select name from pragma_table_xinfo(?) where hidden = 0').all(table)
  const list = columns.map(({ name }) => quote(String(name))).join(', ')
  const rows = from.prepare(`select ${list} from ${quote(table)} limit ${SMALL_TABLE_ROWS_MAX + 1}`)
  rows.setReturnArrays(true)
  rows.setReadBigInts(true)
  const all = rows.all() as unknown as (string | number | bigint | null | Uint8Array)[][]
  if (all.length > SMALL_TABLE_ROWS_MAX) return
  const insert = to.prepare(`insert into ${quote(table)} (${list}) values (${columns.map(() => '?').join(', ')})`)
  to.exec('begin')
  for (const row of all) insert.run(...row)
  to.exec('commit')
}

function oneLine(sql: string): string {
  return sql.replaceAll(/\s+/g, ' ').trim()
}

function explain(message: string): string {
  return message === 'not authorized'
    ? 'it begins, ends or attaches something itself: an sql migration is one transaction, take that out'
    : message
}
