import type { Duplex } from 'node:stream'
import { msOf } from '../../core/clock.ts'
import { Timed } from '../deadlines.ts'
import { plainAnswer } from '../exchange.ts'
import type { Answer, EndListener, Exchange, LeaveListener } from '../exchange.ts'
import { pump } from '../pump.ts'
import type { Pump } from '../pump.ts'
import type { RelayedAnswer } from '../relayed-answer.ts'
import type { Claim } from '../upstream.ts'
import type { UpstreamCall, UpstreamEvents, UpstreamFailure } from '../upstream-link.ts'
import { tunnel } from '../websocket.ts'
import { requestHead } from './request-head.ts'

export interface Limits {
  readonly connectMs: number
  readonly firstByteMs: number
  readonly requestMs: number
  readonly websocketIdleMs: number
  readonly bodyBytesMax: number
}

/** Who sends the request. Exactly one of these is called, once, perhaps before `begin` returns. */
export interface AttemptOwner {
  /** The answer's head is there; both bodies flow on by themselves, and the claim is released when the exchange is over. */
  answered(answer: Answer): void
  /** Nothing of an answer came, and the claim is still the owner's, who decides whether to ask again. */
  failed(failure: UpstreamFailure): void
}

export interface AttemptOptions {
  readonly claim: Claim
  readonly fresh: boolean
  readonly limits: Limits
  readonly owner: AttemptOwner
}

/** Sends the request once. As an entry of the wheel it waits for the client to deliver its body, then for the upstream to answer. */
export class Attempt extends Timed implements UpstreamEvents, LeaveListener, EndListener {
  readonly #exchange: Exchange
  readonly #claim: Claim
  readonly #fresh: boolean
  readonly #limits: Limits
  readonly #owner: AttemptOwner
  #call: UpstreamCall | null = null
  #settled = false
  /** It has been answered: the claim is held to the end. */
  #holds = false
  #uploading: Pump | null = null
  #received = 0
  #waits: 'client' | 'upstream' = 'client'

  constructor(exchange: Exchange, { claim, fresh, limits, owner }: AttemptOptions) {
    super()
    this.#exchange = exchange
    this.#claim = claim
    this.#fresh = fresh
    this.#limits = limits
    this.#owner = owner
  }

  /** @throws FieldError, RangeError when its head cannot be written */
  begin(): void {
    const { head, body, client, bodyFilter } = this.#exchange
    const { ready } = body
    // First: whatever answers, the claim is held until it has been sent.
    this.#exchange.onEnded(this)
    if (ready !== null) {
      if (ready.length > this.#limits.bodyBytesMax) return this.#refuse(tooLarge(this.#limits.bodyBytesMax))
      const refused = bodyFilter?.(ready) ?? bodyFilter?.(NO_BYTES) ?? null
      if (refused !== null) return this.#refuse(refused)
    }
    const length = ready === null ? body.length : ready.length
    const text = requestHead(this.#exchange, length)
    client.onGone(this)
    // It had left while a stage waited, and its fields have gone with it: what would be sent is not what it asked.
    if (this.#settled) return
    this.#call = this.#claim.upstream.link.send(
      {
        method: head.method,
        head: text,
        body: !body.present ? 'none' : (ready ?? (length === null ? 'chunked' : 'length')),
        connectMs: this.#limits.connectMs,
        fresh: this.#fresh,
        websocket: head.websocket,
      },
      this,
    )
    // Once the head has gone, it is the client's pace as much as the upstream's that the end is far away.
    this.#claim.cut = () => client.cut(this.#settled ? 'client-gone' : 'aborted')
    if (this.#call.sent) this.#startWaiting(msOf(this.#exchange.resentNs || this.#exchange.sentNs))
    else if (body.present && ready === null) this.arm(this.#limits.requestMs)
  }

  act(): void {
    if (this.#waits === 'client') this.#onSlowClient()
    else this.#onSlowUpstream()
  }

  connected(): void {
    if (this.#settled) return
    if (this.#call!.sent) this.#startWaiting()
    else this.#startBody()
  }

  answered(answer: RelayedAnswer): void {
    if (this.#settled) return answer.flow.abandon()
    if (answer.isEventStream) {
      this.#claim.kind = 'stream'
      this.#exchange.eventStream = true
      this.#claim.end = () => this.#exchange.client.finishEarly()
    }
    this.#settle(answer)
  }

  upgraded({ headers }: { readonly headers: string[] }, socket: Duplex, firstBytes: Buffer): void {
    if (this.#settled) return void socket.destroy()
    this.#claim.kind = 'websocket'
    const take: Extract<Answer, { kind: 'upgraded' }>['take'] = (client, clientFirst) => {
      const open = tunnel({
        client,
        upstream: socket,
        clientFirst,
        upstreamFirst: firstBytes,
        idleMs: this.#limits.websocketIdleMs,
      })
      this.#claim.end = () => open.end()
    }
    this.#exchange.client.onGone({ left: () => void socket.destroy() })
    this.#settle({ kind: 'upgraded', status: 101, headers, take })
  }

  failed(failure: UpstreamFailure): void {
    if (this.#settled) return
    this.#settled = true
    this.disarm()
    this.#owner.failed(failure)
  }

  #startBody(): void {
    const { body } = this.#exchange
    const call = this.#call!
    body.accept()
    this.#uploading = pump(body.stream, call, {
      chunk: (bytes) => {
        this.#received += bytes.length
        if (this.#received > this.#limits.bodyBytesMax) {
          this.#onRefused(tooLarge(this.#limits.bodyBytesMax))
          return false
        }
        const refused = this.#exchange.bodyFilter?.(bytes) ?? null
        if (refused !== null) this.#onRefused(refused)
        return refused === null
      },
      end: () => {
        const refused = this.#exchange.bodyFilter?.(NO_BYTES) ?? null
        if (refused !== null) return this.#onRefused(refused)
        call.end()
        this.#startWaiting()
      },
    })
  }

  #startWaiting(now?: number): void {
    if (this.#settled) return
    this.#waits = 'upstream'
    this.arm(this.#limits.firstByteMs, now)
  }

  #onSlowUpstream(): void {
    this.#refuse(plainAnswer(504, 'The service did not answer in time.'))
  }

  #onSlowClient(): void {
    // When the upstream does not take what is there, the client is not to blame.
    const isBlocked = this.#uploading?.blocked === true
    if (isBlocked) return this.#refuse(plainAnswer(504, 'The service did not read the request in time.'))
    this.#refuse(plainAnswer(408, 'The request took too long to arrive.'))
  }

  left(): void {
    this.#refuse(plainAnswer(499, 'The client has left.'))
    this.#call?.destroy()
  }

  ended(): void {
    this.disarm()
    this.#uploading?.stop()
    if (this.#call?.sent === false) this.#call.destroy()
    if (this.#holds) this.#claim.release()
  }

  /** Behind a part of an answer no other can be given. */
  #onRefused(answer: Answer): void {
    if (!this.#settled) return this.#refuse(answer)
    this.#exchange.refusedWith = answer.status
    this.#exchange.client.cut('client-gone')
  }

  /** Answers in the upstream's place. */
  #refuse(answer: Answer): void {
    if (this.#settled) return
    this.#uploading?.stop()
    this.#call?.destroy()
    this.#settle(answer)
  }

  #settle(answer: Answer): void {
    if (this.#settled) return
    this.#settled = true
    this.#holds = true
    // Both bodies may flow for as long as they like once the answer has begun; then only silence ends them.
    this.disarm()
    this.#owner.answered(answer)
  }
}

/** 413, decided by the head or while counting. */
export function tooLarge(bytesMax: number): Answer {
  return plainAnswer(413, `The request's body is larger than ${bytesMax} bytes.`)
}

const NO_BYTES = Buffer.alloc(0)
