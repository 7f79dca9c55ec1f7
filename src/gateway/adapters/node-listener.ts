/** The public entrance through node:http: turns what arrives into exchanges. */
import { createServer, ServerResponse } from 'node:http'
import type { IncomingMessage, Server } from 'node:http'
import { Server as NetServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { monotonicNs } from '../../core/clock.ts'
import { plainAddress } from '../client-address.ts'
import { newExchange } from '../exchange.ts'
import type { Exchange } from '../exchange.ts'
import type { Timeouts } from '../table.ts'
import { createClientSide, LINGER_MS } from './node-client-side.ts'
import { bodyOf, headOf } from './node-request.ts'
import { noticeEnd } from './node-upgrade-wait.ts'

/** A longer head is answered with 431. */
export const HEAD_BYTES_MAX = 16 * 1024

/** For the whole head of a request, from the connection's or the previous request's end: 408 afterwards. */
export const HEAD_TIMEOUT_MS = 20_000

/** Room beyond the table's request timeout, whose 408 comes first; this one only ends what nobody waits for. */
export const REQUEST_MARGIN_MS = 5_000

/** After the last accept, a connection silent for so long is let go: a request on its way has arrived by then. */
export const RETIRE_SILENCE_MS = 1_000
const RETIRE_LOOK_MS = 100

export interface ListenerOptions {
  readonly onExchange: (exchange: Exchange) => void
  /** Headers for an answer to something that never became an exchange. */
  readonly ownHeaders: () => readonly string[]
  /** Something that is not HTTP was answered with this status. */
  readonly onRefused?: (status: number) => void
  /** Asked for each connection before anything is read of it; false: it is answered with 503 and closed. */
  readonly onConnection?: (address: string) => boolean
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

export function createNodeListener(options: ListenerOptions): Listener {
  const { onExchange, ownHeaders, onRefused = () => {} } = options
  const { onConnection = () => true, onConnectionClosed = () => {} } = options
  const sockets = new Map<Socket, Use>()
  /** Counted where they were accepted. */
  const inner = new WeakSet<Socket>()
  let retiring = false
  let looking: NodeJS.Timeout | undefined
  /** The longest so far: who was held counts on it beyond the pause. */
  let heldMsMax = 0
  const server: Server = createServer({
    maxHeaderSize: HEAD_BYTES_MAX,
    // A missing Host gets an answer of ours, with our headers.
    requireHostHeader: false,
    connectionsCheckingInterval: 1_000,
    headersTimeout: HEAD_TIMEOUT_MS,
    requestTimeout: 65_000,
    noDelay: true,
    shouldUpgradeCallback: isWebSocketHandshake,
  })
  server.prependListener('connection', (socket: Socket) => {
    // Told apart before it closes: a closed socket knows no address.
    const address = plainAddress(socket.remoteAddress ?? '')
    if (!inner.has(socket)) {
      if (!onConnection(address)) return turnAway(socket)
      socket.once('close', () => onConnectionClosed(address))
    }
    sockets.set(socket, { open: 0, silentSince: monotonicNs(), read: 0 })
    socket.on('error', () => {})
    socket.once('close', () => sockets.delete(socket))
  })
  server.on('request', (request: IncomingMessage, response: ServerResponse) => begin({ request, response }))
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) =>
    begin({ request, response, waits: true }),
  )
  server.on('checkExpectation', (request: IncomingMessage, response: ServerResponse) => {
    begin({ request, response, fault: { status: 417, reason: 'This expectation cannot be met.' } })
  })
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, firstBytes: Buffer) => {
    // Node makes no response for an upgrade; a refused one is answered like any other request.
    const response = new ServerResponse(request)
    response.assignSocket(socket as Socket)
    response.shouldKeepAlive = false
    const unwatch = noticeEnd(socket)
    response.once('finish', () => {
      unwatch()
      response.detachSocket(socket as Socket)
      // Node has let go of this connection: nobody else closes it, and no time limit of its server applies.
      const limit = setTimeout(() => socket.destroy(), LINGER_MS)
      socket.once('close', () => clearTimeout(limit))
      socket.once('end', () => socket.destroy())
      socket.end()
      socket.resume()
    })
    begin({ request, response, upgrade: { socket, firstBytes, unwatch } })
  })
  server.on('connect', (_request: IncomingMessage, socket: Duplex) => refuse(socket, 405))
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    // A request may take longer to arrive than Node allows once its answer has begun: then only silence ends it.
    if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && answerHasBegun(socket)) return
    if (error.code === 'ECONNRESET') socket.destroy()
    else refuse(socket, statusOf(error))
  })
  return {
    get openConnections() {
      return sockets.size
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
      server.keepAliveTimeout = timeouts.idleMs
      server.requestTimeout = timeouts.requestMs + REQUEST_MARGIN_MS + heldMsMax
      server.headersTimeout = Math.min(HEAD_TIMEOUT_MS, server.requestTimeout)
    },
    retire() {
      retiring = true
      return new Promise((resolve) => {
        // http.Server.close() would also cut idle connections and with them requests that are on their way (measured).
        NetServer.prototype.close.call(server, () => {
          clearInterval(looking)
          resolve()
        })
        const retiredNs = monotonicNs()
        // After the poll for what has arrived: a request that lies unread in the system would be cut off with its connection.
        looking = setInterval(() => setImmediate(closeSilent, retiredNs), RETIRE_LOOK_MS)
      })
    },
    accept(socket) {
      inner.add(socket)
      server.emit('connection', socket)
    },
    close() {
      clearInterval(looking)
      NetServer.prototype.close.call(server)
      server.closeAllConnections()
      for (const socket of sockets.keys()) socket.destroy()
    },
  }

  function begin(parts: {
    request: IncomingMessage
    response: ServerResponse
    waits?: boolean
    upgrade?: { socket: Duplex; firstBytes: Buffer; unwatch: () => void }
    fault?: { status: number; reason: string }
  }): void {
    const { request, response, waits = false, upgrade, fault } = parts
    const use = sockets.get(request.socket)
    if (use !== undefined) {
      use.open += 1
      // An upgraded connection never comes to this: it is in use until it closes.
      response.once('close', () => {
        use.open -= 1
        use.silentSince = monotonicNs()
        use.read = request.socket.bytesRead
      })
    }
    const client = createClientSide({
      request,
      response,
      closing: () => retiring,
      ...(upgrade === undefined ? {} : { upgrade }),
    })
    const head = headOf(request, { websocket: upgrade !== undefined, ...(fault === undefined ? {} : { fault }) })
    onExchange(newExchange({ head, body: bodyOf(request, response, waits), client, startedNs: monotonicNs() }))
  }

  /** Lets go what has no request open and has not sent a byte of a next one. */
  function closeSilent(retiredNs: number): void {
    const before = monotonicNs() - RETIRE_SILENCE_MS * 1e6
    if (retiredNs > before) return
    for (const [socket, { open, silentSince, read }] of sockets) {
      if (open === 0 && silentSince <= before && socket.bytesRead === read) socket.destroySoon()
    }
  }

  /** For bytes that are no request: the parser is lost, so the connection ends with this answer. */
  function refuse(socket: Duplex, status: number): void {
    // Behind a part of an answer, another answer would be taken for its body.
    const busy = answerOn(socket)
    if (!socket.writable || answerHasBegun(socket)) return void socket.destroy()
    if (!busy) onRefused(status)
    const body = `${status} ${REASONS[status] ?? 'Bad Request'}\n`
    const headers = [
      ...ownHeaders(),
      'Content-Type',
      'text/plain; charset=utf-8',
      'Content-Length',
      String(body.length),
      'Connection',
      'close',
    ]
    let text = `HTTP/1.1 ${status} ${REASONS[status] ?? 'Bad Request'}\r\n`
    for (let index = 0; index < headers.length; index += 2) text += `${headers[index]}: ${headers[index + 1]}\r\n`
    socket.end(text + '\r\n' + body, () => socket.destroy())
  }
}

/** To whoever holds as many connections as one client may. */
const BUSY = 'HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'

function turnAway(socket: Socket): void {
  socket.on('error', () => {})
  socket.write(BUSY)
  socket.destroySoon()
}

/** How one connection is used. */
interface Use {
  /** Requests not answered yet. */
  open: number
  silentSince: number
  /** Bytes read when it fell silent. */
  read: number
}

function answerOn(socket: Duplex): ServerResponse | null | undefined {
  return (socket as { _httpMessage?: ServerResponse | null })._httpMessage
}

function answerHasBegun(socket: Duplex): boolean {
  return answerOn(socket)?.headersSent === true
}

function statusOf(error: NodeJS.ErrnoException): number {
  if (error.code === 'HPE_HEADER_OVERFLOW') return 431
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') return 408
  return 400
}

const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  431: 'Request Header Fields Too Large',
}

/** A handshake is a GET without a body (RFC 6455 §4.1); what only claims to be one is an ordinary request. */
function isWebSocketHandshake({ method, headers }: IncomingMessage): boolean {
  const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
  return method === 'GET' && !hasBody && headers.upgrade?.toLowerCase() === 'websocket'
}
