/** The values that frame a message or decide about its connection, read without leniency. */
import { CLASSES, COLON, CR, isName, SPACE, HTAB, TOKEN } from './bytes.ts'
import { plainName } from './drop-set.ts'

export const NOT_A_LENGTH = -2

/** Sixteen digits: no number of seventeen is exact. */
const LENGTH_DIGITS_MAX = 16

/** Whether a tab stands around a value: readers disagree about it, and no sender writes one around a length or a coding. */
function hasTabAround(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start - 1
  while (bytes[at] === SPACE) at--
  if (bytes[at] === HTAB) return true
  at = end
  while (bytes[at] === SPACE) at++
  return bytes[at] === HTAB
}

/** Whether a value stands as we would write it: behind one space or none, before the end of its line. */
export function isPlaced(bytes: Uint8Array, start: number, end: number): boolean {
  const colon = bytes[start - 1] === SPACE ? start - 2 : start - 1
  return bytes[colon] === COLON && bytes[end] === CR
}

/** Content-Length: digits alone, at most 2^53 - 1 (RFC 9112 §6.3); NOT_A_LENGTH otherwise. */
export function lengthOf(bytes: Uint8Array, start: number, end: number): number {
  if (start === end || end - start > LENGTH_DIGITS_MAX || hasTabAround(bytes, start, end)) return NOT_A_LENGTH
  let length = 0
  for (let at = start; at < end; at++) {
    const digit = bytes[at]! - 0x30
    if (digit < 0 || digit > 9) return NOT_A_LENGTH
    length = length * 10 + digit
  }
  return length <= Number.MAX_SAFE_INTEGER ? length : NOT_A_LENGTH
}

/** Transfer-Encoding: `chunked`, in letters of either case. */
export function isChunked(bytes: Uint8Array, start: number, end: number): boolean {
  return isWord(bytes, start, end, 'chunked') && !hasTabAround(bytes, start, end)
}

/** Whether a value is one certain word, in letters of either case. */
export function isWord(bytes: Uint8Array, start: number, end: number, lower: string): boolean {
  return end - start === lower.length && isName(bytes, start, lower)
}

/** What Connection said so far, over all its lines. */
export interface ConnectionOptions {
  close: boolean
  keepAlive: boolean
  upgrade: boolean
  /** Lower case; `_` as `-`. */
  names: string[] | null
}

/**
 * Reads one Connection field into `options`.
 * @returns false for what is no list of tokens, and for a field that no message may give up on its way: naming Host, framing or a
 * credential would take it away from whoever comes after the next hop.
 */
export function readConnection(bytes: Uint8Array, start: number, end: number, options: ConnectionOptions): boolean {
  let at = start
  while (at < end) {
    const byte = bytes[at]!
    // Empty elements of a list are ignored (RFC 9110 §5.6.1).
    if (byte === COMMA || byte === SPACE || byte === HTAB) {
      at++
      continue
    }
    const tokenStart = at
    while (at < end && (CLASSES[bytes[at]!]! & TOKEN) !== 0) at++
    const length = at - tokenStart
    if (length === 0) return false
    let after = at
    while (after < end && (bytes[after] === SPACE || bytes[after] === HTAB)) after++
    if (after < end && bytes[after] !== COMMA) return false
    if (length === 5 && isName(bytes, tokenStart, 'close')) options.close = true
    else if (length === 10 && isName(bytes, tokenStart, 'keep-alive')) options.keepAlive = true
    else if (length === 7 && isName(bytes, tokenStart, 'upgrade')) options.upgrade = true
    else {
      const name = plainName(String.fromCharCode(...bytes.subarray(tokenStart, Math.min(at, tokenStart + 256))))
      if (NEVER_NAMED.has(name) || name.startsWith('x-forwarded-')) return false
      ;(options.names ??= []).push(name)
    }
    at = after
  }
  return true
}

/** Whether a value, a list, holds this protocol: `websocket`, or `websocket` among others. */
export function listsProtocol(bytes: Uint8Array, start: number, end: number, lower: string): boolean {
  let at = start
  while (at < end) {
    while (at < end && (bytes[at] === COMMA || bytes[at] === SPACE || bytes[at] === HTAB)) at++
    const from = at
    while (at < end && bytes[at] !== COMMA) at++
    let to = at
    while (to > from && (bytes[to - 1] === SPACE || bytes[to - 1] === HTAB)) to--
    if (isWord(bytes, from, to, lower)) return true
  }
  return false
}

/** Narrower than RFC 3986 allows: no name that can be resolved holds more, and Host ends up in links and mails. */
const AUTHORITY = /^(?:[A-Za-z0-9._~-]*|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{0,5})?$/

/** Host with an optional port (RFC 9110 §7.2): a name, an IPv4 address, or an IPv6 address in brackets. No user and password. */
export function isAuthority(text: string): boolean {
  if (text.length > AUTHORITY_LENGTH_MAX || !AUTHORITY.test(text)) return false
  const colon = text.lastIndexOf(':')
  return colon === -1 || text.endsWith(']') || Number(text.slice(colon + 1)) <= 65_535
}

/** 253 for a name (RFC 1035), and its port. */
const AUTHORITY_LENGTH_MAX = 260

/** The host of an authority: lower case, without the port. */
export function hostOf(authority: string): string {
  const colon = authority.lastIndexOf(':')
  const host = colon === -1 || authority.endsWith(']') ? authority : authority.slice(0, colon)
  return host.toLowerCase()
}

const COMMA = 0x2c
const NEVER_NAMED: ReadonlySet<string> = new Set([
  'authorization',
  'content-encoding',
  'content-length',
  'content-type',
  'cookie',
  'expect',
  'forwarded',
  'host',
  'set-cookie',
  'transfer-encoding',
  'via',
  'x-real-ip',
])
