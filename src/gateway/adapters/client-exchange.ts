import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { monotonicNs } from '../../core/clock.ts'
import { chunkHead, LAST_CHUNK } from '../../http1/index.ts'
import type { Deadline } from '../deadlines.ts'
import type { Answer, ClientSide, Interruption, LeaveListener, Outcome } from '../exchange.ts'
import { pump } from '../pump.ts'
import type { Pump, Sink } from '../pump.ts'
import { RelayedAnswer } from '../relayed-answer.ts'
import type { Flow, FlowSink } from '../relayed-answer.ts'
import { answerHead } from './answer-head.ts'
import type { Plan } from './answer-head.ts'
import { postSoon } from './outbox.ts'
import type { Sender } from './outbox.ts'
import { writeNow } from './quick-socket.ts'

/** What an exchange uses of its connection. */
export interface ExchangeConnection {
  readonly socket: Socket
  readonly peer: ClientSide['peer']
  readonly local: ClientSide['local']
  readonly secure: boolean
  readonly deadline: Deadline
  readonly bytesRead: number
  readonly requestIsComplete: boolean
  /** What the head of an answer says of the connection: it goes on, or (null) ends. */
  goesOnAfter(exchange: ClientExchange): string | null
  /** Only its end can tell the end of this answer. */
  endAfterThis(): void
  /** The head of an answer is about to be written. */
  answering(): void
  /** The exchange is over and its answer with the system. */
  answered(exchange: ClientExchange): void
  /** For a tunnel: nothing here touches the socket any more. Returns what has come behind the request. */
  handOver(): Buffer
  destroy(reset: boolean): void
}

/** A larger answer goes out in two pieces: copying it into one costs more than the second piece. */
const ONE_WRITE_MAX = 8 * 1024
const CHUNK_END = Buffer.from('\r\n')

/** The client's side of one exchange on a connection of ours. */
export class ClientExchange implements ClientSide, FlowSink, Sink, Sender {
  readonly peer: ClientSide['peer']
  readonly local: ClientSide['local']
  readonly secure: boolean
  readonly method: string
  readonly version: 10 | 11
  readonly keepAlive: boolean
  readonly websocket: boolean
  /** The head of the answer has been written. */
  begun = false
  /** `monotonicNs()` at its end. */
  endedNs = 0
  onDrain: (() => void) | null = null
  readonly #connection: ExchangeConnection
  /** Most exchanges have one. */
  #leaver: LeaveListener | null = null
  #leavers: LeaveListener[] | null = null
  #isGone = false
  #because: Interruption = 'client-gone'
  #done: ((outcome: Outcome) => void) | null = null
  #plan: Plan | null = null
  #flow: Flow | null = null
  #pump: Pump | null = null
  #source: Readable | null = null
  #bytes = 0
  #idleMs = 0
  #readBefore = 0
  #flushing = false
  /** A whole answer that is written behind what else has arrived in this turn. */
  #posted: string | null = null

  constructor(
    connection: ExchangeConnection,
    head: { method: string; version: 10 | 11; keepAlive: boolean; websocket: boolean },
  ) {
    this.#connection = connection
    this.peer = connection.peer
    this.local = connection.local
    this.secure = connection.secure
    this.method = head.method
    this.version = head.version
    this.keepAlive = head.keepAlive
    this.websocket = head.websocket
  }

  /** Whether the whole answer has been written, or can be now, and only has to leave. */
  leaves(): boolean {
    this.post()
    return this.#flushing || this.#done === null
  }

  get holding(): boolean {
    return this.#connection.socket.writableLength > 0
  }

  get destroyed(): boolean {
    return this.#isGone
  }

  send(answer: Answer, { idleMs }: { idleMs: number }, done: (outcome: Outcome) => void): void {
    this.#done = done
    if (this.#isGone || this.#connection.socket.destroyed) {
      discard(answer)
      return this.#over(this.#because)
    }
    this.#idleMs = idleMs
    if (answer.kind === 'upgraded') return this.#sendUpgraded(answer)
    let plan: Plan
    try {
      plan = answerHead(answer, this, this.#connection.goesOnAfter(this))
    } catch {
      // A head that cannot be written, such as a stage's field with a control character.
      discard(answer)
      return this.cut('aborted')
    }
    this.begun = true
    this.#plan = plan
    if (plan.framing === 'close') this.#connection.endAfterThis()
    this.#connection.answering()
    if (answer.kind === 'whole') this.#sendWhole(plan, answer.body)
    else if (answer instanceof RelayedAnswer && !answer.isStreamed) this.#sendFlow(plan, answer)
    else this.#sendStream(plan, answer.body)
  }

  finishEarly(): void {
    if (this.#plan === null || this.#flushing || this.#done === null) return
    this.#letGo()
    if (this.#plan.framing === 'length') return this.cut('client-gone')
    this.end()
  }

  cut(because: Interruption): void {
    if (this.#connection.socket.destroyed) return
    this.#because = because
    // Without a length only a reset tells a part from the whole.
    this.#connection.destroy(this.#plan?.framing === 'close')
  }

  onGone(listener: LeaveListener): void {
    if (this.#isGone) listener.left()
    else if (this.#leaver === null) this.#leaver = listener
    else (this.#leavers ??= []).push(listener)
  }

  /** The client has left, or was cut off. */
  gone(): void {
    if (this.#isGone) return
    this.#isGone = true
    this.#posted = null
    this.#letGo()
    const [first, others] = [this.#leaver, this.#leavers]
    this.#leaver = null
    this.#leavers = null
    first?.left()
    if (others !== null) for (const listener of others) listener.left()
    this.#over(this.#because)
  }

  // Takes the body of an answer as it comes.

  data(bytes: Buffer): boolean {
    this.#bytes += bytes.length
    const { socket } = this.#connection
    if (this.#plan!.framing === 'chunked') {
      socket.cork()
      socket.write(chunkHead(bytes.length), 'latin1')
      socket.write(bytes)
      socket.write(CHUNK_END)
      socket.uncork()
    } else socket.write(bytes)
    this.#connection.deadline.arm(this.#idleMs)
    return socket.writableLength < socket.writableHighWaterMark
  }

  write(bytes: Buffer): boolean {
    return bytes.length === 0 || this.data(bytes)
  }

  end(): void {
    const { framing, length } = this.#plan!
    if (framing === 'chunked') this.#connection.socket.write(LAST_CHUNK, 'latin1')
    // What was promised and did not come would be taken from the next answer.
    else if (framing === 'length' && this.#bytes !== length) return this.cut('aborted')
    this.#flush()
  }

  fail(): void {
    this.cut('aborted')
  }

  /** The connection has taken everything. */
  drained(): void {
    if (this.#plan === null || this.#done === null) return
    this.#connection.deadline.arm(this.#idleMs)
    this.#flow?.resume()
    this.onDrain?.()
  }

  /** No byte has moved for as long as may be. */
  idle(): void {
    // It has only just been given its answer.
    if (this.#posted !== null) return this.post()
    const read = this.#connection.bytesRead
    if (read !== this.#readBefore && !this.#connection.requestIsComplete) {
      // The client is still sending.
      this.#readBefore = read
      return this.#connection.deadline.arm(this.#idleMs)
    }
    // Without a promised length the answer may well be quiet on purpose, as event streams are.
    const owed = this.#plan?.framing === 'length' && this.#connection.requestIsComplete && !this.holding
    this.cut(owed ? 'aborted' : 'client-gone')
  }

  #sendWhole({ text, framing }: Plan, body: Buffer | null): void {
    const bytes = framing === 'none' ? null : body
    this.#bytes = bytes?.length ?? 0
    if (bytes === null || bytes.length === 0) this.#post(text)
    else this.#postBoth(text, bytes)
  }

  #sendFlow({ text, framing }: Plan, answer: RelayedAnswer): void {
    const { flow } = answer
    const { first, ended } = flow
    flow.first = null
    answer.release()
    if (framing === 'none' || (ended && first === null)) {
      if (!ended) flow.abandon()
      return this.#post(framing === 'chunked' ? text + LAST_CHUNK : text)
    }
    if (ended && framing === 'length') {
      this.#bytes = first!.length
      flow.sink = this
      if (first!.length <= ONE_WRITE_MAX) return this.#post(text + first!.text())
      return this.#postBoth(text, first!.bytes())
    }
    const { socket } = this.#connection
    this.#flow = flow
    flow.sink = this
    this.#begin()
    socket.cork()
    socket.write(text, 'latin1')
    // A whole one may lie where the next read goes to.
    if (first !== null) this.data(ended ? Buffer.from(first.bytes()) : first.bytes())
    socket.uncork()
    if (ended) this.end()
  }

  #sendStream({ text, framing }: Plan, body: Readable): void {
    const { socket } = this.#connection
    socket.write(text, 'latin1')
    if (framing === 'none') {
      body.on('error', () => {})
      body.destroy()
      return this.#flush()
    }
    this.#source = body
    body.on('error', () => this.cut('aborted'))
    this.#begin()
    this.#pump = pump(body, this, { chunk: () => true, end: () => this.end() })
  }

  #postBoth(text: string, bytes: Buffer): void {
    if (bytes.length <= ONE_WRITE_MAX) return this.#post(text + bytes.toString('latin1'))
    const { socket } = this.#connection
    socket.cork()
    socket.write(text, 'latin1')
    socket.write(bytes)
    socket.uncork()
    this.#flush()
  }

  #post(text: string): void {
    const { socket } = this.#connection
    if (socket.writableCorked === 0) {
      this.#posted = text
      // The client's own end finds an answer that is on its way.
      this.#flushing = true
      return postSoon(this)
    }
    // Other answers of this turn leave with it.
    socket.write(text, 'latin1')
    this.#flush()
  }

  post(): void {
    const text = this.#posted
    if (text === null) return
    this.#posted = null
    this.#flushing = false
    writeNow(this.#connection.socket, text)
    this.#flush()
  }

  /** The body takes its time from here. */
  #begin(): void {
    this.#readBefore = this.#connection.bytesRead
    this.#connection.deadline.arm(this.#idleMs)
  }

  /** Everything has been written: the exchange is over when the system has it. */
  #flush(): void {
    const { socket, deadline } = this.#connection
    this.#flow = null
    this.#source = null
    // The system has refused it. Whoever hears of the connection's end says what has become of this.
    if (socket.destroyed || socket.errored !== null) return
    // Held back for the answers of this turn, they leave as soon as it is over.
    const isGathered = socket.writableCorked > 0 && socket.writableLength < socket.writableHighWaterMark
    if (socket.writableLength === 0 || isGathered) return this.#complete()
    this.#flushing = true
    deadline.arm(this.#idleMs)
    socket.write('', (error) => {
      if (!this.#isGone && !error) this.#complete()
    })
  }

  #complete(): void {
    this.#letGo()
    // First, so that a request that waits behind this one does not begin before this one is counted.
    this.#over('complete')
    this.#connection.answered(this)
  }

  #over(end: Outcome['end']): void {
    const done = this.#done
    this.#done = null
    this.endedNs = monotonicNs()
    done?.({ end, bytes: this.#bytes, endedNs: this.endedNs })
  }

  /** Nothing more is wanted of where the answer comes from. */
  #letGo(): void {
    this.#pump?.stop()
    this.#pump = null
    const flow = this.#flow
    this.#flow = null
    flow?.abandon()
    const source = this.#source
    this.#source = null
    source?.destroy()
  }

  #sendUpgraded(answer: Extract<Answer, { kind: 'upgraded' }>): void {
    if (!this.websocket) throw new Error('an answer upgrades a request that did not ask for it')
    this.begun = true
    const connection = this.#connection
    const { socket } = connection
    const firstBytes = connection.handOver()
    const before = socket.bytesWritten
    // From here on nobody but the tunnel touches the connection.
    socket.once('close', () => {
      this.#bytes = socket.bytesWritten - before
      this.#over('complete')
    })
    socket.write(upgradeHead(answer.headers), 'latin1')
    answer.take(socket, firstBytes)
  }
}

function upgradeHead(headers: readonly string[]): string {
  let head = `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n`
  for (let index = 0; index < headers.length; index += 2) head += `${headers[index]}: ${headers[index + 1]}\r\n`
  return head + '\r\n'
}

/** Lets go of an answer that nobody will read. */
function discard(answer: Answer): void {
  if (answer.kind !== 'stream') return
  if (answer instanceof RelayedAnswer && !answer.isStreamed) {
    answer.flow.abandon()
    answer.release()
  } else {
    answer.body.on('error', () => {})
    answer.body.destroy()
  }
}
