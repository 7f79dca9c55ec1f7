/** What must hold after every trade: no micro-credit and no share appears or disappears, and every pool can pay. */
import { CREDIT } from '../money.ts'
import { Refusal } from '../refusal.ts'
import type { Handle } from '../store/store.ts'

/** A bug of ours that was caught in time: the trade is refused, and the log line has its figures. */
export class ConservationBroken extends Refusal {
  constructor(message: string) {
    super(500, 'conservation.broken', message)
    this.name = 'ConservationBroken'
  }
}

export interface Figures {
  readonly issued: number
  readonly balances: number
  readonly pools: number
}

/** Throws ConservationBroken. Runs inside the transaction of the trade, so that a trade that breaks it never was. */
export function assertConserved(handle: Handle, market: number): void {
  const { issued, balances, pools } = figures(handle)
  if (issued !== balances + pools) {
    throw new ConservationBroken(
      `${issued} micro-credits were issued, but balances ${balances} and pools ${pools} make ${balances + pools}`,
    )
  }
  const broken = brokenMarkets(handle, market)[0]
  if (broken) throw new ConservationBroken(broken)
}

export interface Audit extends Figures {
  readonly balanced: boolean
  readonly trades: number
  readonly lastTrade: number
  readonly accounts: number
  readonly markets: number
  /** What is wrong, in words; at most PROBLEMS_MAX of it. */
  readonly problems: readonly string[]
}

const PROBLEMS_MAX = 20

/** Everything counted anew. */
export function audit(handle: Handle): Audit {
  const { sql } = handle
  const sums = figures(handle)
  const trades = sql('SELECT count(*) AS trades, coalesce(max(id), 0) AS lastTrade FROM trades').get()
  const problems = [...brokenMarkets(handle)]
  if (sums.issued !== sums.balances + sums.pools) {
    problems.unshift(`${sums.balances + sums.pools - sums.issued} micro-credits more than were issued`)
  }
  return {
    balanced: problems.length === 0,
    trades: Number(trades?.['trades']),
    lastTrade: Number(trades?.['lastTrade']),
    accounts: Number(sql('SELECT count(*) AS count FROM accounts').get()?.['count']),
    markets: Number(sql('SELECT count(*) AS count FROM markets').get()?.['count']),
    ...sums,
    problems: problems.slice(0, PROBLEMS_MAX),
  }
}

function figures({ sql }: Handle): Figures {
  const row = sql(`
    SELECT (SELECT issued FROM treasury) AS issued, (SELECT sum(balance) FROM accounts) AS balances,
           (SELECT coalesce(sum(pool), 0) FROM markets) AS pools`).get()
  // Three whole numbers, far below 2 ** 53 by the bounds on accounts and markets; node:sqlite throws beyond it.
  return { ...(row as unknown as Figures) }
}

/** Markets whose shares are not those their holders have, or whose pool could not pay the outcome it owes most for. */
function brokenMarkets({ sql }: Handle, only?: number): readonly string[] {
  const rows = sql(`
    SELECT m.id, m.yes, m.no, m.pool,
      (SELECT coalesce(sum(shares), 0) FROM positions WHERE market = m.id AND outcome = 'yes') AS heldYes,
      (SELECT coalesce(sum(shares), 0) FROM positions WHERE market = m.id AND outcome = 'no') AS heldNo
    FROM markets m WHERE (?1 IS NULL OR m.id = ?1)
      AND (m.yes <> heldYes OR m.no <> heldNo OR m.pool < max(m.yes, m.no) * ${CREDIT})`).all(only ?? null)
  return rows.map(
    ({ id, yes, no, pool, heldYes, heldNo }) =>
      `market ${String(id)}: ${String(yes)} yes and ${String(no)} no are out, ${String(heldYes)} and ${String(heldNo)} are held, the pool has ${String(pool)} micro-credits`,
  )
}
