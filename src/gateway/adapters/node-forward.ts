/** Requests to upstreams through node:http. */
import { Agent, request as httpRequest } from 'node:http'
import type { ClientRequest, IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { UpstreamEvents, UpstreamFailure, UpstreamLink, UpstreamRequest } from '../upstream-link.ts'

/** Idle connections kept to one upstream by one worker. */
export const FREE_SOCKETS_MAX = 256

/**
 * An idle connection is closed by us after this long, or earlier where the upstream's `Keep-Alive: timeout` hint says so: a
 * POST that meets the upstream's own close cannot be repeated. Node's servers close after 5 s, other common ones later.
 */
export const UPSTREAM_IDLE_MS = 4_000

/** Largest head of an answer that is accepted from an upstream. */
export const ANSWER_HEAD_BYTES_MAX = 64 * 1024

/** A link with its own pool of kept-alive connections; the upstream's `Keep-Alive: timeout` hint is obeyed. */
export function createNodeLink(
  address: { readonly host: string; readonly port: number },
  { idleMs = UPSTREAM_IDLE_MS }: { readonly idleMs?: number } = {},
): UpstreamLink {
  // Node applies this `timeout` to idle connections only, and a hint only where it is shorter than this.
  const agent = new Agent({ keepAlive: true, scheduling: 'lifo', maxFreeSockets: FREE_SOCKETS_MAX, timeout: idleMs })
  let closed = false
  return {
    send: (request, events) => {
      const once = request.fresh || closed
      return send({ request, events, outgoing: open(address, request, once ? false : agent) })
    },
    close() {
      closed = true
      agent.destroy()
    },
  }
}

function open(
  address: { readonly host: string; readonly port: number },
  request: UpstreamRequest,
  agent: Agent | false,
): ClientRequest {
  const headers = [...request.headers]
  if (request.websocket) headers.push('Connection', 'Upgrade', 'Upgrade', 'websocket')
  return httpRequest({
    host: address.host,
    port: address.port,
    method: request.method,
    path: request.target,
    headers,
    agent: request.websocket ? false : agent,
    maxHeaderSize: ANSWER_HEAD_BYTES_MAX,
    setHost: false,
  })
}

function send(parts: { request: UpstreamRequest; events: UpstreamEvents; outgoing: ClientRequest }): ClientRequest {
  const { request, events, outgoing } = parts
  let connected = false
  let settled = false
  let timedOut = false
  let timer: NodeJS.Timeout | undefined

  outgoing.once('socket', (socket: Socket) => {
    if (!socket.connecting) return onConnected()
    timer = setTimeout(() => {
      timedOut = true
      outgoing.destroy(new Error(`no connection within ${request.connectMs} ms`))
    }, request.connectMs)
    socket.once('connect', onConnected)
  })
  outgoing.once('response', (incoming: IncomingMessage) => {
    if (settled) return
    settled = true
    events.answered({ status: incoming.statusCode!, headers: incoming.rawHeaders }, incoming)
  })
  if (request.websocket) {
    outgoing.once('upgrade', (incoming: IncomingMessage, socket: Socket, firstBytes: Buffer) => {
      if (settled) {
        socket.destroy()
        return
      }
      settled = true
      events.upgraded({ status: incoming.statusCode!, headers: incoming.rawHeaders }, socket, firstBytes)
    })
  }
  outgoing.on('error', (error: NodeJS.ErrnoException) => fail(error))
  outgoing.once('close', () => {
    clearTimeout(timer)
    fail(new Error('the connection was closed'))
  })
  return outgoing

  function onConnected(): void {
    clearTimeout(timer)
    connected = true
    if (outgoing.destroyed) return
    // Node keeps the head back until the body begins; an upstream may want to answer before that.
    if (!outgoing.writableEnded) outgoing.flushHeaders()
    events.connected()
  }

  function fail(error: NodeJS.ErrnoException): void {
    clearTimeout(timer)
    if (settled) return
    settled = true
    events.failed(failureOf(error))
  }

  function failureOf(error: NodeJS.ErrnoException): UpstreamFailure {
    const reason = error.code ?? error.message
    if (!connected) return { kind: timedOut ? 'connect-timeout' : 'not-connected', reason }
    const malformed = error.code?.startsWith('HPE_') ?? false
    return { kind: malformed ? 'malformed' : 'lost', reason }
  }
}
