import { createHash } from 'node:crypto'
import type { Client } from 'pg'
import { messageOf, Problem } from '../../../core/problem.ts'
import type { SqlFile } from '../sql-files.ts'
import {
  LOCK_ATTEMPTS_MAX,
  LOCK_PAUSE_MS,
  type Copy,
  type Database,
  type Schema,
  type SqlConnection,
  type SqlRun,
} from './database.ts'
import { applySql, isLockTimeout, pendingSql } from './postgres-apply.ts'
import { APPLICATION, CONNECT_MS, pourHere, type Pour } from './pour.ts'
import { SCHEMA_QUERY, SMALL_TABLES_QUERY } from './postgres-schema.ts'

const LOCK_EVERY_MS = 250
/** Any number that nobody else takes: 'seaw' in ASCII. The second half of the lock is free. */
const LOCK_CLASS = 0x73656177
const SMALL_TABLE_BYTES_MAX = 1024 * 1024

export class PostgresDatabase implements Database {
  readonly need: string
  readonly kind = 'postgres'
  readonly #connection: SqlConnection
  readonly #pour: Pour
  /** The connection that holds the lock also changes the schema: who gets the lock knows that the other has ended. */
  #locked: Client | null = null

  /** @param pour how rows come into a copy. @default by the programs of this machine */
  constructor(connection: SqlConnection, pour: Pour = pourHere) {
    this.need = connection.need
    this.#connection = connection
    this.#pour = pour
  }

  size(): Promise<number> {
    return this.#withClient(async (client) => {
      const { rows } = await client.query<{ bytes: string }>('select pg_database_size(current_database()) as bytes')
      return Number(rows[0]!.bytes)
    })
  }

  async lock(withinMs: number): Promise<AsyncDisposable> {
    const client = await this.#connect()
    const until = performance.now() + withinMs
    for (;;) {
      const { rows } = await client.query<{ got: boolean }>('select pg_try_advisory_lock($1, 0) as got', [LOCK_CLASS])
      if (rows[0]!.got) break
      if (performance.now() > until) {
        const holder = await holderOf(client)
        await client.end()
        throw new Problem('migration.locked', `another migration is at work on ${this.need}: ${holder}`, {
          hint: 'Wait until it has ended, then run the command again.',
        })
      }
      await new Promise((resolve) => setTimeout(resolve, LOCK_EVERY_MS))
    }
    this.#locked = client
    return {
      [Symbol.asyncDispose]: async () => {
        this.#locked = null
        await client.end()
      },
    }
  }

  schema(): Promise<Schema> {
    return this.#withClient(async (client) => {
      // Names in definitions are then always written with their schema.
      await client.query("select set_config('search_path', 'pg_catalog', false)")
      const { rows } = await client.query<{ line: string }>(SCHEMA_QUERY)
      return rows.map(({ line }) => `${this.need}: ${line}`)
    })
  }

  async copy(bytesMax: number): Promise<Copy> {
    try {
      await this.removeCopy()
      const of = (await this.size()) > bytesMax ? 'schema' : 'data'
      await this.#withClient((client) => this.#fillCopy(client, of))
      const url = new URL(this.#connection.url)
      const name = copyName(databaseOf(url))
      const copied = new URL(url)
      copied.pathname = `/${name}`
      return {
        of,
        database: new PostgresDatabase({ ...this.#connection, url: copied.href }),
        replace: [[this.#connection.url, copied.href]],
        variables: Object.fromEntries(
          Object.entries(this.#connection.variables)
            .filter(([, value]) => value === databaseOf(url))
            .map(([variable]) => [variable, name]),
        ),
      }
    } catch (error) {
      await this.removeCopy().catch(() => {})
      if (error instanceof Problem) throw error
      throw new Problem('migration.no-rehearsal', `no copy of ${this.need} can be made: ${messageOf(error)}`, {
        hint: "A migration is rehearsed on a copy in the same server: its user needs CREATEDB. Only an 'sql' migration, which is one transaction, runs without. Nothing was changed.",
        cause: error,
      })
    }
  }

  removeCopy(): Promise<void> {
    return this.#withClient(async (client) => {
      const name = copyName(databaseOf(new URL(this.#connection.url)))
      const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [name])
      if (rowCount === 0) return
      // Whoever was killed over a rehearsal may have left a connection.
      await client.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [name])
      await client.query(`drop database if exists ${client.escapeIdentifier(name)}`)
    })
  }

  pending(run: SqlRun): Promise<readonly SqlFile[]> {
    return this.#withClient((client) => pendingSql(client, run))
  }

  async apply(run: SqlRun): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#withClient((client) => applySql(client, run))
      } catch (error) {
        if (!isLockTimeout(error) || attempt === LOCK_ATTEMPTS_MAX) throw error
        await new Promise((resolve) => setTimeout(resolve, LOCK_PAUSE_MS))
      }
    }
  }

  async #fillCopy(client: Client, of: 'data' | 'schema'): Promise<void> {
    const name = copyName(client.database ?? '')
    const { rows } = await client.query<Record<'encoding' | 'datcollate' | 'datctype' | 'version', string>>(
      `select pg_encoding_to_char(encoding) as encoding, datcollate, datctype,
         current_setting('server_version_num') as version
       from pg_database where datname = current_database()`,
    )
    const { encoding, datcollate, datctype, version } = rows[0]!
    await client.query(
      `create database ${client.escapeIdentifier(name)} template template0 encoding ${client.escapeLiteral(encoding)}
       lc_collate ${client.escapeLiteral(datcollate)} lc_ctype ${client.escapeLiteral(datctype)}`,
    )
    const pour = (options: readonly string[]): Promise<void> =>
      this.#pour({
        need: this.need,
        url: this.#connection.url,
        client,
        serverMajor: Math.floor(Number(version) / 10_000),
        into: name,
        // Of no use to a copy, and a subscription would begin to take from its publisher.
        options: ['--no-owner', '--no-privileges', '--no-publications', '--no-subscriptions', ...options],
      })
    if (of === 'data') return pour([])
    await pour(['--schema-only'])
    const small = await client.query<{ schema: string; name: string }>(SMALL_TABLES_QUERY, [SMALL_TABLE_BYTES_MAX])
    const tables = small.rows.map((table) => `--table="${quoted(table.schema)}"."${quoted(table.name)}"`)
    if (tables.length > 0) await pour(['--data-only', ...tables])
  }

  async #withClient<T>(work: (client: Client) => Promise<T>): Promise<T> {
    if (this.#locked !== null) {
      await this.#locked.query('reset search_path')
      return work(this.#locked)
    }
    const client = await this.#connect()
    try {
      return await work(client)
    } finally {
      await client.end()
    }
  }

  async #connect(): Promise<Client> {
    // On demand: control itself has no use for it where nobody uses a Postgres.
    const { Client } = await import('pg')
    const client = new Client({
      connectionString: this.#connection.url,
      connectionTimeoutMillis: CONNECT_MS,
      application_name: APPLICATION,
      keepAlive: true,
    })
    // A connection that breaks while nobody asks: whoever asks next is told.
    client.on('error', () => {})
    try {
      await client.connect()
      return client
    } catch (error) {
      throw new Problem('migration.unreachable', `${this.need} cannot be reached: ${messageOf(error)}`, {
        hint: 'See that the database runs and takes this user, then run the command again. Nothing was changed.',
        cause: error,
      })
    }
  }
}

function databaseOf(url: URL): string {
  return decodeURIComponent(url.pathname.slice(1)) || decodeURIComponent(url.username)
}

/** The same for the same database, so that whoever comes next finds what a crash has left; 63 bytes at most. */
function copyName(database: string): string {
  const mark = createHash('sha256').update(database).digest('hex').slice(0, 8)
  return `seaworthy_rehearsal_${mark}_${database.replaceAll(/[^A-Za-z0-9_]/g, '_').slice(0, 24)}`
}

async function holderOf(client: Client): Promise<string> {
  const { rows } = await client.query<{ pid: number; address: string | null; name: string }>(
    `select a.pid, a.client_addr::text as address, a.application_name as name
     from pg_locks l join pg_stat_activity a on a.pid = l.pid
     where l.locktype = 'advisory' and l.classid = $1::oid and l.granted
       and l.database = (select oid from pg_database where datname = current_database())`,
    [LOCK_CLASS],
  )
  const [row] = rows
  return row === undefined
    ? 'it has just ended'
    : `'${row.name}' from ${row.address ?? 'this host'} (backend ${row.pid})`
}

function quoted(name: string): string {
  return name.replaceAll('"', '""')
}
