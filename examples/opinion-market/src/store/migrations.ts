import { HOUSE_ACCOUNT, HOUSE_BALANCE } from '../money.ts'

export const PHASES = ['expand', 'contract'] as const
export type Phase = (typeof PHASES)[number]

export interface Migration {
  readonly name: string
  readonly phase: Phase
  /** The schema level a database has after it; a contracting migration adds no level, it closes one. */
  readonly level: number
  readonly sql: string
}

/** The table that records which of them ran. */
export const MIGRATIONS_TABLE = `
  CREATE TABLE IF NOT EXISTS migrations (
    name TEXT PRIMARY KEY, phase TEXT NOT NULL, level INTEGER NOT NULL, applied_at TEXT NOT NULL
  ) STRICT`

/** Of level 2: releases that still read `markets.topic` must not run after it. */
export const CONTRACT_TOPIC = '2-contract-topic'

/** A topic of release v1 that is one of these becomes the category of release v2. */
export const CATEGORIES = ['general', 'politics', 'economy', 'science', 'sport', 'culture'] as const

const known = CATEGORIES.map((category) => `'${category}'`).join(', ')
const backfill = `UPDATE markets SET category = lower(topic) WHERE category = 'general' AND lower(topic) IN (${known});`

const MIGRATIONS: readonly Migration[] = [
  {
    name: '1-expand-exchange',
    phase: 'expand',
    level: 1,
    sql: `
      CREATE TABLE treasury (id INTEGER PRIMARY KEY CHECK (id = 1), issued INTEGER NOT NULL) STRICT;
      CREATE TABLE accounts (
        id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, token_hash TEXT UNIQUE,
        balance INTEGER NOT NULL CHECK (balance >= 0), created_at TEXT NOT NULL
      ) STRICT;
      CREATE TABLE markets (
        id INTEGER PRIMARY KEY, question TEXT NOT NULL, topic TEXT NOT NULL DEFAULT '',
        liquidity INTEGER NOT NULL CHECK (liquidity > 0),
        yes INTEGER NOT NULL DEFAULT 0 CHECK (yes >= 0), no INTEGER NOT NULL DEFAULT 0 CHECK (no >= 0),
        pool INTEGER NOT NULL CHECK (pool >= 0), outcome TEXT CHECK (outcome IN ('yes', 'no')),
        created_by INTEGER NOT NULL REFERENCES accounts, created_at TEXT NOT NULL, resolved_at TEXT
      ) STRICT;
      CREATE TABLE positions (
        market INTEGER NOT NULL REFERENCES markets, outcome TEXT NOT NULL CHECK (outcome IN ('yes', 'no')),
        account INTEGER NOT NULL REFERENCES accounts, shares INTEGER NOT NULL CHECK (shares >= 0),
        PRIMARY KEY (market, outcome, account)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX positions_by_account ON positions (account);
      CREATE TABLE trades (
        id INTEGER PRIMARY KEY AUTOINCREMENT, account INTEGER NOT NULL REFERENCES accounts,
        idempotency_key TEXT NOT NULL, market INTEGER NOT NULL REFERENCES markets,
        side TEXT NOT NULL CHECK (side IN ('buy', 'sell')), outcome TEXT NOT NULL CHECK (outcome IN ('yes', 'no')),
        shares INTEGER NOT NULL CHECK (shares > 0), amount INTEGER NOT NULL CHECK (amount >= 0),
        balance_after INTEGER NOT NULL, yes_after INTEGER NOT NULL, no_after INTEGER NOT NULL, created_at TEXT NOT NULL,
        UNIQUE (account, idempotency_key)
      ) STRICT;
      CREATE INDEX trades_by_account ON trades (account, id);
      CREATE TABLE payouts (
        market INTEGER NOT NULL REFERENCES markets, account INTEGER NOT NULL REFERENCES accounts,
        shares INTEGER NOT NULL, amount INTEGER NOT NULL, PRIMARY KEY (market, account)
      ) STRICT, WITHOUT ROWID;
      INSERT INTO treasury VALUES (1, ${HOUSE_BALANCE});
      INSERT INTO accounts VALUES (${HOUSE_ACCOUNT}, 'the house', NULL, ${HOUSE_BALANCE}, datetime('now'));`,
  },
  {
    name: '2-expand-category',
    phase: 'expand',
    level: 2,
    // With a default, so that the inserts of v1, which do not know the column, go on working beside v2.
    sql: `ALTER TABLE markets ADD COLUMN category TEXT NOT NULL DEFAULT 'general'; ${backfill}`,
  },
  {
    name: CONTRACT_TOPIC,
    phase: 'contract',
    level: 2,
    // Once more, for the markets that v1 opened while both releases ran.
    sql: `${backfill} ALTER TABLE markets DROP COLUMN topic;`,
  },
]

/** What still has to run for this phase, in order. A phase never goes beyond the level its release needs. */
export function pendingOf(
  phase: Phase,
  options: { levelMax: number; applied: ReadonlySet<string> },
): readonly Migration[] {
  const { levelMax, applied } = options
  return MIGRATIONS.filter((each) => each.phase === phase && each.level <= levelMax && !applied.has(each.name))
}
