import type { Client } from 'pg'
import type { Measured } from '../source.ts'
import { ASK_MS, needUp, NotAllowed, type NeedSource } from './need.ts'

/** The size is counted by looking at every file: not with every beat. */
const SIZE_EVERY_MS = 60_000

/**
 * Everything at once, within one transaction: a server behind a pooler keeps no setting of ours. Whoever may not see what others
 * do is told so by the server, and then nothing is said of it.
 * superuser_reserved_connections: docs/runtime-config-connection; reserved_connections since version 16.
 */
const QUERY = `
  begin read only;
  set local statement_timeout = ${ASK_MS};
  select
    (select sum(numbackends) from pg_stat_database) as connections,
    (select sum(case name when 'max_connections' then setting::int else -setting::int end) from pg_settings
      where name in ('max_connections', 'superuser_reserved_connections', 'reserved_connections')) as "limit",
    (select extract(epoch from max(clock_timestamp() - query_start)) from pg_stat_activity
      where state = 'active' and backend_type = 'client backend' and pid <> pg_backend_pid()) as longest,
    (select count(*) from pg_stat_activity
      where datname is not null and query = '<insufficient privilege>') as hidden,
    deadlocks, blks_hit as hits, blks_read as reads
  from pg_stat_database where datname = current_database();
  commit`

const SIZE = `begin read only; set local statement_timeout = ${ASK_MS}; select pg_database_size(current_database()) as size; commit`

interface Row {
  readonly connections: string | null
  readonly limit: string | null
  readonly longest: string | null
  readonly hidden: string
  readonly deadlocks: string
  readonly hits: string
  readonly reads: string
}

/** A PostgreSQL server, asked as a service would be: with its URL and its rights. */
export function postgresSource(need: string, url: string): NeedSource {
  let kept: Client | null = null
  let size: { readonly bytes: number; readonly at: number } | null = null
  const drop = (): void => {
    kept?.connection.stream.destroy()
    kept = null
  }
  return {
    name: 'need',
    target: need,
    whenLost: (because) => [needUp(need, 'postgres', because instanceof NotAllowed)],
    close: drop,
    async read(signal) {
      signal.addEventListener('abort', drop, { once: true })
      try {
        const known = kept
        kept ??= await connected(url)
        const row = await lastRow<Row>(kept, QUERY)
        // Somebody who may not look at its files still has the rest.
        if (size === null || Date.now() - size.at >= SIZE_EVERY_MS) {
          const { size: bytes } = await lastRow<{ size: string }>(kept, SIZE)
          size = { bytes: Number(bytes), at: Date.now() }
        }
        const isUp = known === null || (await takesAnother(url))
        return [needUp(need, 'postgres', isUp), ...readingsOf(need, row, size.bytes)]
      } catch (error) {
        drop()
        throw error
      } finally {
        signal.removeEventListener('abort', drop)
      }
    },
  }
}

function readingsOf(need: string, row: Row, sizeBytes: number): readonly Measured[] {
  const of = (metric: string, value: string | number | null): readonly Measured[] =>
    value === null ? [] : [{ metric: `seaworthy_postgres_${metric}`, labels: { need }, value: Number(value) }]
  return [
    ...of('connections', row.connections),
    ...of('connections_limit', row.limit),
    // None is running, or none of those that may be seen: two different things.
    ...of('longest_statement_seconds', row.longest ?? (row.hidden === '0' ? 0 : null)),
    ...of('deadlocks_total', row.deadlocks),
    ...of('block_hits_total', row.hits),
    ...of('block_reads_total', row.reads),
    ...of('database_bytes', sizeBytes),
  ]
}

async function connected(connectionString: string): Promise<Client> {
  const { Client } = await import('pg')
  const client = new Client({
    connectionString,
    application_name: 'seaworthy',
    connectionTimeoutMillis: ASK_MS,
    query_timeout: ASK_MS,
  })
  client.on('error', () => {})
  try {
    await client.connect()
  } catch (error) {
    client.connection.stream.destroy()
    throw error
  }
  return client
}

/** Whether somebody who comes now is served: a server that hangs, or has no room, goes on answering whom it has. */
async function takesAnother(url: string): Promise<boolean> {
  try {
    const client = await connected(url)
    const late = setTimeout(() => client.connection.stream.destroy(), ASK_MS)
    void client
      .end()
      .catch(() => {})
      .finally(() => clearTimeout(late))
    return true
  } catch {
    return false
  }
}

/** SQLSTATE `insufficient_privilege`: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const INSUFFICIENT_PRIVILEGE = '42501'

/** The one row of several statements' results. @throws NotAllowed where the role may not look */
async function lastRow<Row>(client: Client, text: string): Promise<Row> {
  const asked = client.query(text).catch((error: unknown) => {
    const { code, message } = error as { readonly code?: string; readonly message: string }
    throw code === INSUFFICIENT_PRIVILEGE ? new NotAllowed(message) : error
  })
  const results = (await asked) as unknown as readonly { readonly rows: readonly Row[] }[]
  return results.find(({ rows }) => rows.length > 0)!.rows[0]!
}
