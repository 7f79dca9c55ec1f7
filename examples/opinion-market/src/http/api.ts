import { timingSafeEqual, createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { accountOf, leaders, openAccount } from '../exchange/accounts.ts'
import { audit } from '../exchange/conservation.ts'
import { LIQUIDITY_MAX, listMarkets, marketRow, openMarket, resolveMarket, shown } from '../exchange/markets.ts'
import { payoutsOf, positionsOf, worthOfShares } from '../exchange/positions.ts'
import { makeTrade, SHARES_MAX, tradeByKey, tradesOf, type Order } from '../exchange/trades.ts'
import { OUTCOMES, SIDES } from '../lmsr.ts'
import { notFound, Refusal } from '../refusal.ts'
import type { Release } from '../release.ts'
import { CATEGORIES } from '../store/migrations.ts'
import type { Store } from '../store/store.ts'
import { bearerOf, idempotencyKeyOf, oneOf, readBody, textIn, wholeFrom, wholeIn } from './input.ts'

export interface Parts {
  readonly store: Store
  readonly release: Release
  readonly releaseId: string
  readonly adminToken: string | undefined
}

export interface Call {
  readonly request: IncomingMessage
  readonly query: URLSearchParams
  /** What the pattern's groups matched. */
  readonly params: readonly string[]
}

export interface Answer {
  readonly status: number
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>>
}

interface Route {
  readonly method: 'GET' | 'POST'
  readonly pattern: RegExp
  handle(parts: Parts, call: Call): Answer | Promise<Answer>
}

const ok = (body: unknown): Answer => ({ status: 200, body })
const created = (body: unknown): Answer => ({ status: 201, body })

const QUESTION_LENGTH_MAX = 200
const NAME_LENGTH_MAX = 64
const LIQUIDITY_DEFAULT = 100

export const ROUTES: readonly Route[] = [
  {
    method: 'GET',
    pattern: /^\/api\/version$/,
    handle: ({ release, releaseId }) =>
      ok({ version: release.version, release: releaseId, schema: release.schemaNeeded }),
  },
  {
    method: 'POST',
    pattern: /^\/api\/accounts$/,
    handle: async ({ store }, { request }) => {
      const name = textIn(await readBody(request), 'name', NAME_LENGTH_MAX)
      return created(await store.write((handle) => openAccount(handle, name)))
    },
  },
  {
    method: 'GET',
    pattern: /^\/api\/markets$/,
    handle: ({ store, release }, { query }) =>
      ok({
        version: release.version,
        ...(release.categories ? { categories: CATEGORIES } : {}),
        markets: store.read((handle) => listMarkets(handle, release, query.get('category') ?? undefined)),
      }),
  },
  {
    method: 'POST',
    pattern: /^\/api\/markets$/,
    handle: async ({ store, release }, { request }) => {
      const body = await readBody(request)
      const wanted = {
        question: textIn(body, 'question', QUESTION_LENGTH_MAX),
        liquidity:
          body['liquidity'] === undefined
            ? LIQUIDITY_DEFAULT
            : wholeIn(body, 'liquidity', { min: 1, max: LIQUIDITY_MAX }),
        category:
          release.categories && body['category'] !== undefined ? oneOf(body, 'category', CATEGORIES) : 'general',
        topic: release.readsTopic && body['topic'] !== undefined ? textIn(body, 'topic', 40) : '',
      }
      const token = bearerOf(request)
      return created(
        await store.write((handle) => openMarket(handle, release, { ...wanted, by: accountOf(handle, token).id })),
      )
    },
  },
  {
    method: 'GET',
    pattern: /^\/api\/markets\/([^/]+)$/,
    handle: ({ store, release }, { params }) => {
      const id = wholeFrom(params[0]!, 'market')
      return ok(store.read((handle) => shown(marketRow(handle, release, id))))
    },
  },
  {
    method: 'POST',
    pattern: /^\/api\/markets\/([^/]+)\/resolve$/,
    handle: async ({ store, release, adminToken }, { request, params }) => {
      const id = wholeFrom(params[0]!, 'market')
      assertAdmin(adminToken, bearerOf(request))
      const outcome = oneOf(await readBody(request), 'outcome', OUTCOMES)
      return ok(await store.write((handle) => resolveMarket(handle, release, { id, outcome })))
    },
  },
  {
    method: 'POST',
    pattern: /^\/api\/trades$/,
    handle: async ({ store, release }, { request }) => {
      const order = await orderOf(request)
      const token = bearerOf(request)
      const { trade, replayed } = await store.write((handle) =>
        makeTrade(handle, release, { account: accountOf(handle, token), order }),
      )
      return replayed ? { ...ok(trade), headers: { 'Idempotency-Replayed': 'true' } } : created(trade)
    },
  },
  {
    method: 'GET',
    pattern: /^\/api\/trades$/,
    handle: ({ store }, { request, query }) => {
      const key = query.get('key')
      const after = wholeFrom(query.get('after') ?? '0', 'after')
      const token = bearerOf(request)
      return store.read((handle) => {
        const { id } = accountOf(handle, token)
        if (key === null) return ok({ trades: tradesOf(handle, id, after) })
        const trade = tradeByKey(handle, id, idempotencyKeyOf(key))
        if (!trade) throw notFound('no trade was made with this key')
        return ok(trade)
      })
    },
  },
  {
    method: 'GET',
    pattern: /^\/api\/positions$/,
    handle: ({ store }, { request }) => {
      const token = bearerOf(request)
      return store.read((handle) => {
        const account = accountOf(handle, token)
        return ok({ account, positions: positionsOf(handle, account.id), payouts: payoutsOf(handle, account.id) })
      })
    },
  },
  {
    method: 'GET',
    pattern: /^\/api\/leaderboard$/,
    handle: ({ store }) => ok({ leaders: store.read((handle) => leaders(handle, worthOfShares(handle))) }),
  },
  {
    method: 'GET',
    pattern: /^\/api\/audit$/,
    handle: ({ store }) => ok(store.read(audit)),
  },
]

async function orderOf(request: IncomingMessage): Promise<Order> {
  const key = idempotencyKeyOf(request.headers['idempotency-key'])
  const body = await readBody(request)
  return {
    key,
    market: wholeIn(body, 'market', { min: 1, max: Number.MAX_SAFE_INTEGER }),
    side: oneOf(body, 'side', SIDES),
    outcome: oneOf(body, 'outcome', OUTCOMES),
    shares: wholeIn(body, 'shares', { min: 1, max: SHARES_MAX }),
    ...(body['limit'] === undefined ? {} : { limit: wholeIn(body, 'limit', { min: 0, max: Number.MAX_SAFE_INTEGER }) }),
  }
}

function assertAdmin(expected: string | undefined, given: string | undefined): void {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  // Without a configured token nobody is the administrator.
  if (expected !== undefined && given !== undefined && timingSafeEqual(digest(expected), digest(given))) return
  throw new Refusal(403, 'admin.only', 'markets are resolved with the administrator’s token')
}
