import type { Socket } from 'node:net'
import type { ClientSide, Exchange } from '../exchange.ts'

/** What all connections of one listener share. */
export interface ConnectionHost {
  /** @default HEAD_TIMEOUT_MS */
  readonly headMs: number
  /** @default BODY_WINDOW_MS */
  readonly bodyWindowMs: number
  readonly idleMs: number
  /** For a whole request to arrive, however it is paced. */
  readonly requestMs: number
  /** Says that the connection goes on. */
  readonly keepAliveLines: string
  readonly retiring: boolean
  onExchange(exchange: Exchange): void
  /** Something was refused before it became an exchange, or in the middle of one. Returns the fields for its answer. */
  onRefused(refused: Refused): readonly string[]
  onClosed(connection: OpenConnection): void
}

/** What the reader, or a limit of the connection, refused. */
export interface Refused {
  readonly status: number
  /** Such as `length-twice`, `slow-head`. */
  readonly code: string
  readonly reason: string
  readonly client: string
  /** It came over TLS. */
  readonly secure: boolean
  /** It came in the middle of a request that had become an exchange. */
  readonly within: boolean
}

/** A client's connection, as its listener sees it. */
export interface OpenConnection {
  readonly socket: Socket
  readonly peer: ClientSide['peer']
  /** No request is open, and not a byte of a next one has come. `ns`: on the clock of `monotonicNs`. */
  isSilentSince(ns: number): boolean
  /** Ends it behind what was written to it; what still comes is no request any more. */
  leave(): void
}
