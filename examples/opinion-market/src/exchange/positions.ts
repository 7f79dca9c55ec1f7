import type { Outcome } from '../lmsr.ts'
import type { Handle } from '../store/store.ts'
import { pricesOf, type MarketRow } from './markets.ts'
import { worthOf } from './trades.ts'

export interface Position {
  readonly market: number
  readonly question: string
  readonly outcome: Outcome
  readonly shares: number
  /** In micro-credits at the present price, rounded down. */
  readonly worth: number
  readonly price: number
}

type HeldRow = MarketRow & { readonly account: number; readonly held: Outcome; readonly shares: number }

const HELD = `
  SELECT p.account, p.outcome AS held, p.shares, m.id, m.question, m.liquidity, m.yes, m.no, m.outcome
  FROM positions p JOIN markets m ON m.id = p.market WHERE p.shares > 0`

/** What an account holds in open markets. */
export function positionsOf({ sql }: Handle, account: number): readonly Position[] {
  const rows = sql(`${HELD} AND p.account = ? ORDER BY m.id DESC`).all(account) as unknown as readonly HeldRow[]
  return rows.map((row) => ({
    market: row.id,
    question: row.question,
    outcome: row.held,
    shares: row.shares,
    worth: worthOf(row, row.held, row.shares),
    price: pricesOf(row)[row.held],
  }))
}

/** Per account, what all its shares are worth. */
export function worthOfShares({ sql }: Handle): ReadonlyMap<number, number> {
  const worth = new Map<number, number>()
  for (const row of sql(HELD).all() as unknown as readonly HeldRow[]) {
    worth.set(row.account, (worth.get(row.account) ?? 0) + worthOf(row, row.held, row.shares))
  }
  return worth
}

export interface Payout {
  readonly market: number
  readonly shares: number
  readonly amount: number
}

/** What resolved markets paid to an account. */
export function payoutsOf({ sql }: Handle, account: number): readonly Payout[] {
  return sql('SELECT market, shares, amount FROM payouts WHERE account = ? ORDER BY market').all(
    account,
  ) as unknown as readonly Payout[]
}
