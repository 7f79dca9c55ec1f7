import { Deadline } from '../deadlines.ts'
import type { Flow, FlowSink, Piece } from '../relayed-answer.ts'
import type { FailureKind, UpstreamCall, UpstreamEvents, UpstreamRequest } from '../upstream-link.ts'

/** What a call uses of its connection. */
export interface CallConnection {
  writeBody(bytes: Buffer): boolean
  endBody(): void
  resume(): void
  destroy(): void
}

/** One request to an upstream: it waits for a connection, uses it, and lets go of it. */
export class Call implements UpstreamCall, Flow {
  readonly request: UpstreamRequest
  readonly events: UpstreamEvents
  connection: CallConnection | null = null
  sent = false
  destroyed = false
  /** The answer's head has come, or will not come any more. */
  settled = false
  onDrain: (() => void) | null = null

  // The answer's body.
  first: Piece | null = null
  ended = false
  sink: FlowSink | null = null

  #waiting: Deadline | null = null
  #leaveLine: (() => void) | null = null

  constructor(request: UpstreamRequest, events: UpstreamEvents) {
    this.request = request
    this.events = events
  }

  /** Waits for a connection to become free, as long as it may wait for one to be made. */
  wait(leaveLine: () => void): void {
    this.#leaveLine = leaveLine
    this.#waiting = new Deadline(() => {
      this.#leave()
      this.fail('connect-timeout', 'every connection is in use')
    })
    this.#waiting.arm(this.request.connectMs)
  }

  /** Its turn has come. */
  ready(): void {
    this.#waiting?.disarm()
    this.#waiting = null
    this.#leaveLine = null
  }

  write(bytes: Buffer): boolean {
    return this.connection?.writeBody(bytes) ?? false
  }

  end(): void {
    if (this.sent) return
    this.sent = true
    this.connection?.endBody()
  }

  destroy(): void {
    if (this.destroyed) return
    this.destroyed = true
    this.#leave()
    this.connection?.destroy()
  }

  resume(): void {
    this.connection?.resume()
  }

  abandon(): void {
    this.sink = null
    if (!this.ended) this.destroy()
  }

  fail(kind: FailureKind, reason: string): void {
    if (this.settled || this.destroyed) return
    this.settled = true
    this.events.failed({ kind, reason })
  }

  #leave(): void {
    this.#leaveLine?.()
    this.ready()
  }
}
