import type { OnReadOpts } from 'node:net'
import { performance } from 'node:perf_hooks'
import { msOf } from '../../core/clock.ts'
import { bodyOf, chunkHead, CloseBody, dataOf, LAST_CHUNK, ResponseHead, ResponseReader } from '../../http1/index.ts'
import type { BodyReader } from '../../http1/index.ts'
import { Deadline } from '../deadlines.ts'
import { endToEnd } from '../headers.ts'
import { Piece, RelayedAnswer } from '../relayed-answer.ts'
import { postSoon } from './outbox.ts'
import type { Sender } from './outbox.ts'
import { QuickSocket } from './quick-socket.ts'
import { ReadBuffer, SHARED_BUFFER } from './read-buffer.ts'
import type { OnRead } from './read-buffer.ts'
import type { Call, CallConnection } from './upstream-call.ts'

/** A request is repeated with its body in one write up to this size. */
const ONE_WRITE_MAX = 8 * 1024
/** 1xx answers before the final one; nobody sends more than one or two. */
const INTERIM_MAX = 16
const CHUNK_END = Buffer.from('\r\n')

/** What a connection tells the pool it belongs to. */
export interface ConnectionOwner {
  /** The answer has ended at its last byte and the connection may be used again. `now`: a reading of `performance.now()`, where there is one. */
  free(connection: UpstreamConnection, now?: number): void
  /** It is no more, or ends just now. Later calls do nothing. */
  gone(connection: UpstreamConnection): void
}

export interface ConnectionOptions {
  readonly host: string
  readonly port: number
  readonly owner: ConnectionOwner
  /** Used once: it says so to the upstream. */
  readonly once: boolean
}

/** One connection to an upstream: one request at a time, and used again only after an exact end. */
export class UpstreamConnection implements CallConnection, Sender {
  /** When it was opened, on the clock of `performance.now()`. */
  readonly openedMs = performance.now()
  uses = 0
  /** Seconds of the upstream's `Keep-Alive: timeout`; null: it has not said. */
  hintSeconds: number | null = null
  readonly deadline: Deadline

  readonly #owner: ConnectionOwner
  readonly #once: boolean
  readonly #socket: QuickSocket
  readonly #reader = new ResponseReader()
  readonly #head = new ResponseHead()
  #call: Call | null = null
  /** Of the answer that is being read; null while its head is still to come. */
  #body: BodyReader | null = null
  #interims = 0
  #connected = false
  #timedOut = false
  #ending = false
  readonly #buffers = new ReadBuffer()
  #error = 'closed'
  /** A whole request that is written behind what else has arrived in this turn; until then the upstream knows nothing of it. */
  #posted: string | null = null

  constructor(call: Call, { host, port, owner, once }: ConnectionOptions) {
    this.#owner = owner
    this.#once = once
    this.#call = call
    call.connection = this
    this.#reader.own(this.#head, SHARED_BUFFER)
    const { websocket, connectMs } = call.request
    // Only what becomes a WebSocket is read as a stream.
    const onread: OnRead = {
      buffer: () => (this.#connected ? this.#buffers.next(this.#body !== null) : SHARED_BUFFER),
      callback: (count, buffer) => this.#read(buffer as Buffer, count),
    }
    const address = { host, port, noDelay: true }
    const options = websocket ? address : { ...address, onread: onread as unknown as OnReadOpts }
    this.#socket = new QuickSocket(options).connect(options)
    if (websocket) this.#socket.on('data', this.#onData)
    this.deadline = new Deadline(() => {
      // It stays where it hangs while a request is on its way, whose own deadlines run.
      if (this.#connected && this.#call !== null) return
      this.#timedOut = !this.#connected
      this.#error = this.#connected ? 'idle' : `no connection within ${connectMs} ms`
      this.destroy()
    })
    this.deadline.arm(connectMs)
    this.#socket.once('connect', this.#onConnect)
    this.#socket.on('error', this.#onError)
    this.#socket.on('end', this.#onEnd)
    this.#socket.on('close', this.#onClose)
    this.#socket.on('drain', this.#onDrain)
  }

  /** Sends a request's head, and its body where that is there. */
  begin(call: Call): void {
    this.#call = call
    call.connection = this
    this.uses += 1
    this.#interims = 0
    const { head, body, websocket } = call.request
    const text = head + (websocket ? UPGRADE : this.#once ? CLOSE : KEEP)
    if (typeof body === 'string') {
      call.sent = body === 'none'
      if (call.sent) this.#post(text)
      else this.#socket.write(text, 'latin1')
    } else {
      call.sent = true
      if (body.length <= ONE_WRITE_MAX) this.#post(text + body.toString('latin1'))
      else {
        this.#socket.cork()
        this.#socket.write(text, 'latin1')
        this.#socket.write(body)
        this.#socket.uncork()
      }
    }
  }

  #post(text: string): void {
    this.#posted = text
    postSoon(this)
  }

  post(): void {
    const text = this.#posted
    if (text === null || this.#socket.destroyed) return
    this.#posted = null
    // All of it: what the system takes in part it does not refuse at once.
    if (!this.#socket.writeNow(text)) this.#posted = text
  }

  writeBody(bytes: Buffer): boolean {
    if (this.#call?.request.body !== 'chunked') return this.#socket.write(bytes)
    this.#socket.cork()
    this.#socket.write(chunkHead(bytes.length), 'latin1')
    this.#socket.write(bytes)
    const goesOn = this.#socket.write(CHUNK_END)
    this.#socket.uncork()
    return goesOn
  }

  endBody(): void {
    if (this.#call?.request.body === 'chunked') this.#socket.write(LAST_CHUNK, 'latin1')
    // The answer was complete before the request: nobody can say what the upstream makes of the rest.
    if (this.#call?.ended === true) this.destroy()
  }

  resume(): void {
    this.#socket.resume()
  }

  destroy(): void {
    // Not only when it has closed, later in this turn: the pool would give it to a request meanwhile.
    this.#owner.gone(this)
    this.#socket.destroy()
  }

  readonly #onData = (bytes: Buffer): void => {
    if (!this.#read(bytes, bytes.length)) this.#socket.pause()
  }

  readonly #onConnect = (): void => {
    this.#connected = true
    this.deadline.disarm()
    const call = this.#call!
    this.begin(call)
    call.events.connected()
  }

  readonly #onError = (error: NodeJS.ErrnoException): void => {
    this.#error = error.code ?? error.message
    this.#owner.gone(this)
  }

  readonly #onDrain = (): void => {
    this.#call?.onDrain?.()
  }

  /** The upstream says that it sends nothing more: the end of a body that has no other. */
  readonly #onEnd = (): void => {
    this.#ending = true
    const call = this.#call
    if (call !== null && this.#body instanceof CloseBody) {
      this.#finish(call)
      call.sink?.end()
    }
    this.destroy()
  }

  readonly #onClose = (): void => {
    this.deadline.disarm()
    this.#owner.gone(this)
    const call = this.#call
    this.#call = null
    if (call === null || call.destroyed || call.ended) return
    if (call.settled) return call.sink?.fail(new Error(`the upstream broke off: ${this.#error}`))
    if (!this.#connected) return call.fail(this.#timedOut ? 'connect-timeout' : 'not-connected', this.#error)
    call.fail(this.#posted !== null ? 'unsent' : this.#reader.begun ? 'malformed' : 'lost', this.#error)
  }

  /** False: enough for now. */
  #read(bytes: Buffer, count: number): boolean {
    const call = this.#call
    // Nobody has asked for this, or not yet.
    if (call === null || call.ended || this.#posted !== null) return (this.destroy(), false)
    return this.#body === null ? this.#readHead(call, bytes, count) : this.#readBody(call, this.#body, bytes, count)
  }

  #readHead(call: Call, bytes: Buffer, to: number): boolean {
    const head = this.#head
    let at = 0
    do {
      at = this.#reader.push(bytes, at, to, head, call.request)
      if (at === -1) return true
      if (this.#reader.refusal !== null) return this.#malformed(call, this.#reader.refusal.code)
      if (head.interim && ++this.#interims > INTERIM_MAX) return this.#malformed(call, 'interim')
    } while (head.interim)
    if (head.status === 101) return this.#upgrade(call, bytes, at, to)
    if (head.framing === 'none') call.ended = true
    else if (head.framing === 'length' && to - at >= head.contentLength) {
      call.first = head.contentLength === 0 ? null : this.#first(new Piece(bytes, at, at + head.contentLength), true)
      call.ended = true
      at += head.contentLength
    } else {
      const body = bodyOf(head)!
      at = body.push(bytes, at, to)
      if (body.fault !== null) return this.#malformed(call, body.fault.code)
      call.first = body.runCount === 0 ? null : this.#first(pieceOf(dataOf(bytes, body)), body.done)
      call.ended = body.done
      this.#body = body
    }
    if (call.ended && at < to) return this.#malformed(call, 'surplus')
    return this.#answer(call)
  }

  #answer(call: Call): boolean {
    const answer = new RelayedAnswer(this.#head, call)
    call.settled = true
    // First, so that a request that follows at once can have this connection.
    if (call.ended) this.#finish(call, msOf(answer.arrivedNs))
    call.events.answered(answer)
    answer.keep()
    return true
  }

  /** A small whole body is copied when it is sent, in one write with its head; another may have to wait for its client. */
  #first(piece: Piece, isWhole: boolean): Piece {
    return isWhole && piece.length <= ONE_WRITE_MAX ? piece : pieceOf(this.#buffers.keep(piece.bytes()))
  }

  #readBody(call: Call, body: BodyReader, bytes: Buffer, to: number): boolean {
    const at = body.push(bytes, 0, to)
    if (body.fault !== null) {
      this.#error = body.fault.code
      this.destroy()
      return false
    }
    const { sink } = call
    let goesOn = true
    if (body.runCount > 0 && sink !== null) {
      goesOn = sink.data(dataOf(bytes, body))
      this.#buffers.kept ||= sink.holding
    }
    if (!body.done || call.destroyed) return goesOn
    if (at < to) this.#ending = true
    call.ended = true
    this.#finish(call)
    sink?.end()
    return true
  }

  /** The answer has come to its end. Only an exact end on both sides leaves a connection that can be used again. */
  #finish(call: Call, now?: number): void {
    call.ended = true
    this.#body = null
    // The rest of the request may still be on its way: see `endBody`.
    if (!call.sent) return
    this.#call = null
    call.connection = null
    if (this.#once || this.#ending || !this.#head.keepAlive) return this.destroy()
    this.hintSeconds = this.#head.keepAliveSeconds
    this.#owner.free(this, now)
  }

  #upgrade(call: Call, bytes: Buffer, from: number, to: number): boolean {
    const socket = this.#socket
    socket.off('data', this.#onData)
    socket.off('end', this.#onEnd)
    socket.off('close', this.#onClose)
    socket.off('drain', this.#onDrain)
    socket.pause()
    this.deadline.disarm()
    this.#owner.gone(this)
    this.#call = null
    call.connection = null
    call.settled = true
    const headers = endToEnd(this.#head.pairs(), NOTHING)
    call.events.upgraded({ status: 101, headers }, socket, bytes.subarray(from, to))
    return true
  }

  #malformed(call: Call, code: string): boolean {
    // Its buffer may be gone before the caller looks: what has come of a body is of no use either.
    call.first = null
    this.#call = null
    call.connection = null
    this.destroy()
    call.fail('malformed', code)
    return false
  }
}

function pieceOf(bytes: Buffer): Piece {
  return new Piece(bytes, 0, bytes.length)
}

const KEEP = 'Connection: keep-alive\r\n\r\n'
const CLOSE = 'Connection: close\r\n\r\n'
const UPGRADE = 'Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n'
const NOTHING: ReadonlySet<string> = new Set()
