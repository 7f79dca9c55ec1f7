/** HTTP/2 towards clients: turns the streams of its connections into exchanges. Upstreams are asked in HTTP/1.1. */
import { constants, performServerHandshake } from 'node:http2'
import type { ServerHttp2Session, ServerHttp2Stream } from 'node:http2'
import type { TLSSocket } from 'node:tls'
import { monotonicNs } from '../../core/clock.ts'
import { plainAddress } from '../client-address.ts'
import { newExchange } from '../exchange.ts'
import type { ClientSide, Exchange } from '../exchange.ts'
import type { Timeouts } from '../table.ts'
import { createHttp2ClientSide } from './http2-client-side.ts'
import { bodyOf, headOf } from './http2-request.ts'

/** Requests at once on one connection. */
export const STREAMS_MAX = 128
/** Of a head, names and values and 32 bytes a field (RFC 9113 §6.5.2): as much as HTTP/1.1 may have. */
export const HEAD_BYTES_MAX = 16 * 1024
/** Of bodies that nobody has read yet: of one request, of all requests of a connection. */
const STREAM_WINDOW_BYTES = 256 * 1024
const SESSION_WINDOW_BYTES = 1024 * 1024

/**
 * Requests that are reset, by the client or because of what it sends: so many at once, then so many a second. A page that is left
 * drops a hundred at a time; an attack drops thousands (CVE-2023-44487, CVE-2025-8671). nghttp2 counts them.
 */
export const RESETS_BURST = 256
const RESETS_PER_SECOND = 32

/** How long a connection that is told to end may take to do so. */
const FAREWELL_MS = 1_000

/** How long a client has to answer that it opens nothing more, before it is told that the connection ends. */
const LAST_REQUESTS_MS = 1_000

const OPTIONS = {
  settings: {
    enablePush: false,
    maxConcurrentStreams: STREAMS_MAX,
    maxHeaderListSize: HEAD_BYTES_MAX,
    initialWindowSize: STREAM_WINDOW_BYTES,
  },
  // Fields of a head, and what belongs to it.
  maxHeaderListPairs: 128,
  // Entries in one SETTINGS frame.
  maxSettings: 32,
  maxOutstandingPings: 10,
  // Mebibytes.
  maxSessionMemory: 10,
  maxSessionInvalidFrames: 100,
  maxSessionRejectedStreams: 100,
  streamResetBurst: RESETS_BURST,
  streamResetRate: RESETS_PER_SECOND,
  // Bytes that nobody can use only make a head look longer than it is.
  paddingStrategy: constants.PADDING_STRATEGY_NONE,
} as const

export interface Http2SessionsOptions {
  readonly onExchange: (exchange: Exchange) => void
}

export interface Http2Sessions {
  /** Connections that were ended because of what their client did. */
  readonly abused: number
  accept(socket: TLSSocket): void
  configure(timeouts: Timeouts): void
  /** Tells every client to go elsewhere; what is open is answered. */
  retire(): void
}

export function createHttp2Sessions({ onExchange }: Http2SessionsOptions): Http2Sessions {
  const sessions = new Set<ServerHttp2Session>()
  let idleMs = 75_000
  let retiring = false
  let abused = 0
  return {
    get abused() {
      return abused
    },
    accept,
    configure: (timeouts) => void (idleMs = timeouts.idleMs),
    retire() {
      retiring = true
      for (const session of sessions) letGo(session)
    },
  }

  function accept(socket: TLSSocket): void {
    const peer = { address: plainAddress(socket.remoteAddress ?? ''), port: socket.remotePort ?? 0 }
    const local = { port: socket.localPort ?? 0 }
    if (socket.destroyed) return
    const session = performServerHandshake(socket, OPTIONS)
    sessions.add(session)
    let open = 0
    let idle: NodeJS.Timeout | undefined
    // A connection that breaks has lost its streams, and each of them tells.
    session.on('error', (error: NodeJS.ErrnoException) => {
      if (isAbuse(error)) abused += 1
    })
    session.once('close', () => {
      sessions.delete(session)
      clearTimeout(idle)
    })
    session.once('connect', () => session.setLocalWindowSize(SESSION_WINDOW_BYTES))
    session.on('stream', (stream, _headers, _flags, fields) => begin(stream, fields))
    waitForMore()
    if (retiring) letGo(session)

    function begin(stream: ServerHttp2Stream, fields: readonly string[]): void {
      open += 1
      clearTimeout(idle)
      stream.once('close', () => {
        open -= 1
        if (open === 0) waitForMore()
      })
      onExchange(exchangeOf(stream, fields, { peer, local }))
    }

    /** Frames that open no request do not keep a connection, and neither does a head that never ends. */
    function waitForMore(): void {
      clearTimeout(idle)
      idle = setTimeout(() => {
        session.close()
        // Which waits for a head that has begun.
        idle = setTimeout(() => session.destroy(), FAREWELL_MS)
      }, idleMs)
    }
  }
}

/**
 * Ends a connection without losing a request: it may open no more, and when its client has said so, or has had the time to, nothing
 * can be on its way any more that the farewell would not name.
 */
function letGo(session: ServerHttp2Session): void {
  if (session.closed || session.destroyed) return
  let told = false
  const end = (): void => {
    if (told) return
    told = true
    clearTimeout(limit)
    session.close()
  }
  const limit = setTimeout(end, LAST_REQUESTS_MS)
  session.once('close', end)
  session.settings({ maxConcurrentStreams: 0 }, end)
}

function exchangeOf(
  stream: ServerHttp2Stream,
  fields: readonly string[],
  ends: Pick<ClientSide, 'peer' | 'local'>,
): Exchange {
  const head = headOf(fields)
  const client = createHttp2ClientSide({ stream, ...ends, isHead: head.method === 'HEAD' })
  return newExchange({ head, body: bodyOf(stream, head.headers), client, startedNs: monotonicNs() })
}

/** What nghttp2 ends a connection for: floods, and frames that break the rules. */
function isAbuse({ code }: NodeJS.ErrnoException): boolean {
  return (
    code === 'ERR_HTTP2_ERROR' || code === 'ERR_HTTP2_TOO_MANY_INVALID_FRAMES' || code === 'ERR_HTTP2_SESSION_ERROR'
  )
}
