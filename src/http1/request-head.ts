import { CLASSES, CR, isName, LF, SPACE, TARGET, TOKEN } from './bytes.ts'
import {
  hostOf,
  isAuthority,
  isChunked,
  isPlaced,
  isWord,
  lengthOf,
  listsProtocol,
  NOT_A_LENGTH,
  readConnection,
} from './field-values.ts'
import type { ConnectionOptions } from './field-values.ts'
import type { DropSet } from './drop-set.ts'
import { FIELDS_MAX, Head } from './head.ts'
import { methodOf } from './methods.ts'
import * as fault from './refusal.ts'
import type { Refusal } from './refusal.ts'
import { CONNECTION, CONTENT_LENGTH, EXPECT, HOST, TRANSFER_ENCODING, UPGRADE } from './kinds.ts'
import { INCOMPLETE, scanFields } from './scan.ts'

/** A longer target gets 414. nginx takes 8 KiB for the whole line by default, Node's server 16 KiB for the head. */
export const TARGET_BYTES_MAX = 8 * 1024

/** What a request's head says. Valid until the object is given to the next `scanRequest`; strings cut out of it stay. */
export class RequestHead extends Head {
  method = 'GET'
  version: 10 | 11 = 11
  /** GET without a body in HTTP/1.1 that asks to become a WebSocket (RFC 6455 §4.1). */
  websocket = false
  /** The client waits for `100 Continue` before it sends its body. */
  expectContinue = false
  /** What to send on as Host: the absolute form's authority replaces the field (RFC 9112 §3.2.2). Empty where 1.0 gives none. */
  authority = ''

  #targetStart = 0
  #targetEnd = 0
  #form: 'origin' | 'absolute' | 'asterisk' = 'origin'
  #target: string | null = null
  #path: string | null = null
  #hostStart = -1
  #hostEnd = 0
  #hostTwice = false
  #hostIsPlaced = false
  #expects = 0
  #asksWebsocket = false
  /** What `passedOn` gave last, and for what. */
  #passed: string | null = null
  #passedDrop: DropSet | null = null
  readonly #connection: ConnectionOptions = { close: false, keepAlive: false, upgrade: false, names: null }

  constructor() {
    super(FIELDS_MAX)
  }

  /**
   * What goes on to the next hop: the request line, Host and the other fields without those in `drop`, as received where that
   * says the same. Null where line and Host have to be written anew.
   */
  passedOn(drop: DropSet): string | null {
    if (drop === this.#passedDrop) return this.#passed
    const isPlain = this.#form === 'origin' && this.version === 11 && this.#hostIsPlaced
    this.#passedDrop = drop
    return (this.#passed = isPlain ? this.endToEnd(drop, 0, HOST) : null)
  }

  get hasBody(): boolean {
    return this.chunked || this.contentLength > 0
  }

  /** Path and query in origin form, whatever form was received; `*` for OPTIONS alone. */
  get target(): string {
    return (this.#target ??= this.#cutTarget())
  }

  /** The target up to its query. */
  get path(): string {
    if (this.#path === null) {
      const query = this.target.indexOf('?')
      this.#path = query === -1 ? this.target : this.target.slice(0, query)
    }
    return this.#path
  }

  /** Lower case, without the port; an IPv6 address in its brackets. */
  get host(): string {
    return this.authority === lastAuthority ? lastHost : hostOf(this.authority)
  }

  note(kind: number, bytes: Uint8Array, start: number, end: number): Refusal | null {
    switch (kind) {
      case HOST:
        this.#hostTwice = this.#hostStart !== -1
        if (this.#hostTwice) return fault.HOST_TWICE
        this.#hostStart = start
        this.#hostEnd = end
        this.#hostIsPlaced = isPlaced(bytes, start, end)
        return null
      case CONTENT_LENGTH:
        if (this.contentLength !== -1) return fault.LENGTH_TWICE
        this.contentLength = lengthOf(bytes, start, end)
        if (this.contentLength === NOT_A_LENGTH) return fault.BAD_LENGTH
        return this.chunked ? fault.LENGTH_WITH_CODING : null
      case TRANSFER_ENCODING:
        if (this.chunked || this.version === 10 || !isChunked(bytes, start, end)) return fault.BAD_CODING
        this.chunked = true
        return this.contentLength === -1 ? null : fault.LENGTH_WITH_CODING
      case CONNECTION:
        return readConnection(bytes, start, end, this.#connection) ? null : fault.BAD_CONNECTION
      case EXPECT:
        this.#expects++
        return this.#expects === 1 && isWord(bytes, start, end, '100-continue') ? null : fault.OTHER_EXPECTATION
      case UPGRADE:
        this.#asksWebsocket ||= listsProtocol(bytes, start, end, 'websocket')
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
    this.websocket = false
    this.expectContinue = false
    this.authority = ''
    this.#target = null
    this.#path = null
    this.#hostStart = -1
    this.#hostTwice = false
    this.#hostIsPlaced = false
    this.#expects = 0
    this.#asksWebsocket = false
    this.#passedDrop = null
    this.#connection.close = false
    this.#connection.keepAlive = false
    this.#connection.upgrade = false
    this.#connection.names = null
  }

  /** @internal The request line's offsets, from the head's beginning. */
  line(form: 'origin' | 'absolute' | 'asterisk', targetStart: number, targetEnd: number): void {
    this.#form = form
    this.#targetStart = targetStart
    this.#targetEnd = targetEnd
  }

  /** @internal What can be said once every field is known. */
  finish(bytes: Buffer, base: number, end: number): Refusal | null {
    const { close, keepAlive, upgrade, names } = this.#connection
    if (this.#hostStart === -1 && this.version === 11) return fault.NO_HOST
    if (this.method === 'TRACE' && (this.chunked || this.contentLength > 0)) return fault.TRACE_WITH_BODY
    this.text = bytes.toString('latin1', base, end)
    if (this.#hostStart !== -1) {
      if (!isKnownAuthority(this.text, this.#hostStart - base, this.#hostEnd - base)) return fault.BAD_HOST
      this.authority = lastAuthority
    }
    if (this.#form === 'absolute') {
      const authority = absoluteAuthority(this.text, this.#targetStart, this.#targetEnd)
      if (authority === '' || !isKnownAuthority(authority, 0, authority.length)) return fault.BAD_TARGET
      this.authority = lastAuthority
    }
    this.keepAlive = !close && (this.version === 11 || keepAlive)
    if (names !== null) this.connectionNames = names
    this.expectContinue = this.#expects > 0 && this.version === 11 && this.hasBody
    this.websocket = this.#asksWebsocket && upgrade && this.method === 'GET' && this.version === 11 && !this.hasBody
    return null
  }

  #cutTarget(): string {
    const cut = this.text.slice(this.#targetStart, this.#targetEnd)
    if (this.#form !== 'absolute') return cut
    const rest = cut.slice(authorityEnd(cut, cut.indexOf('//') + 2))
    // OPTIONS on a whole server (RFC 9112 §3.2.4).
    if (rest === '') return this.method === 'OPTIONS' ? '*' : '/'
    return rest.startsWith('/') ? rest : '/' + rest
  }
}

/**
 * Proves the head of a request that begins at `bytes[from]`, and reads it into `head`.
 * @returns the offset behind its empty line, INCOMPLETE when `to` comes first, or the leftmost fault.
 */
export function scanRequest(bytes: Buffer, from: number, to: number, head: RequestHead): number | Refusal {
  head.begin()
  let at = from
  while (at < to && (CLASSES[bytes[at]!]! & TOKEN) !== 0) at++
  if (at - from > METHOD_BYTES_MAX) return fault.UNKNOWN_METHOD
  if (at >= to) return INCOMPLETE
  if (bytes[at] !== SPACE || at === from) return fault.BAD_REQUEST_LINE
  const methodEnd = at
  const targetStart = ++at
  while (at < to && (CLASSES[bytes[at]!]! & TARGET) !== 0) at++
  if (at - targetStart > TARGET_BYTES_MAX) return fault.TARGET_TOO_LONG
  if (at >= to) return INCOMPLETE
  if (bytes[at] !== SPACE || at === targetStart) return fault.BAD_TARGET
  const targetEnd = at++
  const version = scanVersion(bytes, at, to)
  if (typeof version !== 'number' || version === INCOMPLETE) return version
  at += VERSION_LENGTH
  if (at >= to) return INCOMPLETE
  if (bytes[at] !== CR) return bytes[at] === LF ? fault.BAD_LINE_END : fault.BAD_REQUEST_LINE
  if (at + 1 >= to) return INCOMPLETE
  if (bytes[at + 1] !== LF) return fault.BAD_LINE_END
  at += 2
  if (version !== 10 && version !== 11) return fault.OTHER_VERSION
  head.version = version
  const method = methodOf(bytes, from, methodEnd)
  if (method === null) return fault.UNKNOWN_METHOD
  head.method = method
  const form = formOf(bytes, targetStart, targetEnd, method)
  if (form === null) return fault.BAD_TARGET
  head.line(form, targetStart - from, targetEnd - from)
  const end = scanFields(bytes, from, at, to, head)
  if (typeof end !== 'number' || end === INCOMPLETE) return end
  return head.finish(bytes, from, end) ?? end
}

const METHOD_BYTES_MAX = 32
const VERSION_LENGTH = 8
const NO_NAMES: readonly string[] = []

/** `HTTP/` and two digits with a point: as a number, 11 for 1.1. */
export function scanVersion(bytes: Uint8Array, start: number, to: number): number | Refusal {
  for (let index = 0; index < VERSION_LENGTH; index++) {
    if (start + index >= to) return INCOMPLETE
    const byte = bytes[start + index]!
    const wanted = VERSION.charCodeAt(index)
    if (index === 5 || index === 7 ? byte < 0x30 || byte > 0x39 : byte !== wanted) return fault.BAD_VERSION
  }
  return (bytes[start + 5]! - 0x30) * 10 + (bytes[start + 7]! - 0x30)
}

const VERSION = 'HTTP/1.1'

/** RFC 9112 §3.2; the authority form is CONNECT's, which is not served. */
function formOf(
  bytes: Uint8Array,
  start: number,
  end: number,
  method: string,
): 'origin' | 'absolute' | 'asterisk' | null {
  if (bytes[start] === SLASH) return 'origin'
  if (bytes[start] === ASTERISK) return end - start === 1 && method === 'OPTIONS' ? 'asterisk' : null
  if (end - start > 7 && isName(bytes, start, 'http://')) return 'absolute'
  if (end - start > 8 && isName(bytes, start, 'https://')) return 'absolute'
  return null
}

function absoluteAuthority(text: string, start: number, end: number): string {
  const cut = text.slice(start, end)
  const from = cut.indexOf('//') + 2
  return cut.slice(from, authorityEnd(cut, from))
}

function authorityEnd(target: string, from: number): number {
  for (let at = from; at < target.length; at++) {
    const code = target.charCodeAt(at)
    if (code === SLASH || code === QUESTION) return at
  }
  return target.length
}

const SLASH = 0x2f
const ASTERISK = 0x2a
const QUESTION = 0x3f

// Most requests name the place that the one before named: then nothing is proven or lowered again.
let lastAuthority = ''
let lastHost = ''

/** Whether `text[start, end)` may name a place; `lastAuthority` then is what it says. */
function isKnownAuthority(text: string, start: number, end: number): boolean {
  if (isLastAuthority(text, start, end)) return true
  const authority = text.slice(start, end)
  if (!isAuthority(authority)) return false
  lastAuthority = authority
  lastHost = hostOf(authority)
  return true
}

/** By its characters: V8 compares what is cut out of a text by a call of its runtime. */
function isLastAuthority(text: string, start: number, end: number): boolean {
  if (end - start !== lastAuthority.length) return false
  for (let at = start; at < end; at++) if (text.charCodeAt(at) !== lastAuthority.charCodeAt(at - start)) return false
  return true
}
