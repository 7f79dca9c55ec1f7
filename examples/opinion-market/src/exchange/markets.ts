import { subsidyOf, price, type Maker, type Outcome } from '../lmsr.ts'
import { CREDIT, HOUSE_ACCOUNT } from '../money.ts'
import { conflict, notFound } from '../refusal.ts'
import type { Release } from '../release.ts'
import type { Handle } from '../store/store.ts'

const MARKETS_MAX = 10_000
/** The newest of them are listed and sent over the WebSocket. */
const MARKETS_LISTED_MAX = 200
export const LIQUIDITY_MAX = 10_000

export interface MarketRow extends Maker {
  readonly id: number
  readonly question: string
  /** In micro-credits: the subsidy, and what traders paid, less what they received. */
  readonly pool: number
  readonly outcome: Outcome | null
  readonly created_at: string
  readonly resolved_at: string | null
  /** Only where the release knows it. */
  readonly category?: string
}

export interface Market {
  readonly id: number
  readonly question: string
  readonly category?: string
  readonly liquidity: number
  /** Prices in credits, from 0 to 1; of a resolved market what a share paid. */
  readonly prices: { readonly yes: number; readonly no: number }
  readonly shares: { readonly yes: number; readonly no: number }
  readonly pool: number
  readonly outcome: Outcome | null
  readonly createdAt: string
  readonly resolvedAt: string | null
}

export interface NewMarket {
  readonly question: string
  readonly liquidity: number
  readonly category: string
  readonly topic: string
}

/** Opens a market; the house puts its subsidy into the pool. */
export function openMarket(handle: Handle, release: Release, wanted: NewMarket & { readonly by: number }): Market {
  const { sql } = handle
  const subsidy = subsidyOf(wanted.liquidity)
  const count = Number(sql('SELECT max(id) AS last FROM markets').get()?.['last'] ?? 0)
  if (count >= MARKETS_MAX) throw conflict('market.full', `the exchange takes no more than ${MARKETS_MAX} markets`)
  const { changes } = sql('UPDATE accounts SET balance = balance - ? WHERE id = ? AND balance >= ?').run(
    subsidy,
    HOUSE_ACCOUNT,
    subsidy,
  )
  if (changes === 0) throw conflict('house.poor', 'the house cannot pay the subsidy of another market')

  const own = release.categories ? 'category' : 'topic'
  const { lastInsertRowid } = sql(
    `INSERT INTO markets (question, ${own}, liquidity, pool, created_by, created_at) VALUES (?, ?, ?, ?, ?, ?)`,
  ).run(wanted.question, wanted[own], wanted.liquidity, subsidy, wanted.by, new Date().toISOString())
  return shown(marketRow(handle, release, Number(lastInsertRowid)))
}

/** Throws a 404 when there is none. */
export function marketRow({ sql }: Handle, release: Release, id: number): MarketRow {
  const row = sql(`SELECT ${columnsOf(release)} FROM markets WHERE id = ?`).get(id)
  if (!row) throw notFound(`there is no market ${id}`)
  // The columns just named, of a STRICT table.
  return row as unknown as MarketRow
}

/** The newest markets, newest first. */
export function listMarkets({ sql }: Handle, release: Release, category?: string): readonly Market[] {
  const rows =
    category !== undefined && release.categories
      ? sql(`SELECT ${columnsOf(release)} FROM markets WHERE category = ? ORDER BY id DESC LIMIT ?`).all(
          category,
          MARKETS_LISTED_MAX,
        )
      : sql(`SELECT ${columnsOf(release)} FROM markets ORDER BY id DESC LIMIT ?`).all(MARKETS_LISTED_MAX)
  return (rows as unknown as readonly MarketRow[]).map(shown)
}

/** Pays a credit for every winning share, gives what is left of the pool to the house, and closes the market. */
export function resolveMarket(
  handle: Handle,
  release: Release,
  { id, outcome }: { id: number; outcome: Outcome },
): Market {
  const { sql } = handle
  const market = marketRow(handle, release, id)
  if (market.outcome !== null) throw conflict('market.resolved', `market ${id} was resolved as ${market.outcome}`)

  sql(
    `INSERT INTO payouts SELECT market, account, shares, shares * ? FROM positions WHERE market = ? AND outcome = ? AND shares > 0`,
  ).run(CREDIT, id, outcome)
  sql(
    'UPDATE accounts SET balance = balance + p.amount FROM payouts p WHERE p.account = accounts.id AND p.market = ?',
  ).run(id)
  const paid = Number(sql('SELECT coalesce(sum(amount), 0) AS paid FROM payouts WHERE market = ?').get(id)?.['paid'])
  sql('UPDATE accounts SET balance = balance + ? WHERE id = ?').run(market.pool - paid, HOUSE_ACCOUNT)
  sql('DELETE FROM positions WHERE market = ?').run(id)
  sql('UPDATE markets SET outcome = ?, resolved_at = ?, pool = 0, yes = 0, no = 0 WHERE id = ?').run(
    outcome,
    new Date().toISOString(),
    id,
  )
  return shown(marketRow(handle, release, id))
}

/** What the API says about a market. */
export function shown(row: MarketRow): Market {
  const { id, question, category, liquidity, yes, no, pool, outcome } = row
  return {
    id,
    question,
    ...(category === undefined ? {} : { category }),
    liquidity,
    prices: pricesOf(row),
    shares: { yes, no },
    pool,
    outcome,
    createdAt: row.created_at,
    resolvedAt: row.resolved_at,
  }
}

/** Prices in credits; of a resolved market what a share paid. */
export function pricesOf(row: Maker & Pick<MarketRow, 'outcome'>): Market['prices'] {
  if (row.outcome !== null) return { yes: row.outcome === 'yes' ? 1 : 0, no: row.outcome === 'no' ? 1 : 0 }
  return { yes: price(row, 'yes'), no: price(row, 'no') }
}

function columnsOf(release: Release): string {
  const columns = 'id, question, liquidity, yes, no, pool, outcome, created_at, resolved_at'
  return release.categories ? `${columns}, category` : columns
}
