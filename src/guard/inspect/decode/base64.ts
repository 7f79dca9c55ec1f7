/** Text that hides in base64, with either alphabet, padded or not. */
import { CHARS } from '../detector.ts'
import { ENGINE_CHARS } from '../scan/chars.ts'

/** Shorter values are words more often than base64. */
export const BASE64_CHARS_MIN = 12
const LOOKED_AT_FIRST = 16

/** Six bits of a base64 digit, -1 for anything else. */
export function base64Of(code: number): number {
  return code < 128 ? DIGITS[code]! : -1
}

const DIGITS: Int8Array = digits()

function digits(): Int8Array {
  const table = new Int8Array(128).fill(-1)
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
  for (let index = 0; index < 64; index++) table[alphabet.charCodeAt(index)] = index
  table[45] = 62
  table[95] = 63
  return table
}

/**
 * What a value that is base64 as a whole holds, null unless that is printable text. `mask` is the scan's. Random tokens end at
 * their first unprintable byte, so that they cost nothing.
 */
export function decodeBase64(text: string, mask: number): string | null {
  if ((mask & (ENGINE_CHARS.other | CHARS.nonAscii)) !== 0 || text.length < BASE64_CHARS_MIN) return null
  let length = text.length
  while (length > 0 && text.charCodeAt(length - 1) === 61) length -= 1
  if (length % 4 === 1 || !beginsPrintable(text, Math.min(length, LOOKED_AT_FIRST))) return null
  const equals = text.indexOf('=')
  if (equals >= 0 && equals < length) return null
  const bytes = Buffer.from(text.slice(0, length), 'base64')
  const decoded = bytes.toString('utf8')
  return isPrintable(decoded) ? decoded : null
}

function beginsPrintable(text: string, length: number): boolean {
  let bits = 0
  let held = 0
  for (let index = 0; index < length; index++) {
    const digit = base64Of(text.charCodeAt(index))
    if (digit < 0) return false
    bits = ((bits << 6) | digit) & 0xfff
    held += 6
    if (held < 8) continue
    held -= 8
    const byte = (bits >> held) & 0xff
    if (byte < 9 || byte === 127 || (byte > 13 && byte < 32) || (byte >= 0x80 && byte < 0xc2)) return false
  }
  return true
}

function isPrintable(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code < 9 || (code > 13 && code < 32) || code === 127 || code === 0xfffd) return false
  }
  return true
}
