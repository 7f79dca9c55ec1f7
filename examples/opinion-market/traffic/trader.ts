import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from './client.ts'
import type { Believed, Found, TradeRecord } from './ledger.ts'
import type { Tally } from './tally.ts'

const SHARES_MAX = 20
/** Questions after the run may be asked again: they change nothing, and their answers are the evidence. */
const QUESTION_ATTEMPTS_MAX = 5
const QUESTION_PAUSE_MS = 300

export interface Trader {
  /** One request: mostly a trade, now and then a look at markets or positions. */
  act(intendedAt: number): Promise<void>
  believed(): Believed
  /** What the exchange says about this account now. Throws when it cannot be asked. */
  found(): Promise<Found>
}

export interface TraderOptions {
  readonly client: Client
  readonly tally: Tally
  readonly name: string
  readonly token: string
  readonly startBalance: number
  readonly markets: readonly number[]
  readonly random: () => number
}

/** One account that trades one thing after the other. */
export function createTrader(options: TraderOptions): Trader {
  const { client, tally, name, token, startBalance, markets, random } = options
  const acknowledged: TradeRecord[] = []
  const unknown: string[] = []
  /** Shares it knows it holds, per market and outcome. */
  const held = new Map<string, number>()

  const trade = async (intendedAt: number): Promise<void> => {
    const market = markets[Math.floor(random() * markets.length)]!
    const outcome = random() < 0.5 ? 'yes' : 'no'
    const holds = held.get(`${market} ${outcome}`) ?? 0
    const side = holds > 0 && random() < 0.48 ? 'sell' : 'buy'
    const shares = 1 + Math.floor(random() * (side === 'sell' ? Math.min(holds, SHARES_MAX) : SHARES_MAX))
    const key = `${name}-${acknowledged.length + unknown.length}-${Math.floor(random() * 2 ** 32).toString(36)}`

    const answered = await client.send({
      method: 'POST',
      path: '/api/trades',
      token,
      key,
      body: { market, side, outcome, shares },
    })
    const verdict = tally.count(answered, 'POST /api/trades', intendedAt)
    if (verdict === 'failed') unknown.push(key)
    if (verdict !== 'good' || answered.kind !== 'answer') return
    // The exchange's own shape; the comparison afterwards finds every field that is not what it should be.
    acknowledged.push(answered.body as TradeRecord)
    held.set(`${market} ${outcome}`, holds + (side === 'buy' ? shares : -shares))
  }

  const look = async (path: string, intendedAt: number): Promise<void> => {
    tally.count(await client.send({ method: 'GET', path, token }), `GET ${path}`, intendedAt)
  }

  return {
    act: (intendedAt) => {
      const dice = random()
      if (dice < 0.1) return look('/api/markets', intendedAt)
      if (dice < 0.2) return look('/api/positions', intendedAt)
      return trade(intendedAt)
    },
    believed: () => ({ name, startBalance, acknowledged, unknown }),
    found: async () => {
      const trades: TradeRecord[] = []
      for (;;) {
        const page = (await question(client, `/api/trades?after=${trades.at(-1)?.id ?? 0}`, token)) as {
          trades: TradeRecord[]
        }
        if (page.trades.length === 0) break
        trades.push(...page.trades)
      }
      const rest = (await question(client, '/api/positions', token)) as Pick<Found, 'positions' | 'payouts'> & {
        account: { balance: number }
      }
      return { trades, balance: rest.account.balance, positions: rest.positions, payouts: rest.payouts }
    },
  }
}

/** A GET after the run. Throws when it gets no good answer in QUESTION_ATTEMPTS_MAX attempts. */
export async function question(client: Client, path: string, token?: string): Promise<unknown> {
  let reason = ''
  for (let attempt = 1; attempt <= QUESTION_ATTEMPTS_MAX; attempt++) {
    const answered = await client.send({ method: 'GET', path, token })
    if (answered.kind === 'answer' && answered.status === 200) return answered.body
    reason = answered.kind === 'answer' ? `status ${answered.status}` : answered.reason
    if (attempt < QUESTION_ATTEMPTS_MAX) await sleep(QUESTION_PAUSE_MS)
  }
  throw new Error(`GET ${path}: ${reason}`)
}
