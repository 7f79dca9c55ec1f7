import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocket, WebSocketServer } from 'ws'
import { listMarkets, type Market } from '../exchange/markets.ts'
import { reasonOf, type Log } from '../log.ts'
import type { Release } from '../release.ts'
import type { Store } from '../store/store.ts'

/** How soon one instance shows what another one traded. */
const POLL_MS = 200
const PING_MS = 30_000
const CLIENTS_MAX = 1_000
/** A client that has this much unread is not reading. */
const UNREAD_BYTES_MAX = 1024 * 1024
const MESSAGE_BYTES_MAX = 1024

/** Close codes of RFC 6455 and its registry. */
const GOING_AWAY = 1001
const TRY_AGAIN_LATER = 1013

type Price = Pick<Market, 'id' | 'question' | 'category' | 'prices' | 'outcome'>

export interface PriceFeed {
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void
  /** Tells every client that this instance goes away, and hangs up on those that do not answer. */
  close(): Promise<void>
}

export interface PriceFeedOptions {
  readonly store: Store
  readonly release: Release
  readonly releaseId: string
  readonly log: Log
}

/** Sends all prices on connect, then what changed, whoever changed it. */
export function createPriceFeed(options: PriceFeedOptions): PriceFeed {
  const { store, release, releaseId, log } = options
  const server = new WebSocketServer({ noServer: true, maxPayload: MESSAGE_BYTES_MAX, perMessageDeflate: false })
  const answering = new WeakSet<WebSocket>()
  let mark: string | undefined
  /** What every client has been sent, per market, as text. */
  let known = new Map<number, string>()
  let isClosing = false

  const readPrices = (): Map<number, string> =>
    new Map(
      store
        .read((handle) => listMarkets(handle, release))
        .map((market) => [market.id, JSON.stringify(priceOf(market))]),
    )

  const message = (type: 'prices' | 'changes', prices: Iterable<string>): string =>
    `{"type":"${type}","version":"${release.version}","release":${JSON.stringify(releaseId)},"markets":[${[...prices].join(',')}]}`

  const poll = (): void => {
    if (server.clients.size === 0) return
    try {
      const next = store.changeMark()
      if (next === mark) return
      const prices = readPrices()
      const changed = [...prices].filter(([id, text]) => known.get(id) !== text).map(([, text]) => text)
      mark = next
      known = prices
      if (changed.length > 0) for (const client of server.clients) deliver(client, message('changes', changed))
    } catch (error) {
      log.warn('prices not read', { reason: reasonOf(error) })
    }
  }

  const ping = (): void => {
    for (const client of server.clients) {
      if (!answering.delete(client)) client.terminate()
      else client.ping()
    }
  }

  const accept = (client: WebSocket): void => {
    answering.add(client)
    client.on('pong', () => answering.add(client))
    client.on('error', () => client.terminate())
    if (isClosing) return client.close(GOING_AWAY, 'shutting down')
    if (server.clients.size > CLIENTS_MAX) return client.close(TRY_AGAIN_LATER, 'too many clients')
    try {
      deliver(client, message('prices', readPrices().values()))
    } catch {
      client.close(TRY_AGAIN_LATER, 'the database does not answer')
    }
  }

  const timers = [setInterval(poll, POLL_MS), setInterval(ping, PING_MS)]

  return {
    upgrade: (request, socket, head) => {
      // ws takes over error handling only once it has the socket.
      socket.on('error', () => socket.destroy())
      const path = (request.url ?? '').split('?', 1)[0]
      const status = path !== '/ws' ? '404 Not Found' : isClosing ? '503 Service Unavailable' : undefined
      if (status) socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
      else server.handleUpgrade(request, socket, head, accept)
    },
    close: async () => {
      isClosing = true
      for (const timer of timers) clearInterval(timer)
      for (const client of server.clients) client.close(GOING_AWAY, 'shutting down')
      await emptied(server)
      server.close()
    },
  }
}

const CLOSE_ANSWER_MS = 2_000

/** Resolves when every client has said goodbye, or was cut off. */
async function emptied(server: WebSocketServer): Promise<void> {
  const gone = [...server.clients].map((client) => new Promise((resolve) => client.once('close', resolve)))
  const deadline = setTimeout(() => {
    for (const client of server.clients) client.terminate()
  }, CLOSE_ANSWER_MS)
  await Promise.all(gone)
  clearTimeout(deadline)
}

function deliver(client: WebSocket, text: string): void {
  if (client.readyState !== WebSocket.OPEN) return
  if (client.bufferedAmount > UNREAD_BYTES_MAX) client.terminate()
  else client.send(text)
}

function priceOf({ id, question, category, prices, outcome }: Market): Price {
  return { id, question, ...(category === undefined ? {} : { category }), prices, outcome }
}
