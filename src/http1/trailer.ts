import { CLASSES, COLON, CR, LF, TOKEN, VALUE } from './bytes.ts'
import { plainName } from './drop-set.ts'
import { BAD_LINE_END, BAD_TRAILER, FORBIDDEN_TRAILER, TRAILER_TOO_LONG } from './refusal.ts'
import type { Refusal } from './refusal.ts'

/** All fields behind a chunked body together. Those few that are in use hold a checksum or a status. */
export const TRAILER_BYTES_MAX = 4 * 1024

/** Longest name that is compared with the forbidden ones; those are all shorter. */
const NAME_KEPT_MAX = 32

/** The fields behind the last chunk (RFC 9112 §7.1.2): proven like those of a head, refused where they may not stand, and dropped. */
export class Trailer {
  done = false
  fault: Refusal | null = null

  #state = LINE
  #name = ''
  #length = 0

  /** Reads on with `bytes[from, to)`; returns the offset behind what belongs to the trailer. */
  push(bytes: Buffer, from: number, to: number): number {
    let at = from
    while (at < to && !this.done && this.fault === null) this.#step(bytes[at++]!)
    return at
  }

  #step(byte: number): void {
    if (++this.#length > TRAILER_BYTES_MAX) return this.#refuse(TRAILER_TOO_LONG)
    switch (this.#state) {
      case LINE:
        this.#name = ''
        if (byte === CR) this.#state = LAST_LF
        else this.#nameByte(byte)
        return
      case NAME:
        if (byte !== COLON) return this.#nameByte(byte)
        if (isForbidden(this.#name)) return this.#refuse(FORBIDDEN_TRAILER)
        this.#state = CONTENT
        return
      case CONTENT:
        if (byte === CR) this.#state = LINE_LF
        else if ((CLASSES[byte]! & VALUE) === 0) this.#refuse(byte === LF ? BAD_LINE_END : BAD_TRAILER)
        return
      case LINE_LF:
        if (byte !== LF) return this.#refuse(BAD_LINE_END)
        this.#state = LINE
        return
      default:
        if (byte !== LF) return this.#refuse(BAD_LINE_END)
        this.done = true
    }
  }

  #nameByte(byte: number): void {
    if ((CLASSES[byte]! & TOKEN) === 0) return this.#refuse(byte === LF || byte === CR ? BAD_LINE_END : BAD_TRAILER)
    this.#state = NAME
    if (this.#name.length < NAME_KEPT_MAX) this.#name += String.fromCharCode(byte)
  }

  #refuse(fault: Refusal): void {
    this.fault = fault
  }
}

function isForbidden(name: string): boolean {
  const plain = plainName(name)
  return FORBIDDEN.has(plain) || plain.startsWith('x-forwarded-')
}

/**
 * What may not come after the body (RFC 9110 §6.5.1): framing, routing, credentials, what says how to treat the message or its
 * content. Whoever sends one of these there hopes that somebody takes it for the head's.
 */
const FORBIDDEN: ReadonlySet<string> = new Set([
  'age',
  'authorization',
  'cache-control',
  'connection',
  'content-encoding',
  'content-length',
  'content-range',
  'content-type',
  'cookie',
  'date',
  'expect',
  'expires',
  'forwarded',
  'host',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'keep-alive',
  'location',
  'max-forwards',
  'pragma',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'range',
  'retry-after',
  'set-cookie',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'vary',
  'via',
  'warning',
  'www-authenticate',
  'x-real-ip',
])

const LINE = 0
const NAME = 1
const CONTENT = 2
const LINE_LF = 3
const LAST_LF = 4
