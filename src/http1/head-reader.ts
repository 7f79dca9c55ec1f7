import { CR, HTAB, LF, SPACE } from './bytes.ts'
import type { Head } from './head.ts'
import { asUpstreamFault, HEAD_TOO_LONG } from './refusal.ts'
import type { Refusal } from './refusal.ts'
import { scanRequest } from './request-head.ts'
import type { RequestHead } from './request-head.ts'
import { Recurring } from './recurring.ts'
import { scanResponse } from './response-head.ts'
import type { Asked, ResponseHead } from './response-head.ts'
import { INCOMPLETE } from './scan.ts'

/** A request's longer head gets 431: as much as Node's server takes by default. */
export const HEAD_BYTES_MAX = 16 * 1024

/** A longer head of an answer is not taken from an upstream. */
const ANSWER_HEAD_BYTES_MAX = 64 * 1024

/**
 * Collects one head after the other from bytes cut anywhere. A head that comes in one piece is read where it lies; a dripped one is
 * copied, searched only in what is new, and proven once.
 */
abstract class HeadReader {
  readonly #bytesMax: number
  /** What has come of a head that is not whole; null most of the time. */
  #held: Buffer | null = null
  #length = 0
  /** The first byte that `#endsHere` has not seen. */
  #searched = 0
  #skipped = false
  #recurring: Recurring | null = null
  /** Behind the head that repeats the one before. */
  protected end = 0
  /** Why the last head was refused. */
  refusal: Refusal | null = null

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** Bytes of a head are held: whoever sends it has begun. */
  get begun(): boolean {
    return this.#length > 0
  }

  /**
   * From now on a head that repeats the one before in `buffer` to the last byte leaves `head` as it is. The head is this reader's until another
   * owns it or reads into it.
   */
  own(head: Head, buffer: Buffer): void {
    head.owner = this
    this.#recurring = new Recurring(buffer)
  }

  /** Whether `head` says already what stands at `bytes[from, to)`: then `end` is behind that. */
  protected recurs(head: Head, bytes: Buffer, from: number, to: number): boolean {
    const recurring = this.#recurring
    if (recurring === null || head.owner !== this || this.#length > 0 || !recurring.isAt(bytes, from, to)) return false
    head.recurs = true
    this.refusal = null
    this.end = from + recurring.length
    return true
  }

  /** What was read into `head`: all of it in one piece, from `from` to `end`; or (-1) not so. */
  protected note(head: Head, bytes: Buffer, from: number, end: number): void {
    if (head.owner !== this) {
      // What its owner remembers is not what it says any more.
      head.owner = null
    } else if (end !== -1 && this.refusal === null) this.#recurring!.keep(bytes, from, end)
    else this.#recurring!.forget()
  }

  /** Forgets what is held. */
  reset(): void {
    this.#held = null
    this.#length = 0
    this.#searched = 0
    this.#skipped = false
    this.refusal = null
  }

  /** Reads on with `bytes[from, to)`: the offset behind the head, or -1 when all was taken and the head goes on. */
  protected read(bytes: Buffer, from: number, to: number, skipsLine: boolean): number {
    this.refusal = null
    let start = from
    if (start === to) return -1
    if (this.#length === 0) {
      if (skipsLine && !this.#skipped && bytes[start] === CR) {
        if (to - start === 1) return this.#hold(bytes, start, to, skipsLine)
        if (bytes[start + 1] === LF) {
          start += 2
          this.#skipped = true
          if (start === to) return -1
        }
      }
      const end = this.#scan(bytes, start, Math.min(to, start + this.#bytesMax), false)
      if (end !== INCOMPLETE) return end
    }
    return this.#hold(bytes, start, to, skipsLine)
  }

  protected abstract readonly tooLong: Refusal
  protected abstract scan(bytes: Buffer, from: number, to: number): number | Refusal

  /** INCOMPLETE, or the offset where reading ends, for good if `refusal` is set. */
  #scan(bytes: Buffer, from: number, to: number, full: boolean): number {
    const end = this.scan(bytes, from, to)
    if (typeof end === 'number' && end !== INCOMPLETE) {
      this.reset()
      return end
    }
    if (end === INCOMPLETE && !full) return INCOMPLETE
    this.reset()
    this.refusal = typeof end === 'number' ? this.tooLong : end
    return to
  }

  #hold(bytes: Buffer, from: number, to: number, skipsLine: boolean): number {
    const before = this.#length
    const taken = Math.min(to - from, this.#bytesMax - before)
    const held = this.#room(before + taken)
    bytes.copy(held, before, from, from + taken)
    this.#length = before + taken
    if (skipsLine && !this.#skipped && this.#length >= 2 && held[0] === CR && held[1] === LF) {
      // Split between the two bytes of an empty line: what follows is read as if it had just come.
      this.reset()
      this.#skipped = true
      return this.read(bytes, from + 2 - before, to, skipsLine)
    }
    const full = this.#length === this.#bytesMax
    if (!this.#endsHere() && !full) return -1
    const length = this.#length
    const end = this.#scan(held, 0, length, full)
    if (end === INCOMPLETE) return -1
    // What lies behind the head in `held` came with these bytes.
    return this.refusal === null ? from + end - before : to
  }

  /** Looks in what is new for an empty line, or for a byte that the scan will refuse: then there is nothing to wait for. */
  #endsHere(): boolean {
    const held = this.#held!
    for (let at = this.#searched; at < this.#length; at++) {
      const byte = held[at]!
      if (byte >= SPACE || byte === HTAB) continue
      if (byte === LF && held[at - 1] === CR) {
        if (at >= 3 && held[at - 2] === LF && held[at - 3] === CR) return true
        continue
      }
      if (byte === CR && (at + 1 === this.#length || held[at + 1] === LF)) {
        this.#searched = at
        if (at + 1 === this.#length) return false
        continue
      }
      return true
    }
    this.#searched = this.#length
    return false
  }

  #room(length: number): Buffer {
    const held = this.#held
    if (held !== null && held.length >= length) return held
    const larger = Buffer.allocUnsafeSlow(Math.min(Math.max(1024, 2 ** Math.ceil(Math.log2(length))), this.#bytesMax))
    if (held !== null) held.copy(larger, 0, 0, this.#length)
    return (this.#held = larger)
  }
}

/** Reads the heads of requests on one connection. One empty line before a request line is skipped (RFC 9112 §2.2). */
export class RequestReader extends HeadReader {
  #head: RequestHead | null = null
  protected readonly tooLong = HEAD_TOO_LONG

  constructor({ bytesMax = HEAD_BYTES_MAX }: { readonly bytesMax?: number } = {}) {
    super(bytesMax)
  }

  /**
   * Reads on with `bytes[from, to)`.
   * @returns the offset behind the head, or -1 when all was taken and the head goes on. Look at `refusal` first: when it is set, the
   * connection is lost for any further message. A head that says what `head` says already, to the last byte, leaves it as it is.
   */
  push(bytes: Buffer, from: number, to: number, head: RequestHead): number {
    if (this.recurs(head, bytes, from, to)) return this.end
    this.#head = head
    const isFresh = !this.begun
    const end = this.read(bytes, from, to, true)
    this.#head = null
    this.note(head, bytes, from, isFresh ? end : -1)
    return end
  }

  protected scan(bytes: Buffer, from: number, to: number): number | Refusal {
    return scanRequest(bytes, from, to, this.#head!)
  }
}

/** Reads the heads of answers on one connection. */
export class ResponseReader extends HeadReader {
  #head: ResponseHead | null = null
  #asked: Asked | null = null
  protected readonly tooLong = asUpstreamFault(HEAD_TOO_LONG)

  constructor({ bytesMax = ANSWER_HEAD_BYTES_MAX }: { readonly bytesMax?: number } = {}) {
    super(bytesMax)
  }

  /**
   * Like a RequestReader's, with what was asked: it decides whether the answer has a body. Refusals have status 502. A head that says what
   * `head` says already, to the last byte, leaves it as it is.
   */
  push(bytes: Buffer, from: number, to: number, head: ResponseHead, asked: Asked): number {
    const isUsual = asked.method !== 'HEAD' && !asked.websocket
    if (isUsual && this.recurs(head, bytes, from, to)) return this.end
    this.#head = head
    this.#asked = asked
    const isFresh = !this.begun
    const end = this.read(bytes, from, to, false)
    this.#head = null
    this.note(head, bytes, from, isUsual && isFresh ? end : -1)
    return end
  }

  protected scan(bytes: Buffer, from: number, to: number): number | Refusal {
    return scanResponse(bytes, from, to, this.#head!, this.#asked!)
  }
}
