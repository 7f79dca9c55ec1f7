import type { BodyReader } from './body-reader.ts'
import { CLASSES, CR, LF, TOKEN, VALUE } from './bytes.ts'
import {
  BAD_CHUNK_END,
  BAD_CHUNK_EXTENSION,
  BAD_CHUNK_SIZE,
  BAD_LINE_END,
  CHUNK_EXTENSION_TOO_LONG,
} from './refusal.ts'
import type { Refusal } from './refusal.ts'
import { Trailer } from './trailer.ts'

/** Eight digits make 4 GiB a chunk; no sender of ours or anybody's needs more. */
const SIZE_DIGITS_MAX = 8

/** Of one chunk. Nothing is known to use them but signatures of a hundred bytes. */
export const CHUNK_EXTENSION_BYTES_MAX = 256

/** Of one body, so that a few bytes of data cannot carry any number of others past the limit on bodies. */
export const CHUNK_EXTENSIONS_BYTES_MAX = 16 * 1024

/**
 * The chunked coding, read without leniency (RFC 9112 §7.1): a size is digits alone, every line ends with CR LF, an extension is
 * `;name`, `;name=token` or `;name="text"` without white space. Trailer fields are proven and then dropped.
 */
export class ChunkedBody implements BodyReader {
  done = false
  fault: Refusal | null = null
  readonly runs: number[] = []
  runCount = 0
  received = 0

  #state = SIZE
  #digits = 0
  /** Of the current chunk: its size while that is read, then what is still to come of it. */
  #left = 0
  #extension = 0
  #extensions = 0
  #trailer: Trailer | null = null

  push(bytes: Buffer, from: number, to: number): number {
    this.runCount = 0
    let at = from
    while (at < to && !this.done && this.fault === null) {
      if (this.#state === DATA) at = this.#data(at, to)
      else if (this.#state === TRAILER) at = this.#trailerLines(bytes, at, to)
      else this.#step(bytes[at++]!)
    }
    return at
  }

  #data(from: number, to: number): number {
    const end = Math.min(to, from + this.#left)
    this.runs[this.runCount * 2] = from
    this.runs[this.runCount * 2 + 1] = end
    this.runCount++
    this.received += end - from
    this.#left -= end - from
    if (this.#left === 0) this.#state = DATA_CR
    return end
  }

  #trailerLines(bytes: Buffer, from: number, to: number): number {
    const trailer = (this.#trailer ??= new Trailer())
    const at = trailer.push(bytes, from, to)
    this.fault = trailer.fault
    this.done = trailer.done
    return at
  }

  #step(byte: number): void {
    switch (this.#state) {
      case SIZE:
        return this.#size(byte)
      case SIZE_LF:
        if (byte !== LF) return this.#refuse(BAD_LINE_END)
        this.#state = this.#left === 0 ? TRAILER : DATA
        return
      case DATA_CR:
        if (byte !== CR) return this.#refuse(BAD_CHUNK_END)
        this.#state = DATA_LF
        return
      case DATA_LF:
        if (byte !== LF) return this.#refuse(BAD_CHUNK_END)
        this.#state = SIZE
        this.#digits = 0
        return
      default:
        return this.#extensionByte(byte)
    }
  }

  #size(byte: number): void {
    const digit = HEX[byte]!
    if (digit !== NO_DIGIT) {
      if (this.#digits === SIZE_DIGITS_MAX) return this.#refuse(BAD_CHUNK_SIZE)
      // Not by shifting: the eighth digit would reach the sign.
      this.#left = this.#digits === 0 ? digit : this.#left * 16 + digit
      this.#digits++
      return
    }
    if (this.#digits === 0) return this.#refuse(BAD_CHUNK_SIZE)
    if (byte === CR) this.#state = SIZE_LF
    else if (byte === SEMICOLON) {
      this.#extension = 0
      this.#state = NAME_FIRST
      this.#countExtension()
    } else this.#refuse(byte === LF ? BAD_LINE_END : BAD_CHUNK_SIZE)
  }

  #extensionByte(byte: number): void {
    if (byte === LF) return this.#refuse(BAD_LINE_END)
    const ends = this.#state === NAME || this.#state === TOKEN_VALUE || this.#state === QUOTE_END
    if (byte === CR && ends) {
      this.#state = SIZE_LF
      return
    }
    const next = byte === SEMICOLON && ends ? NAME_FIRST : this.#nextInExtension(byte)
    if (next === NOWHERE) return this.#refuse(BAD_CHUNK_EXTENSION)
    this.#state = next
    this.#countExtension()
  }

  #nextInExtension(byte: number): number {
    const isToken = (CLASSES[byte]! & TOKEN) !== 0
    switch (this.#state) {
      case NAME_FIRST:
        return isToken ? NAME : NOWHERE
      case NAME:
        return isToken ? NAME : byte === EQUALS ? VALUE_FIRST : NOWHERE
      case VALUE_FIRST:
        return isToken ? TOKEN_VALUE : byte === QUOTE ? QUOTED : NOWHERE
      case TOKEN_VALUE:
        return isToken ? TOKEN_VALUE : NOWHERE
      case QUOTED:
        if (byte === QUOTE) return QUOTE_END
        if (byte === BACKSLASH) return ESCAPED
        return (CLASSES[byte]! & VALUE) === 0 ? NOWHERE : QUOTED
      case ESCAPED:
        return (CLASSES[byte]! & VALUE) === 0 ? NOWHERE : QUOTED
      default:
        return NOWHERE
    }
  }

  #countExtension(): void {
    this.#extension++
    this.#extensions++
    if (this.#extension > CHUNK_EXTENSION_BYTES_MAX || this.#extensions > CHUNK_EXTENSIONS_BYTES_MAX) {
      this.#refuse(CHUNK_EXTENSION_TOO_LONG)
    }
  }

  #refuse(fault: Refusal): void {
    this.fault = fault
  }
}

const NOWHERE = -1
const SIZE = 0
const SIZE_LF = 1
const DATA = 2
const DATA_CR = 3
const DATA_LF = 4
const TRAILER = 5
const NAME_FIRST = 6
const NAME = 7
const VALUE_FIRST = 8
const TOKEN_VALUE = 9
const QUOTED = 10
const ESCAPED = 11
const QUOTE_END = 12

const SEMICOLON = 0x3b
const EQUALS = 0x3d
const QUOTE = 0x22
const BACKSLASH = 0x5c

const NO_DIGIT = 255
const HEX: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte)
  return /[0-9a-fA-F]/.test(character) ? Number.parseInt(character, 16) : NO_DIGIT
})
