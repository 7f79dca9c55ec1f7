import type { Client } from 'pg'
import { messageOf } from '../../../core/problem.ts'
import { notApplied, type SqlFile } from '../sql-files.ts'
import { LEDGER, STATEMENT_LOCK_MS, type SqlRun } from './database.ts'
import { endsTransaction } from './statements.ts'

const LEDGER_TABLE = `create table if not exists ${LEDGER} (
  service text not null, phase text not null, name text not null, sha256 text not null,
  release text not null, applied_at timestamptz not null default now(), primary key (service, phase, name))`

/** Files that the ledger lacks; it may not be there yet. */
export async function pendingSql(client: Client, run: SqlRun): Promise<readonly SqlFile[]> {
  const { rows } = await client.query<{ there: string | null }>('select to_regclass($1) as there', [LEDGER])
  return notApplied(run.files, rows[0]!.there === null ? new Map() : await ledgerOf(client, run))
}

/** Applies what is pending in one transaction, with the ledger. */
export async function applySql(client: Client, run: SqlRun): Promise<void> {
  const { files, service, phase, release } = run
  const changing = files.find(({ text }) => endsTransaction(text))
  if (changing !== undefined) throw holdsTransaction(changing.name)
  await client.query('begin')
  try {
    await client.query(LEDGER_TABLE)
    for (const { name, sha256, text } of notApplied(files, await ledgerOf(client, run))) {
      await client.query(`set local lock_timeout = ${STATEMENT_LOCK_MS}`)
      const transaction = await transactionOf(client)
      await client.query(text).catch((error: unknown) => {
        throw new Error(`${name}: ${messageOf(error)}`, { cause: error })
      })
      if ((await transactionOf(client)) !== transaction) throw holdsTransaction(name)
      // What a file has set, a search path above all, is for itself.
      await client.query('reset all; reset role')
      await client.query(`insert into ${LEDGER} (service, phase, name, sha256, release) values ($1, $2, $3, $4, $5)`, [
        service,
        phase,
        name,
        sha256,
        release,
      ])
    }
    await client.query('commit')
  } catch (error) {
    await client.query('rollback').catch(() => {})
    throw error
  }
}

/** 55P03, lock_not_available: the app holds what a statement needs. */
export function isLockTimeout(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : null
  return cause instanceof Error && 'code' in cause && cause.code === '55P03'
}

async function ledgerOf(client: Client, { service, phase }: SqlRun): Promise<ReadonlyMap<string, string>> {
  const { rows } = await client.query<{ name: string; sha256: string }>(
    `select name, sha256 from ${LEDGER} where service = $1 and phase = $2`,
    [service, phase],
  )
  return new Map(rows.map(({ name, sha256 }) => [name, sha256]))
}

async function transactionOf(client: Client): Promise<string> {
  return (await client.query<{ id: string }>('select txid_current() as id')).rows[0]!.id
}

function holdsTransaction(file: string): Error {
  return new Error(
    `${file}: it begins or ends a transaction itself: an sql migration is one transaction, take that out`,
  )
}
