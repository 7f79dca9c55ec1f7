/** What one trader believes, held against what the exchange says afterwards. */

export interface TradeRecord {
  readonly id: number
  readonly key: string
  readonly market: number
  readonly side: 'buy' | 'sell'
  readonly outcome: 'yes' | 'no'
  readonly shares: number
  readonly amount: number
  readonly balance: number
}

export interface Believed {
  readonly name: string
  readonly startBalance: number
  /** As the exchange acknowledged them. */
  readonly acknowledged: readonly TradeRecord[]
  /** Keys of the trades that got no answer or a failure: made or not, once at most. */
  readonly unknown: readonly string[]
}

export interface Found {
  readonly trades: readonly TradeRecord[]
  readonly balance: number
  readonly positions: readonly { readonly market: number; readonly outcome: string; readonly shares: number }[]
  readonly payouts: readonly { readonly market: number; readonly amount: number }[]
}

export interface Comparison {
  readonly lost: number
  readonly doubled: number
  /** Other disagreements: figures, trades nobody asked for, balances, shares. */
  readonly wrong: number
  /** Trades without an answer that were made all the same. */
  readonly unknownMade: number
  readonly problems: readonly string[]
}

const FIELDS = ['id', 'market', 'side', 'outcome', 'shares', 'amount', 'balance'] as const

/** Compares an account's own ledger with the exchange's. */
export function compare(believed: Believed, found: Found): Comparison {
  const lost: string[] = []
  const doubled: string[] = []
  const wrong: string[] = []
  const byKey = Map.groupBy(found.trades, (trade) => trade.key)

  for (const [key, trades] of byKey) {
    if (trades.length > 1) doubled.push(`${believed.name}: the trade ${key} exists ${trades.length} times`)
  }
  for (const trade of believed.acknowledged) {
    const there = byKey.get(trade.key)?.[0]
    if (!there) lost.push(`${believed.name}: the trade ${trade.id} (${trade.key}) was acknowledged and is not there`)
    else {
      for (const field of FIELDS) {
        if (there[field] !== trade[field]) {
          wrong.push(
            `${believed.name}: trade ${trade.id} was acknowledged with ${field} ${trade[field]} and has ${there[field]}`,
          )
        }
      }
    }
  }
  const asked = new Set([...believed.acknowledged.map((trade) => trade.key), ...believed.unknown])
  for (const trade of found.trades) {
    if (!asked.has(trade.key)) wrong.push(`${believed.name}: trade ${trade.id} (${trade.key}) was never asked for`)
  }
  wrong.push(...sums(believed, found))
  return {
    lost: lost.length,
    doubled: doubled.length,
    wrong: wrong.length,
    unknownMade: believed.unknown.filter((key) => byKey.has(key)).length,
    problems: [...lost, ...doubled, ...wrong],
  }
}

/** Balance and shares, recomputed from the trades this account knows of and those whose fate was looked up. */
function sums(believed: Believed, found: Found): readonly string[] {
  const unknown = new Set(believed.unknown)
  const own = [...believed.acknowledged, ...found.trades.filter((trade) => unknown.has(trade.key))]
  const paidOut = found.payouts.reduce((sum, payout) => sum + payout.amount, 0)
  const balance = own.reduce(
    (sum, trade) => sum + (trade.side === 'buy' ? -trade.amount : trade.amount),
    believed.startBalance + paidOut,
  )
  const problems =
    balance === found.balance ? [] : [`${believed.name}: the balance is ${found.balance}, its trades make ${balance}`]

  const resolved = new Set(found.payouts.map((payout) => payout.market))
  const shares = new Map<string, number>()
  for (const trade of own.filter(({ market }) => !resolved.has(market))) {
    const of = `${trade.outcome} of market ${trade.market}`
    shares.set(of, (shares.get(of) ?? 0) + (trade.side === 'buy' ? trade.shares : -trade.shares))
  }
  for (const position of found.positions) {
    const of = `${position.outcome} of market ${position.market}`
    shares.set(of, (shares.get(of) ?? 0) - position.shares)
  }
  for (const [of, difference] of shares) {
    if (difference !== 0) problems.push(`${believed.name}: ${difference} shares of ${of} are missing`)
  }
  return problems
}
