import { CLASSES, CR, LF, SPACE, VALUE } from './bytes.ts'
import { isChunked, isPlaced, lengthOf, listsProtocol, NOT_A_LENGTH, readConnection } from './field-values.ts'
import type { ConnectionOptions } from './field-values.ts'
import type { DropSet } from './drop-set.ts'
import { ANSWER_FIELDS_MAX, Head } from './head.ts'
import * as fault from './refusal.ts'
import type { Refusal } from './refusal.ts'
import { scanVersion } from './request-head.ts'
import { CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING, UPGRADE } from './kinds.ts'
import { INCOMPLETE, scanFields } from './scan.ts'

/** What the answer is one to. */
export interface Asked {
  readonly method: string
  /** The request asked to become a WebSocket: only then may the answer be 101. */
  readonly websocket: boolean
}

/** How the end of a body is known (RFC 9112 §6.3). */
export type Framing = 'none' | 'length' | 'chunked' | 'close'

/** What an answer's head says. Valid until the object is given to the next `scanResponse`; strings cut out of it stay. */
export class ResponseHead extends Head {
  status = 0
  version: 10 | 11 = 11
  /** Of this message, with regard to what was asked. `contentLength` may stand beside 'none': then it tells of another answer. */
  framing: Framing = 'none'
  /** 1xx other than 101: the answer is still to come. */
  interim = false

  #reasonEnd = 0
  #lengthIsPlain = false
  #upgrade = false
  /** What was found out about this head, which the next one often repeats. */
  #seconds: number | null | undefined = undefined
  #isEventStream: boolean | null = null
  #hasDate: boolean | null = null
  /** What `passedOn` gave last, and for what. */
  #passed: string | null = null
  #passedLine = ''
  #passedDrop: DropSet | null = null
  readonly #connection: ConnectionOptions = { close: false, keepAlive: false, upgrade: false, names: null }

  constructor() {
    super(ANSWER_FIELDS_MAX)
  }

  /** What stands behind the status, often nothing. */
  get reason(): string {
    return this.text.slice(REASON_START, Math.max(REASON_START, this.#reasonEnd))
  }

  /** The sender's own limit for idle connections, where it tells one. */
  get keepAliveSeconds(): number | null {
    if (this.#seconds === undefined) {
      const value = this.get('keep-alive')
      const seconds = value === undefined ? undefined : /(?:^|,)\s*timeout=(\d+)/.exec(value)?.[1]
      this.#seconds = seconds === undefined ? null : Number(seconds)
    }
    return this.#seconds
  }

  /** The body is a `text/event-stream`. */
  get isEventStream(): boolean {
    return (this.#isEventStream ??= /^text\/event-stream/i.test(this.get('content-type') ?? ''))
  }

  get hasDate(): boolean {
    return (this.#hasDate ??= this.get('date') !== undefined)
  }

  /**
   * What goes on to the client: status line and fields without those in `drop`, as received. Null where they have to be written
   * anew: the line where it is not `line`, the length, which is among them, where there is none or another way to write it.
   */
  passedOn(line: string, drop: DropSet): string | null {
    if (drop === this.#passedDrop && line === this.#passedLine) return this.#passed
    const isPlain = this.#lengthIsPlain && this.contentLength !== -1 && this.text.startsWith(line)
    this.#passedDrop = drop
    this.#passedLine = line
    return (this.#passed = isPlain ? this.endToEnd(drop, 0, CONTENT_LENGTH) : null)
  }

  note(kind: number, bytes: Uint8Array, start: number, end: number): Refusal | null {
    switch (kind) {
      case CONTENT_LENGTH:
        if (this.contentLength !== -1) return fault.LENGTH_TWICE
        this.contentLength = lengthOf(bytes, start, end)
        this.#lengthIsPlain = (bytes[start] !== ZERO || end - start === 1) && isPlaced(bytes, start, end)
        if (this.contentLength === NOT_A_LENGTH) return fault.BAD_LENGTH
        return this.chunked ? fault.LENGTH_WITH_CODING : null
      case TRANSFER_ENCODING:
        if (this.chunked || this.version === 10 || !isChunked(bytes, start, end)) return fault.BAD_CODING
        this.chunked = true
        return this.contentLength === -1 ? null : fault.LENGTH_WITH_CODING
      case CONNECTION:
        return readConnection(bytes, start, end, this.#connection) ? null : fault.BAD_CONNECTION
      case UPGRADE:
        this.#upgrade ||= listsProtocol(bytes, start, end, 'websocket')
        return null
      default:
        return null
    }
  }

  /** @internal Forgets the last head. */
  begin(): void {
    this.recurs = false
    this.text = ''
    this.fieldCount = 0
    this.connectionNames = NO_NAMES
    this.keepAlive = false
    this.contentLength = -1
    this.chunked = false
    this.#upgrade = false
    this.#seconds = undefined
    this.#isEventStream = null
    this.#hasDate = null
    this.#passedDrop = null
    this.#connection.close = false
    this.#connection.keepAlive = false
    this.#connection.upgrade = false
    this.#connection.names = null
  }

  /** @internal What can be said once every field is known. */
  finish(parts: { bytes: Buffer; base: number; end: number; reasonEnd: number; asked: Asked }): Refusal | null {
    const { bytes, base, end, reasonEnd, asked } = parts
    const { status } = this
    const { close, keepAlive, upgrade, names } = this.#connection
    if (status === 101 && !(asked.websocket && this.#upgrade && upgrade)) return fault.UNASKED_UPGRADE
    this.interim = status < 200 && status !== 101
    // 1.0 knows no such answers, and whoever closes behind one says that no answer will come.
    if (this.interim && (close || this.version === 10)) return fault.BAD_INTERIM
    this.text = bytes.toString('latin1', base, end)
    this.#reasonEnd = reasonEnd - base
    if (names !== null) this.connectionNames = names
    const bare = status < 200 || status === 204
    if (bare || status === 304 || asked.method === 'HEAD') this.framing = 'none'
    else if (this.chunked) this.framing = 'chunked'
    else this.framing = this.contentLength === -1 ? 'close' : 'length'
    // Who announces a body where none may be is likely to send it: its connection is not used again.
    const announces = bare && (this.chunked || this.contentLength > 0)
    this.keepAlive =
      !close && (this.version === 11 || keepAlive) && this.framing !== 'close' && !announces && status !== 101
    if (bare) {
      this.contentLength = -1
      this.chunked = false
    }
    return null
  }
}

/**
 * Proves the head of an answer that begins at `bytes[from]`, and reads it into `head`.
 * @returns the offset behind its empty line, INCOMPLETE when `to` comes first, or the leftmost fault, with status 502.
 */
export function scanResponse(
  bytes: Buffer,
  from: number,
  to: number,
  head: ResponseHead,
  asked: Asked,
): number | Refusal {
  head.begin()
  const version = scanVersion(bytes, from, to)
  if (version === INCOMPLETE) return INCOMPLETE
  if (version !== 10 && version !== 11) return fault.BAD_STATUS_LINE
  let at = from + 8
  for (const wanted of STATUS) {
    if (at >= to) return INCOMPLETE
    const byte = bytes[at++]!
    if (wanted === DIGIT ? byte < 0x30 || byte > 0x39 : byte !== wanted) return fault.BAD_STATUS_LINE
  }
  const status = (bytes[at - 3]! - 0x30) * 100 + (bytes[at - 2]! - 0x30) * 10 + (bytes[at - 1]! - 0x30)
  if (status < 100) return fault.BAD_STATUS_LINE
  if (at >= to) return INCOMPLETE
  // The space before an empty reason is often left out, and nothing can be meant by that.
  if (bytes[at] !== SPACE && bytes[at] !== CR) return fault.BAD_STATUS_LINE
  while (at < to && (CLASSES[bytes[at]!]! & VALUE) !== 0) at++
  if (at >= to) return INCOMPLETE
  if (bytes[at] !== CR) return bytes[at] === LF ? asUpstreamFault(fault.BAD_LINE_END) : fault.BAD_STATUS_LINE
  if (at + 1 >= to) return INCOMPLETE
  if (bytes[at + 1] !== LF) return asUpstreamFault(fault.BAD_LINE_END)
  head.version = version
  head.status = status
  const end = scanFields(bytes, from, at + 2, to, head)
  if (typeof end !== 'number') return asUpstreamFault(end)
  if (end === INCOMPLETE) return INCOMPLETE
  return head.finish({ bytes, base: from, end, reasonEnd: at, asked }) ?? end
}

const { asUpstreamFault } = fault
const ZERO = 0x30
const DIGIT = -1
/** A space and three digits. */
const STATUS: readonly number[] = [SPACE, DIGIT, DIGIT, DIGIT]
/** Behind `HTTP/1.1 200 `. */
const REASON_START = 13
const NO_NAMES: readonly string[] = []
