import type { Client } from 'pg'
import { COPY_WITHIN_MS } from './database.ts'
import { findPrograms, pipe } from './postgres-programs.ts'

export const CONNECT_MS = 10_000
export const APPLICATION = 'seaworthy migration'

export interface Pouring {
  readonly need: string
  /** Of the database that is dumped. */
  readonly url: string
  /** Connected to it. */
  readonly client: Client
  readonly serverMajor: number
  /** The database on the same server that it goes into. */
  readonly into: string
  /** Of pg_dump. */
  readonly options: readonly string[]
}

/** Has what pg_dump says of one database read by psql into another. Rejects with what the first to fail has said. */
export type Pour = (pouring: Pouring) => Promise<void>

export const pourHere: Pour = async ({ client, url, serverMajor, into, options }) => {
  const programs = findPrograms(serverMajor, process.env['PATH'] ?? '')
  await pipe({
    dump: [`${programs}/pg_dump`, ...options],
    restore: [`${programs}/psql`, '-X', '-q', '-v', 'ON_ERROR_STOP=1'],
    environment: environmentOf(client, url),
    restoreInto: into,
    withinMs: COPY_WITHIN_MS,
  })
}

function environmentOf(client: Client, url: string): Readonly<Record<string, string>> {
  const sslmode = new URL(url).searchParams.get('sslmode')
  return {
    PATH: process.env['PATH'] ?? '/usr/bin:/bin',
    PGHOST: client.host,
    PGPORT: String(client.port),
    PGUSER: client.user ?? '',
    PGPASSWORD: typeof client.password === 'string' ? client.password : '',
    PGDATABASE: client.database ?? '',
    PGAPPNAME: APPLICATION,
    PGCONNECT_TIMEOUT: String(CONNECT_MS / 1000),
    ...(sslmode === null ? {} : { PGSSLMODE: sslmode }),
  }
}
