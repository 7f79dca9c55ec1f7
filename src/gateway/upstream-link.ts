/** How the gateway talks to one upstream: the port that adapters implement. */
import type { Duplex } from 'node:stream'
import type { RelayedAnswer } from './relayed-answer.ts'
import type { Sink } from './pump.ts'

export interface UpstreamRequest {
  readonly method: string
  /** Request line and fields as they go out, one character a byte, with Host and framing, without the empty line. */
  readonly head: string
  /** Bytes: the whole body, which goes out with the head; `length` and `chunked`: it is written later, framed as the head says. */
  readonly body: Buffer | 'none' | 'length' | 'chunked'
  readonly connectMs: number
  /** Not on a kept-alive connection: for the repetition of a request that such a connection lost. */
  readonly fresh: boolean
  readonly websocket: boolean
}

/**
 * `not-connected`: refused or reset before a byte was sent. `connect-timeout`: likewise, after waiting. `unsent`: a kept-alive
 * connection ended before a byte was written to it. `lost`: the connection ended after the request may have been sent. `malformed`: what came back is not HTTP.
 */
export type FailureKind = 'not-connected' | 'connect-timeout' | 'unsent' | 'lost' | 'malformed'

export interface UpstreamFailure {
  readonly kind: FailureKind
  readonly reason: string
}

/** Exactly one of `answered`, `upgraded` and `failed` is called, unless the request is destroyed first. Never before `send` returns. */
export interface UpstreamEvents {
  /** The connection stands and the head is on its way: the body may be written. At most once, before the others, or not at all. */
  connected(): void
  /** What came of the answer with its head is valid until this returns, unless somebody takes it. */
  answered(answer: RelayedAnswer): void
  upgraded(answer: { readonly status: number; readonly headers: string[] }, socket: Duplex, firstBytes: Buffer): void
  failed(failure: UpstreamFailure): void
}

/** One request on its way. */
export interface UpstreamCall extends Sink {
  /** Whether the request has been handed over to its end. */
  readonly sent: boolean
  /** The body is complete. */
  end(): void
  /** Gives the request up, and its connection with it. Later calls do nothing. */
  destroy(): void
}

export interface UpstreamLink {
  /** Sends a request; its events come later. */
  send(request: UpstreamRequest, events: UpstreamEvents): UpstreamCall
  /** Closes idle connections, and busy ones as soon as they are idle. */
  close(): void
}
