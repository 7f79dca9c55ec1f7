/** The public entrance on node:net: turns what arrives into exchanges. */
import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { monotonicNs } from '../../core/clock.ts'
import { plainAddress } from '../client-address.ts'
import type { Exchange, HeaderList } from '../exchange.ts'
import type { Timeouts } from '../table.ts'
import { BODY_WINDOW_MS, ClientConnection, HEAD_TIMEOUT_MS } from './client-connection.ts'
import type { OpenConnection, Refused } from './connection-host.ts'

/** Room beyond the table's request timeout, whose 408 comes first; this one only ends what nobody waits for. */
export const REQUEST_MARGIN_MS = 5_000

/** After the last accept, a connection silent for so long is let go: a request on its way has arrived by then. */
export const RETIRE_SILENCE_MS = 1_000
const RETIRE_LOOK_MS = 100

export interface ListenerOptions {
  readonly onExchange: (exchange: Exchange) => void
  /** Something that is not HTTP, or too slow, is about to be answered: returns the fields for that answer. */
  readonly onRefused: (refused: Refused) => HeaderList
  /** Asked for each connection before anything is read of it; false: it is answered with 503 and closed. */
  readonly onConnection?: (address: string) => boolean
  /** For the head of a request, from its first byte. @default HEAD_TIMEOUT_MS */
  readonly headMs?: number
  /** How often the rate of a body is looked at. @default BODY_WINDOW_MS */
  readonly bodyWindowMs?: number
  /** A connection that was let in has closed. */
  readonly onConnectionClosed?: (address: string) => void
}

export interface Listener {
  readonly openConnections: number
  /** Listens on an inherited socket, or (in tests) on an address. */
  listen(where: { fd: number } | { host: string; port: number }): Promise<AddressInfo>
  /** `heldMs`: how much longer a request may take to arrive because a pause holds it. */
  configure(timeouts: Timeouts, heldMs: number): void
  /**
   * Accepts nothing more; further answers say `Connection: close`. Idle kept-alive connections are left alone for
   * RETIRE_SILENCE_MS, since a request may be on its way, then closed. Resolves when no connection is left.
   */
  retire(): Promise<void>
  /** Takes over a connection that was accepted elsewhere, such as the inside of a TLS connection. */
  accept(socket: Socket): void
  /** Cuts everything. */
  close(): void
}

export function createNetListener(options: ListenerOptions): Listener {
  const { headMs = HEAD_TIMEOUT_MS, bodyWindowMs = BODY_WINDOW_MS } = options
  const { onExchange, onRefused, onConnection = () => true, onConnectionClosed = () => {} } = options
  const connections = new Set<OpenConnection>()
  /** Those that were asked for; others were counted where they were accepted. */
  const counted = new WeakSet<OpenConnection>()
  let looking: NodeJS.Timeout | undefined
  let whenEmpty: (() => void) | null = null
  /** The longest so far: who was held counts on it beyond the pause. */
  let heldMsMax = 0
  const host = {
    headMs,
    bodyWindowMs,
    idleMs: 60_000,
    requestMs: 60_000 + REQUEST_MARGIN_MS,
    keepAliveLines: '',
    retiring: false,
    onExchange,
    onRefused,
    onClosed(connection: OpenConnection) {
      connections.delete(connection)
      if (counted.has(connection)) onConnectionClosed(connection.peer.address)
      settleWhenEmpty()
    },
  }
  // A client that ends its half has left, unless its answer is just leaving: the connection itself decides.
  const server = createServer({ noDelay: true, allowHalfOpen: true, pauseOnConnect: true }, admit)
  setIdle(host.idleMs)
  return {
    get openConnections() {
      return connections.size
    },
    listen: (where) =>
      new Promise((resolve, reject) => {
        server.once('error', reject)
        server.listen(where, () => {
          server.off('error', reject)
          resolve(server.address() as AddressInfo)
        })
      }),
    configure(timeouts, heldMs) {
      heldMsMax = Math.max(heldMsMax, heldMs)
      setIdle(timeouts.idleMs)
      host.requestMs = timeouts.requestMs + REQUEST_MARGIN_MS + heldMsMax
    },
    retire() {
      host.retiring = true
      server.close()
      return new Promise((resolve) => {
        whenEmpty = resolve
        const retiredNs = monotonicNs()
        // After the poll for what has arrived: a request that lies unread in the system would be cut off with its connection.
        looking = setInterval(() => setImmediate(closeSilent, retiredNs), RETIRE_LOOK_MS)
        settleWhenEmpty()
      })
    },
    accept: (socket) => void connections.add(new ClientConnection(socket, host)),
    close() {
      clearInterval(looking)
      server.close()
      for (const { socket } of connections) socket.destroy()
    },
  }

  function admit(socket: Socket): void {
    if (!onConnection(plainAddress(socket.remoteAddress ?? ''))) return turnAway(socket)
    const connection = new ClientConnection(socket, host, { fresh: true })
    counted.add(connection)
    connections.add(connection)
  }

  function setIdle(idleMs: number): void {
    host.idleMs = idleMs
    // Whole seconds, rounded down: a client that believes it is never late.
    const hint = Math.floor(idleMs / 1000)
    host.keepAliveLines = `Connection: keep-alive\r\n${hint > 0 ? `Keep-Alive: timeout=${hint}\r\n` : ''}`
  }

  /** Lets go what has no request open and has not sent a byte of a next one. */
  function closeSilent(retiredNs: number): void {
    const before = monotonicNs() - RETIRE_SILENCE_MS * 1e6
    if (retiredNs > before) return
    for (const connection of connections) if (connection.isSilentSince(before)) connection.leave()
  }

  function settleWhenEmpty(): void {
    if (whenEmpty === null || connections.size > 0) return
    clearInterval(looking)
    whenEmpty()
    whenEmpty = null
  }
}

/** To whoever holds as many connections as one client may. */
const BUSY = 'HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'

function turnAway(socket: Socket): void {
  socket.on('error', () => {})
  // Closed with something unread in it, it would take the answer away from its client.
  socket.resume()
  socket.write(BUSY, 'latin1')
  socket.destroySoon()
}
