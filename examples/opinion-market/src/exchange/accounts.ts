import { createHash, randomBytes } from 'node:crypto'
import { HOUSE_ACCOUNT, START_BALANCE } from '../money.ts'
import { conflict, Refusal } from '../refusal.ts'
import type { Handle } from '../store/store.ts'

const ACCOUNTS_MAX = 100_000

export interface Account {
  readonly id: number
  readonly name: string
  /** In micro-credits. */
  readonly balance: number
}

/** Opens an account. The token is in this answer and nowhere else: the database keeps its hash. */
export function openAccount({ sql }: Handle, name: string): Account & { readonly token: string } {
  if (sql('SELECT 1 FROM accounts WHERE name = ?').get(name))
    throw conflict('account.taken', `the name "${name}" is taken`)
  const last = Number(sql('SELECT max(id) AS last FROM accounts').get()?.['last'])
  if (last >= ACCOUNTS_MAX) throw conflict('account.full', `the exchange takes no more than ${ACCOUNTS_MAX} accounts`)

  const token = randomBytes(24).toString('base64url')
  const { lastInsertRowid } = sql(
    'INSERT INTO accounts (name, token_hash, balance, created_at) VALUES (?, ?, ?, ?)',
  ).run(name, hashOf(token), START_BALANCE, new Date().toISOString())
  sql('UPDATE treasury SET issued = issued + ?').run(START_BALANCE)
  return { id: Number(lastInsertRowid), name, balance: START_BALANCE, token }
}

/** Whose token this is. Throws a 401 when it is nobody's. */
export function accountOf({ sql }: Handle, token: string | undefined): Account {
  const row = token && sql('SELECT id, name, balance FROM accounts WHERE token_hash = ?').get(hashOf(token))
  if (!row) throw new Refusal(401, 'account.unknown', 'send the token of your account as Authorization: Bearer …')
  // The columns just named, of a STRICT table.
  return { ...(row as unknown as Account) }
}

export interface Standing {
  readonly name: string
  readonly balance: number
  /** The balance and what the shares are worth at the present price, rounded down. */
  readonly worth: number
}

const LEADERS_MAX = 20

/** The richest accounts; the house does not compete. */
export function leaders({ sql }: Handle, worthOfShares: ReadonlyMap<number, number>): readonly Standing[] {
  const rows = sql('SELECT id, name, balance FROM accounts WHERE id <> ?').all(
    HOUSE_ACCOUNT,
  ) as unknown as readonly Account[]
  return rows
    .map(({ id, name, balance }) => ({ name, balance, worth: balance + (worthOfShares.get(id) ?? 0) }))
    .sort((left, right) => right.worth - left.worth)
    .slice(0, LEADERS_MAX)
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}
