/**
 * One request and its answer as the stages see them. Nothing here knows how bytes are read from or written to a socket:
 * that is the adapters' work.
 */
import type { BlockList } from 'node:net'
import type { Duplex, Readable } from 'node:stream'
import type { RequestHead as WireRequestHead } from '../http1/index.ts'
import type { SpanContext } from '../core/trace-context.ts'
import type { Identified } from '../guard/identity/identity.ts'
import type { Principal } from '../guard/request.ts'
import type { Backend, RouteOptions } from './table.ts'

/** Names and values in turn, as received: `['Host', 'a', 'Accept', 'b']`. */
export type HeaderList = readonly string[]

export interface RequestHead {
  readonly method: string
  /** What stood in the request line, in origin form: path and query. */
  readonly target: string
  /** The target up to the query, as received. */
  readonly path: string
  /** Lower case, without the port; empty when there was none. */
  readonly host: string
  /** Host with its port, as received: passed on. */
  readonly authority: string
  readonly headers: HeaderList
  /** The bytes it was read from, for whoever can do without pairs; null or absent: there are only pairs. */
  readonly wire?: WireRequestHead | null
  /** Set when the client asks for a WebSocket. */
  readonly websocket: boolean
  /** Why the head cannot be served, already decided by the reader; null when it can. */
  readonly fault: { readonly status: number; readonly reason: string } | null
}

export interface RequestBody {
  readonly present: boolean
  /** From Content-Length; null when chunked. */
  readonly length: number | null
  readonly stream: Readable
  /** The whole body where it has already arrived, as small ones do with their head; null otherwise. */
  readonly ready: Buffer | null
  /** True once the last byte has been read. */
  complete(): boolean
  /** Says `100 Continue` to a client that waits for it. Later calls do nothing. */
  accept(): void
}

export type Answer =
  | { readonly kind: 'whole'; readonly status: number; readonly headers: string[]; readonly body: Buffer | null }
  | { readonly kind: 'stream'; readonly status: number; readonly headers: string[]; readonly body: Readable }
  | {
      readonly kind: 'upgraded'
      readonly status: 101
      readonly headers: string[]
      /** Takes the client's connection over after the head has been written. */
      readonly take: (client: Duplex, firstBytes: Buffer) => void
    }

/** Why an answer was not sent whole, by whose doing: see STATUS_CLASSES. */
export type Interruption = 'aborted' | 'client-gone'

/** How sending ended. */
export interface Outcome {
  readonly end: 'complete' | Interruption
  readonly bytes: number
  /** `monotonicNs()` then. */
  readonly endedNs: number
}

/** The other end of a client's connection. */
export interface Peer {
  readonly address: string
  readonly port: number
  /** Lines about it that every request to one host carries: kept by whoever writes them. */
  forwarded?: { readonly authority: string; readonly lines: string }
  /** How its requests begin for the upstream, where one repeats the one before. */
  recurring?: { readonly start: string; readonly text: string }
  /** Whether the list of trusted proxies has it: kept by whoever has asked. */
  trust?: { readonly by: BlockList; readonly isTrusted: boolean }
}

/** The client's side of an exchange, implemented by the listener's adapter. */
export interface ClientSide {
  readonly peer: Peer
  readonly local: { readonly port: number }
  readonly secure: boolean
  /** Sends the answer; `done` is called once, whatever happens. `idleMs`: no byte accepted for that long cuts it. */
  send(answer: Answer, options: { idleMs: number }, done: (outcome: Outcome) => void): void
  /** Ends a streamed answer properly before its source has ended. */
  finishEarly(): void
  /** Cuts the connection, so that a part of an answer is not taken for the whole; the first reason given counts. */
  cut(because: Interruption): void
  /** Called once when the client leaves before its answer is complete. */
  onGone(listener: LeaveListener): void
}

export interface LeaveListener {
  left(): void
}

export interface EndListener {
  ended(exchange: Exchange): void
}

/** Where a request goes. */
export interface Place {
  readonly service: string
  readonly backend: Backend
  /** The prefix of the route that took it. */
  readonly prefix: string
  readonly options: RouteOptions | null
}

/** How a client stands to the release on trial. */
export interface Standing {
  /** The release on trial. */
  readonly release: string
  /** The client tries it while this is below the share: from 0 to 1, -1 for always, infinite for never. */
  readonly bucket: number
  /** Asked for by header. */
  readonly addressed: boolean
  /** Drawn just now: no cookie of the client's says it yet. */
  readonly fresh: boolean
}

/** What is known of one exchange; each stage fills in its part. */
export interface Exchange {
  readonly head: RequestHead
  /** Replaced by a stage that has read a part of it. */
  body: RequestBody
  readonly client: ClientSide
  readonly startedNs: number
  /** Where it stands among the open ones. */
  seat: number

  // identify
  correlationId: string
  trace: SpanContext
  /** Address of the client behind trusted proxies. */
  clientAddress: string
  /** True when the peer itself is a trusted proxy. */
  peerTrusted: boolean

  // guard
  /** Who asks, where a credential proves it. */
  principal: Principal | null
  /** What the credential came to; null: nobody asked for it. */
  identified: Identified | null
  /** Every chunk of the request's body passes it on its way to the upstream; an answer it returns is given instead. Behind the last it is called with no bytes. */
  bodyFilter: ((chunk: Buffer) => Answer | null) | null
  /** Fields of the answer that stages of the guard want on it, whoever gives it: names and values in turn. */
  readonly answerFields: string[]
  /** Replaces what the app says to other sites; null: the app answers for itself. */
  cors: readonly string[] | null
  /** A probe of the platform, or the witness: no limit counts it. */
  exempt: boolean

  // route
  place: Place | null

  // pause
  /** How long it waited in the gateway: no instance's latency. */
  heldNs: number
  /** The pause answered it: no release is judged by that. */
  paused: boolean

  // choose
  /** Null while nothing is on trial. */
  standing: Standing | null

  // forward
  /** The instance and the release that answered; null for the gateway's own answers. */
  instance: string | null
  release: string | null
  retried: number
  /** The answer is a `text/event-stream`. */
  eventStream: boolean
  /** When it was first given to an instance, and when again; 0: never. */
  sentNs: number
  resentNs: number
  /** When the answer's head was ready, for streams whose end says nothing about their latency. */
  answeredNs: number
  /** The status of the refusal that cut an answer off which had begun, and could not be given instead; null: none did. */
  refusedWith: number | null
  /** Called when the exchange is over, in the order of these calls. */
  onEnded(listener: EndListener): void
  /** It is over. */
  end(): void
}

/** A fresh exchange, before any stage has seen it. */
export function newExchange(parts: Pick<Exchange, 'head' | 'body' | 'client' | 'startedNs'>): Exchange {
  return new OpenExchange(parts.head, parts.body, parts.client, parts.startedNs)
}

class OpenExchange implements Exchange {
  readonly head: RequestHead
  body: RequestBody
  readonly client: ClientSide
  readonly startedNs: number
  seat = -1
  correlationId = ''
  trace = NO_TRACE
  clientAddress: string
  peerTrusted = false
  principal: Principal | null = null
  identified: Identified | null = null
  bodyFilter: ((chunk: Buffer) => Answer | null) | null = null
  readonly answerFields: string[] = []
  cors: readonly string[] | null = null
  exempt = false
  place: Place | null = null
  heldNs = 0
  paused = false
  standing: Standing | null = null
  instance: string | null = null
  release: string | null = null
  retried = 0
  eventStream = false
  sentNs = 0
  resentNs = 0
  answeredNs = 0
  refusedWith: number | null = null
  /** Most have two: without an array for them. */
  #first: EndListener | null = null
  #second: EndListener | null = null
  #others: EndListener[] | null = null

  constructor(head: RequestHead, body: RequestBody, client: ClientSide, startedNs: number) {
    this.head = head
    this.body = body
    this.client = client
    this.startedNs = startedNs
    this.clientAddress = client.peer.address
  }

  onEnded(listener: EndListener): void {
    if (this.#first === null) this.#first = listener
    else if (this.#second === null) this.#second = listener
    else (this.#others ??= []).push(listener)
  }

  end(): void {
    this.#first?.ended(this)
    this.#second?.ended(this)
    if (this.#others !== null) for (const listener of this.#others) listener.ended(this)
  }
}

const NO_TRACE: SpanContext = { traceId: '', spanId: '', sampled: false, parentSpanId: null }

/** The first value of a request's field (`name` in lower case), without cutting the others out. */
export function fieldOf(head: RequestHead, name: string): string | undefined {
  const { wire } = head
  return wire === undefined || wire === null ? headerOf(head.headers, name) : wire.get(name)
}

/** The first value of a header (`name` in lower case). */
export function headerOf(headers: HeaderList, name: string): string | undefined {
  for (let index = 0; index < headers.length; index += 2) {
    const candidate = headers[index]!
    if (candidate.length === name.length && candidate.toLowerCase() === name) return headers[index + 1]
  }
  return undefined
}

/** An answer of the gateway's own: one line of plain text. */
export function plainAnswer(status: number, text: string, headers: HeaderList = []): Answer {
  const body = Buffer.from(text + '\n')
  return {
    kind: 'whole',
    status,
    headers: [
      'Content-Type',
      'text/plain; charset=utf-8',
      'Content-Length',
      String(body.length),
      'Cache-Control',
      'no-store',
      ...headers,
    ],
    body,
  }
}
