/** How the gateway talks to one upstream: the port that adapters implement. */
import type { Duplex, Readable, Writable } from 'node:stream'
import type { HeaderList } from './exchange.ts'

export interface UpstreamRequest {
  readonly method: string
  readonly target: string
  /** Complete, with Host and framing. */
  readonly headers: HeaderList
  readonly connectMs: number
  /** Not on a kept-alive connection: for the repetition of a request that such a connection lost. */
  readonly fresh: boolean
  readonly websocket: boolean
}

export interface UpstreamAnswer {
  readonly status: number
  readonly headers: HeaderList
}

/**
 * `not-connected`: refused or reset before a byte was sent. `connect-timeout`: likewise, after waiting. `lost`: the
 * connection ended after the request may have been sent. `malformed`: what came back is not HTTP.
 */
export type FailureKind = 'not-connected' | 'connect-timeout' | 'lost' | 'malformed'

export interface UpstreamFailure {
  readonly kind: FailureKind
  readonly reason: string
}

/** Exactly one of `answered`, `upgraded` and `failed` is called, unless the request is destroyed first. */
export interface UpstreamEvents {
  /** The connection stands: the body may be sent. Called at most once, before the others, or not at all. */
  connected(): void
  /** `body` errors when the upstream breaks off. */
  answered(answer: UpstreamAnswer, body: Readable): void
  upgraded(answer: UpstreamAnswer, socket: Duplex, firstBytes: Buffer): void
  failed(failure: UpstreamFailure): void
}

export interface UpstreamLink {
  /** Sends a request's head; the returned stream takes its body and must be ended. Destroying it gives the request up. */
  send(request: UpstreamRequest, events: UpstreamEvents): Writable
  /** Closes idle connections, and busy ones as soon as they are idle. */
  close(): void
}
