import { price, quote, type Outcome, type Side } from '../lmsr.ts'
import { CREDIT } from '../money.ts'
import { conflict } from '../refusal.ts'
import type { Release } from '../release.ts'
import type { Handle } from '../store/store.ts'
import type { Account } from './accounts.ts'
import { assertConserved } from './conservation.ts'
import { marketRow, type MarketRow } from './markets.ts'

/** Of one trade. */
export const SHARES_MAX = 10_000
/** Out of one outcome: keeps every sum far inside the whole numbers a double holds. */
const SHARES_OUT_MAX = 10_000_000
const TRADES_LISTED_MAX = 500

export interface Order {
  readonly key: string
  readonly market: number
  readonly side: Side
  readonly outcome: Outcome
  readonly shares: number
  /** In micro-credits: the most a buy may cost, the least a sale must bring. */
  readonly limit?: number
}

export interface Trade {
  readonly id: number
  readonly key: string
  readonly market: number
  readonly side: Side
  readonly outcome: Outcome
  readonly shares: number
  /** In micro-credits: paid for a buy, received for a sale. */
  readonly amount: number
  /** Of the account, after this trade. */
  readonly balance: number
  /** Of the market, after this trade. */
  readonly prices: { readonly yes: number; readonly no: number }
  readonly at: string
}

/**
 * Trades against the market maker. The same key again answers with the trade it already made, whatever has changed since.
 * Must run in a write transaction, which a throw rolls back.
 */
export function makeTrade(
  handle: Handle,
  release: Release,
  request: { account: Account; order: Order },
): { trade: Trade; replayed: boolean } {
  const { account, order } = request
  const known = tradeByKey(handle, account.id, order.key)
  if (known) return { trade: sameOrder(known, order), replayed: true }

  const market = marketRow(handle, release, order.market)
  if (market.outcome !== null)
    throw conflict('market.resolved', `market ${market.id} was resolved as ${market.outcome}`)
  if (order.side === 'sell') assertHeld(handle, account.id, order)
  const { amount, after } = quote(market, order.side, order.outcome, order.shares)
  if (after[order.outcome] > SHARES_OUT_MAX)
    throw conflict('market.exhausted', `market ${market.id} sells no more shares of this outcome`)
  assertAffordable(account, order, amount)

  const balance = settle(handle, { account, market, order, amount })
  assertConserved(handle, market.id)
  const { lastInsertRowid } = handle
    .sql(
      `INSERT INTO trades (account, idempotency_key, market, side, outcome, shares, amount, balance_after, yes_after, no_after, created_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    .run(
      account.id,
      order.key,
      market.id,
      order.side,
      order.outcome,
      order.shares,
      amount,
      balance,
      after.yes,
      after.no,
      new Date().toISOString(),
    )
  return { trade: tradeById(handle, Number(lastInsertRowid)), replayed: false }
}

/** The trade that this key of this account made, if it made one. */
export function tradeByKey({ sql }: Handle, account: number, key: string): Trade | undefined {
  const row = sql(`${SELECT} WHERE t.account = ? AND t.idempotency_key = ?`).get(account, key)
  return row && shown(row as unknown as TradeRow)
}

/** Trades of an account, oldest first, those after the trade `after`. */
export function tradesOf({ sql }: Handle, account: number, after: number): readonly Trade[] {
  const rows = sql(`${SELECT} WHERE t.account = ? AND t.id > ? ORDER BY t.id LIMIT ?`).all(
    account,
    after,
    TRADES_LISTED_MAX,
  )
  return (rows as unknown as readonly TradeRow[]).map(shown)
}

interface TradeRow extends Omit<Trade, 'prices'> {
  readonly yes_after: number
  readonly no_after: number
  readonly liquidity: number
}

const SELECT = `
  SELECT t.id, t.idempotency_key AS key, t.market, t.side, t.outcome, t.shares, t.amount, t.balance_after AS balance,
         t.created_at AS at, t.yes_after, t.no_after, m.liquidity
  FROM trades t JOIN markets m ON m.id = t.market`

function sameOrder(known: Trade, order: Order): Trade {
  const same =
    known.market === order.market &&
    known.side === order.side &&
    known.outcome === order.outcome &&
    known.shares === order.shares
  if (!same) throw conflict('key.reused', `this Idempotency-Key already made another trade, number ${known.id}`)
  return known
}

function assertHeld({ sql }: Handle, account: number, order: Order): void {
  const row = sql('SELECT shares FROM positions WHERE market = ? AND outcome = ? AND account = ?').get(
    order.market,
    order.outcome,
    account,
  )
  const held = Number(row?.['shares'] ?? 0)
  if (held < order.shares)
    throw conflict('shares.missing', `you hold ${held} shares of ${order.outcome}, not ${order.shares}`)
}

function assertAffordable(account: Account, order: Order, amount: number): void {
  const { side, limit } = order
  if (limit !== undefined && (side === 'buy' ? amount > limit : amount < limit)) {
    throw conflict('price.moved', `the price moved: this ${side} is ${amount} micro-credits now`)
  }
  if (side === 'buy' && amount > account.balance) {
    throw conflict('balance.low', `this costs ${amount} micro-credits, the balance is ${account.balance}`)
  }
}

/** Moves the money one way and the shares the other. Returns the new balance. */
function settle(
  handle: Handle,
  { account, market, order, amount }: { account: Account; market: MarketRow; order: Order; amount: number },
): number {
  const { sql } = handle
  const toPool = order.side === 'buy' ? amount : -amount
  const toAccount = order.side === 'buy' ? order.shares : -order.shares
  sql('UPDATE accounts SET balance = balance - ? WHERE id = ?').run(toPool, account.id)
  sql(`UPDATE markets SET pool = pool + ?, ${order.outcome} = ${order.outcome} + ? WHERE id = ?`).run(
    toPool,
    toAccount,
    market.id,
  )
  // An upsert's new row is checked before the conflict is seen, and a negative number of shares would not pass.
  sql('INSERT INTO positions VALUES (?, ?, ?, 0) ON CONFLICT DO NOTHING').run(market.id, order.outcome, account.id)
  sql('UPDATE positions SET shares = shares + ? WHERE market = ? AND outcome = ? AND account = ?').run(
    toAccount,
    market.id,
    order.outcome,
    account.id,
  )
  return account.balance - toPool
}

function tradeById({ sql }: Handle, id: number): Trade {
  return shown(sql(`${SELECT} WHERE t.id = ?`).get(id) as unknown as TradeRow)
}

function shown({ yes_after: yes, no_after: no, liquidity, ...row }: TradeRow): Trade {
  const maker = { liquidity, yes, no }
  return { ...row, prices: { yes: price(maker, 'yes'), no: price(maker, 'no') } }
}

/** What a whole position would be worth at the present price, rounded down. */
export function worthOf(maker: MarketRow, outcome: Outcome, shares: number): number {
  return Math.floor(shares * price(maker, outcome) * CREDIT)
}
