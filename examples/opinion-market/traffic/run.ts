import { setTimeout as sleep } from 'node:timers/promises'
import { createClient, type Asked, type Client } from './client.ts'
import { compare, type Comparison } from './ledger.ts'
import { holdSockets, type SocketFigures } from './sockets.ts'
import { createTally, type TallyFigures } from './tally.ts'
import { createTrader, question, type Trader } from './trader.ts'

export interface RunOptions {
  readonly url: URL
  readonly clients: number
  readonly seconds: number
  /** Requests a second, of all clients together. */
  readonly rate: number
  readonly sockets: number
  readonly random: () => number
  /** Stops early; what was done until then is checked and reported all the same. */
  readonly signal: AbortSignal
}

export interface Summary extends TallyFigures {
  readonly good: boolean
  readonly seconds: number
  readonly trades: {
    readonly acknowledged: number
    readonly unknown: number
    readonly unknownMade: number
    readonly lost: number
    readonly doubled: number
    readonly wrong: number
  }
  readonly conserved: boolean
  readonly audit: unknown
  readonly sockets: SocketFigures
  readonly problems: readonly string[]
}

const MARKETS = 4
const PROBLEMS_MAX = 50

/** Trades for a while, then compares every account's ledger with the exchange's. */
export async function runTraffic(options: RunOptions): Promise<Summary> {
  const { url, clients: count, sockets: socketCount } = options
  const startedAt = performance.now()
  const tally = createTally(startedAt)
  const clients = Array.from({ length: count }, (_, number) => createClient(url, { keepAlive: number % 2 === 0 }))
  const sockets = holdSockets(new URL('/ws', url.href.replace(/^http/, 'ws')), socketCount)
  try {
    const traders = await openTraders(options, { clients, tally })
    await Promise.all(traders.map((trader, number) => trade(options, { trader, number })))
    const seconds = Math.round((performance.now() - startedAt) / 100) / 10
    const figures = tally.figures()
    return {
      ...figures,
      seconds,
      ...(await check(clients[0]!, { traders, failed: figures.failed })),
      sockets: sockets.finish(),
    }
  } finally {
    sockets.finish()
    for (const client of clients) client.close()
  }
}

/** Registers an account for each client and opens the markets they trade in. Throws when it cannot. */
async function openTraders(
  options: RunOptions,
  parts: { clients: readonly Client[]; tally: ReturnType<typeof createTally> },
): Promise<readonly Trader[]> {
  const { clients, tally } = parts
  const run = Math.floor(options.random() * 2 ** 40).toString(36) + Date.now().toString(36)
  const make = async (client: Client, asked: Asked): Promise<unknown> => {
    const answered = await client.send(asked)
    if (
      tally.count(answered, `${asked.method} ${asked.path}`, performance.now()) === 'good' &&
      answered.kind === 'answer'
    )
      return answered.body
    throw new Error(`${asked.path}: ${answered.kind === 'answer' ? JSON.stringify(answered.body) : answered.reason}`)
  }
  const accounts = await Promise.all(
    clients.map((client, number) =>
      make(client, { method: 'POST', path: '/api/accounts', body: { name: `trader ${run}-${number}` } }),
    ),
  )
  // The answers of the exchange's own API, as its README describes them.
  const tokens = accounts as readonly { name: string; token: string; balance: number }[]
  const markets: number[] = []
  for (let number = 1; number <= MARKETS; number++) {
    const body = { question: `Will traffic run ${run} finish, part ${number}?`, liquidity: 200 }
    const market = (await make(clients[0]!, {
      method: 'POST',
      path: '/api/markets',
      token: tokens[0]!.token,
      body,
    })) as { id: number }
    markets.push(market.id)
  }
  return tokens.map(({ name, token, balance }, number) =>
    createTrader({
      client: clients[number]!,
      tally,
      name: name.replace(/\W/g, '-'),
      token,
      startBalance: balance,
      markets,
      random: options.random,
    }),
  )
}

/** Every client has its own share of a fixed timetable; who is late acts at once and is counted as late. */
async function trade(options: RunOptions, { trader, number }: { trader: Trader; number: number }): Promise<void> {
  const { clients, rate, seconds, signal } = options
  const startedAt = performance.now()
  for (let slot = number; !signal.aborted; slot += clients) {
    const intendedAt = startedAt + (slot * 1000) / rate
    if (intendedAt - startedAt >= seconds * 1000) return
    const waitMs = intendedAt - performance.now()
    if (waitMs > 0) await sleep(waitMs, undefined, { signal }).catch(() => {})
    if (!signal.aborted) await trader.act(intendedAt)
  }
}

async function check(
  client: Client,
  { traders, failed }: { traders: readonly Trader[]; failed: number },
): Promise<Pick<Summary, 'good' | 'trades' | 'conserved' | 'audit' | 'problems'>> {
  const problems: string[] = []
  const comparisons: Comparison[] = []
  let audit: unknown
  try {
    for (const trader of traders) comparisons.push(compare(trader.believed(), await trader.found()))
    audit = await question(client, '/api/audit')
  } catch (error) {
    problems.push(`not checked: ${error instanceof Error ? error.message : String(error)}`)
  }
  problems.push(...comparisons.flatMap((comparison) => comparison.problems))
  const sum = (field: 'lost' | 'doubled' | 'wrong' | 'unknownMade'): number =>
    comparisons.reduce((total, comparison) => total + comparison[field], 0)
  const conserved = typeof audit === 'object' && audit !== null && 'balanced' in audit && audit.balanced === true
  if (!conserved) problems.push(`the audit does not balance: ${JSON.stringify(audit)}`)
  return {
    good: failed === 0 && problems.length === 0,
    trades: {
      acknowledged: traders.reduce((total, trader) => total + trader.believed().acknowledged.length, 0),
      unknown: traders.reduce((total, trader) => total + trader.believed().unknown.length, 0),
      unknownMade: sum('unknownMade'),
      lost: sum('lost'),
      doubled: sum('doubled'),
      wrong: sum('wrong'),
    },
    conserved,
    audit,
    problems: problems.slice(0, PROBLEMS_MAX),
  }
}
