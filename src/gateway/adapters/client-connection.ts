import type { Socket } from 'node:net'
import { monotonicNs, msOf } from '../../core/clock.ts'
import { bodyOf, dataOf, fieldLines, RequestReader, statusLine } from '../../http1/index.ts'
import type { BodyReader, RequestHead as Http1Head } from '../../http1/index.ts'
import { plainAddress } from '../client-address.ts'
import { Deadline } from '../deadlines.ts'
import { newExchange } from '../exchange.ts'
import type { ClientSide, RequestBody } from '../exchange.ts'
import { ClientExchange } from './client-exchange.ts'
import type { ConnectionHost, OpenConnection, Refused } from './connection-host.ts'
import type { ExchangeConnection } from './client-exchange.ts'
import { ArrivingBody, NO_BODY, ReadyBody } from './request-body.ts'
import type { BodySource } from './request-body.ts'
import { acceptWith, ReadBuffer, SHARED_BUFFER } from './read-buffer.ts'
import { ConnectionHeads, WireHead } from './wire-head.ts'

/** For the whole head of a request, from its first byte: 408 afterwards. */
export const HEAD_TIMEOUT_MS = 20_000
/** How long the rest of a request nobody wants is read, so that its sender gets to read the answer. */
export const LINGER_MS = 2_000
/** Bytes of later requests that are read ahead while one is being answered. */
const AHEAD_BYTES_MAX = 64 * 1024
/** A body that is wanted and comes slower than this is a way to hold connections: Apache's default for its own limit. */
export const BODY_BYTES_PER_SECOND_MIN = 500
/** It is looked at so often. */
export const BODY_WINDOW_MS = 10_000

/**
 * `idle`: between requests. `head`, `body`: a request is arriving. `busy`: nothing is expected of the client. `answer`: bytes flow
 * to it. `linger`: it gets to read a last answer. `handed-over`: a tunnel has the socket.
 */
type Phase = 'idle' | 'head' | 'body' | 'busy' | 'answer' | 'linger' | 'handed-over'

/** One client's connection: reads requests one after the other, each only when the one before has been answered. */
export class ClientConnection implements BodySource, ExchangeConnection, OpenConnection {
  readonly socket: Socket
  readonly peer: ClientSide['peer']
  readonly local: ClientSide['local']
  readonly secure: boolean
  readonly deadline: Deadline
  bytesRead = 0
  readonly #host: ConnectionHost
  readonly #reader = new RequestReader()
  #phase: Phase = 'idle'
  #silentNs = monotonicNs()
  #exchange: ClientExchange | null = null
  #head: WireHead | null = null
  readonly #heads = new ConnectionHeads()
  #body: ArrivingBody | null = null
  /** What has come behind the request that is being answered. */
  #ahead: Buffer | null = null
  readonly #buffers = new ReadBuffer()
  /** The bytes that are being read are only lent: what outlives this turn is copied. */
  #lent = false
  #consuming = false
  /** More than one request came at once: what can be answered at once leaves in one write. */
  #corked = false
  #paused = false
  /** The connection ends with the answer that is being sent. */
  #ends = false
  /** Of the body: when it began and what had come when it was last looked at. */
  #bodySinceMs = 0
  #bodySeen = 0

  /** `fresh`: it has just been accepted from the system, and nothing has been read of it. */
  constructor(accepted: Socket, host: ConnectionHost, { fresh = false }: { readonly fresh?: boolean } = {}) {
    const unstreamed = fresh ? this.#readWithoutStream(accepted) : null
    const socket = unstreamed ?? accepted
    if (unstreamed === null) socket.on('data', this.#onData)
    this.socket = socket
    this.#host = host
    this.peer = { address: plainAddress(socket.remoteAddress ?? ''), port: socket.remotePort ?? 0 }
    this.local = { port: socket.localPort ?? 0 }
    this.secure = 'encrypted' in socket && socket.encrypted === true
    this.deadline = new Deadline(() => this.#onDeadline())
    this.deadline.arm(host.idleMs)
    socket.on('end', this.#onEnd)
    socket.on('close', this.#onClose)
    socket.on('drain', this.#onDrain)
    socket.on('error', () => {})
  }

  isSilentSince(ns: number): boolean {
    return this.#exchange === null && this.#phase === 'idle' && this.#silentNs <= ns
  }

  get requestIsComplete(): boolean {
    return this.#body === null || this.#body.done
  }

  goesOnAfter(exchange: ClientExchange): string | null {
    const goesOn = exchange.keepAlive && !this.#host.retiring && !exchange.websocket && this.requestIsComplete
    this.#ends = !goesOn
    return goesOn ? this.#host.keepAliveLines : null
  }

  endAfterThis(): void {
    this.#ends = true
  }

  answering(): void {
    this.#phase = 'answer'
  }

  leave(): void {
    this.#phase = 'linger'
    // A client that takes nothing of what was written for it would stay for ever.
    this.deadline.arm(this.#host.idleMs)
    this.socket.destroySoon()
  }

  answered(exchange: ClientExchange): void {
    if (this.#exchange !== exchange) return
    this.#exchange = null
    this.#releaseHead()
    if (this.#ends) return this.#close(exchange.websocket)
    this.#body = null
    this.#phase = 'idle'
    this.#silentNs = exchange.endedNs
    this.deadline.arm(this.#host.idleMs, msOf(exchange.endedNs))
    if (this.#consuming) return
    const ahead = this.#ahead
    this.#ahead = null
    if (ahead !== null) this.#consume(ahead, ahead.length)
    if (this.#ahead === null) this.resume()
  }

  handOver(): Buffer {
    const { socket } = this
    this.#phase = 'handed-over'
    this.deadline.disarm()
    socket.off('data', this.#onData)
    socket.off('end', this.#onEnd)
    socket.off('drain', this.#onDrain)
    const ahead = this.#ahead ?? Buffer.alloc(0)
    this.#ahead = null
    this.resume()
    return ahead
  }

  destroy(reset = false): void {
    if (reset && !this.secure && !this.socket.destroyed) this.socket.resetAndDestroy()
    else this.socket.destroy()
  }

  pause(): void {
    if (this.#paused) return
    this.#paused = true
    this.socket.pause()
  }

  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.socket.resume()
  }

  sayContinue(): void {
    if (this.#exchange?.begun === false) this.socket.write('HTTP/1.1 100 Continue\r\n\r\n', 'latin1')
  }

  /** Answers what is no request, or has taken too long, and ends the connection. */
  refuse({ status, code, reason }: Pick<Refused, 'status' | 'code' | 'reason'>): void {
    const exchange = this.#exchange
    const { peer, secure } = this
    const within = exchange !== null
    const fields = this.#host.onRefused({ status, code, reason, client: peer.address, secure, within })
    // Behind a part of an answer, another answer would be taken for its body.
    const isFree = exchange === null || !exchange.begun
    exchange?.gone()
    this.#dropExchange()
    if (!isFree || !this.socket.writable) return this.destroy()
    const body = reason + '\n'
    const lines = fieldLines([...fields, 'Content-Type', 'text/plain; charset=utf-8', 'Cache-Control', 'no-store'])
    const framing = `Content-Length: ${body.length}\r\nConnection: close\r\n\r\n`
    this.socket.write(statusLine(status) + lines + framing + body, 'latin1')
    this.#linger()
  }

  #readWithoutStream(accepted: Socket): Socket | null {
    let made = false
    const socket = acceptWith(accepted, {
      buffer: () => (made ? this.#buffers.next(this.#body?.done === false) : SHARED_BUFFER),
      callback: (count, buffer) => this.#onRead(buffer as Buffer, count),
    })
    made = true
    return socket
  }

  readonly #onData = (bytes: Buffer): void => this.#take(bytes, bytes.length)

  #onRead(buffer: Buffer, count: number): boolean {
    // False: the stream is full of what the other end of a tunnel has not taken.
    if (this.#phase === 'handed-over') return this.socket.push(Buffer.from(buffer.subarray(0, count)))
    this.#lent = true
    this.#take(buffer, count)
    this.#lent = false
    return true
  }

  #take(bytes: Buffer, count: number): void {
    this.bytesRead += count
    if (this.#phase === 'linger') return this.#discard(bytes, count)
    if (this.#ahead === null) return this.#consume(bytes, count)
    this.#ahead = Buffer.concat([this.#ahead, bytes.subarray(0, count)])
    if (this.#ahead.length >= AHEAD_BYTES_MAX) this.pause()
  }

  readonly #onEnd = (): void => {
    // Everything has been written and only has to leave: it may.
    const exchange = this.#exchange
    // Of answers that were gathered, the exchanges are over before the system has them.
    if (exchange === null) return this.socket.writableLength > 0 ? this.leave() : this.destroy()
    const leaves = exchange.leaves() && (this.#exchange === exchange || this.#exchange === null)
    if (leaves) this.socket.end()
    else this.destroy()
  }

  readonly #onClose = (): void => {
    this.deadline.disarm()
    const exchange = this.#exchange
    this.#host.onClosed(this)
    if (this.#phase !== 'handed-over') {
      exchange?.gone()
      this.#dropExchange()
      this.#ahead = null
    }
    this.#releaseHead()
    this.#heads.end()
  }

  readonly #onDrain = (): void => this.#exchange?.drained()

  #onDeadline(): void {
    switch (this.#phase) {
      case 'head':
        return this.refuse({ status: 408, code: 'slow-head', reason: 'The request took too long to arrive.' })
      case 'body':
        return this.#lookAtBody()
      case 'answer':
        return this.#exchange?.idle()
      case 'idle':
        return this.leave()
      case 'linger':
        return this.destroy()
      default:
      // `busy`: somebody else's deadline runs.
    }
  }

  #consume(bytes: Buffer, to: number): void {
    let at = 0
    this.#consuming = true
    while (at < to && this.#phase !== 'linger' && !this.socket.destroyed) {
      if (this.#body !== null && !this.#body.done) at = this.#feed(this.#body, bytes, at, to)
      else if (this.#exchange !== null) {
        this.#ahead = this.#kept(bytes.subarray(at, to))
        if (this.#ahead.length >= AHEAD_BYTES_MAX) this.pause()
        break
      } else at = this.#read(bytes, at, to)
    }
    this.#consuming = false
    if (!this.#corked) return
    this.#corked = false
    this.socket.uncork()
  }

  #kept(bytes: Buffer): Buffer {
    return this.#lent ? this.#buffers.keep(bytes) : bytes
  }

  #feed(body: ArrivingBody, bytes: Buffer, from: number, to: number): number {
    const at = body.push(bytes, from, to)
    if (body.fault !== null) {
      this.refuse(body.fault)
      return to
    }
    if (body.done && this.#phase === 'body') {
      this.#phase = 'busy'
    }
    return at
  }

  /** Reads a head, and begins its request. */
  #read(bytes: Buffer, from: number, to: number): number {
    const head = this.#heads.take(this.#reader)
    const at = this.#reader.push(bytes, from, to, head)
    const { refusal } = this.#reader
    if (at !== -1 && refusal === null) return this.#begin(head, bytes, at, to)
    this.#heads.giveBack(head)
    if (refusal !== null) this.refuse(refusal)
    else if (this.#phase !== 'head') {
      this.#phase = 'head'
      this.deadline.arm(this.#host.headMs)
    }
    return to
  }

  #begin(head: Http1Head, bytes: Buffer, from: number, to: number): number {
    const startedNs = monotonicNs()
    // The deadline stays where it hangs: it says nothing in this phase, and is put off when the next begins.
    this.#phase = 'busy'
    const client = new ClientExchange(this, head)
    let body = NO_BODY
    let at = from
    if (head.hasBody) {
      const reader = bodyOf(head)!
      at = reader.push(bytes, from, to)
      if (reader.fault !== null) {
        this.#heads.giveBack(head)
        this.refuse(reader.fault)
        return to
      }
      body = this.#bodyFrom(head, reader, bytes)
    }
    if (at < to && !this.#corked && !head.websocket) {
      this.#corked = true
      this.socket.cork()
    }
    this.#exchange = client
    this.#head = new WireHead(head)
    this.#host.onExchange(newExchange({ head: this.#head, body, client, startedNs }))
    return at
  }

  #bodyFrom(head: Http1Head, reader: BodyReader, bytes: Buffer): RequestBody {
    const length = head.contentLength === -1 ? null : head.contentLength
    if (reader.done) return new ReadyBody(this.#kept(dataOf(bytes, reader)), length)
    const keep = (data: Buffer): Buffer => this.#kept(data)
    this.#body = new ArrivingBody(reader, { length, source: this, keep, waits: head.expectContinue })
    this.#body.take(bytes)
    this.#phase = 'body'
    this.#bodySinceMs = performance.now()
    this.#bodySeen = 0
    this.deadline.arm(this.#host.bodyWindowMs)
    return this.#body
  }

  /** The sender of a body that is wanted must keep to a rate; while we do not read, or it waits for our word, it need not. */
  #lookAtBody(): void {
    const body = this.#body!
    const came = body.received - this.#bodySeen
    this.#bodySeen = body.received
    const tooLong = performance.now() - this.#bodySinceMs > this.#host.requestMs
    const tooSlow = !body.blocked && !body.waits && came < (BODY_BYTES_PER_SECOND_MIN * this.#host.bodyWindowMs) / 1000
    if (!tooLong && !tooSlow) return this.deadline.arm(this.#host.bodyWindowMs)
    this.refuse({ status: 408, code: 'slow-body', reason: 'The request took too long to arrive.' })
  }

  /** Ends the connection behind an answer. `waits`: its client is the one to close it. */
  #close(waits: boolean): void {
    if (!this.requestIsComplete || this.#ahead !== null || waits) return this.#linger()
    // Not a request any more what stands behind this one, even if it came with it: nobody would answer it (RFC 9112 §9.6).
    this.leave()
  }

  /**
   * Closing while the client still sends would reset the connection and may take the answer away before it is read (RFC 9112
   * §9.6): so only our half is closed, and the rest is read for a while.
   */
  #linger(): void {
    this.#phase = 'linger'
    this.#ahead = null
    this.deadline.arm(LINGER_MS)
    this.socket.end()
    this.resume()
  }

  #discard(bytes: Buffer, to: number): void {
    const body = this.#body
    if (body === null || body.done) return
    body.stream.destroy()
    body.push(bytes, 0, to)
    if (body.done || body.fault !== null) this.socket.destroySoon()
  }

  #dropExchange(): void {
    this.#exchange = null
    this.#releaseHead()
    this.#body?.stream.destroy()
  }

  #releaseHead(): void {
    const head = this.#head?.release() ?? null
    this.#head = null
    if (head !== null) this.#heads.giveBack(head)
  }
}
