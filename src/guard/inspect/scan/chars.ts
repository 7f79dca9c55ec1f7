import { CHARS } from '../detector.ts'

/** Bits of a value that only the engine itself asks for, above those of CHARS. */
export const ENGINE_CHARS = {
  ampersand: 1 << 25,
  backslash: 1 << 26,
  plus: 1 << 27,
  /** A character that a reader somewhere takes for an ASCII one: full-width forms, modifier quotes. */
  fold: 1 << 28,
  /** A character that a reader somewhere leaves out: NUL and other controls, zero-width ones, U+FFFD. */
  removable: 1 << 29,
  /** ASCII outside of `A-Z a-z 0-9 + / = _ -`: no base64, no token. */
  other: 1 << 30,
} as const

/** Bits of each ASCII character; `..`, `--` and `/*` come from the automaton. */
export const CHAR_BITS: Int32Array = charBits()

function charBits(): Int32Array {
  const bits = new Int32Array(128)
  const give = (characters: string, bit: number): void => {
    for (const character of characters) bits[character.charCodeAt(0)]! |= bit
  }
  give('\'"`', CHARS.quote)
  give('<>', CHARS.angle)
  give('/\\', CHARS.slash)
  give(';', CHARS.semicolon)
  give('|&', CHARS.pipe)
  give('$', CHARS.dollar)
  give('{}', CHARS.brace)
  give('[]', CHARS.bracket)
  give('()', CHARS.paren)
  give('#', CHARS.comment | CHARS.hash)
  give('=!~^', CHARS.equals)
  give('\r\n', CHARS.newline)
  give(':', CHARS.colon)
  give('%', CHARS.percent)
  give('*', CHARS.star)
  give(' \t\v\f', CHARS.space)
  give('@', CHARS.at)
  give(',', CHARS.comma)
  give('_', CHARS.underscore)
  give('0123456789', CHARS.digit)
  give('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ', CHARS.word)
  give('&', ENGINE_CHARS.ampersand)
  give('\\', ENGINE_CHARS.backslash)
  give('+', ENGINE_CHARS.plus)
  for (let code = 0; code < 128; code++) {
    const isControl = (code < 32 && code !== 9 && code !== 10 && code !== 13) || code === 127
    if (isControl) bits[code]! |= CHARS.control | ENGINE_CHARS.removable
    if (!/[A-Za-z0-9+/=_-]/.test(String.fromCharCode(code))) bits[code]! |= ENGINE_CHARS.other
  }
  return bits
}

/** Bits of a character beyond ASCII. */
export function wideBits(code: number): number {
  if (foldedOf(code) !== code) {
    // What seven-bit readers take for angle brackets is judged as it stands too: who means quarters writes no tags of them.
    return CHARS.nonAscii | ENGINE_CHARS.fold | (code === 0xbc || code === 0xbe ? CHARS.angle : 0)
  }
  return isInvisible(code) ? CHARS.nonAscii | ENGINE_CHARS.removable : CHARS.nonAscii
}

/** The ASCII character that many readers make of this one (NFKC and best-fit tables), or itself. */
export function foldedOf(code: number): number {
  if (code < 0x02b9) {
    // Seven-bit readers drop the eighth bit: `¼` is `<`, `¾` is `>`, `¢` is `"`.
    return code === 0xbc ? 0x3c : code === 0xbe ? 0x3e : code === 0xa2 ? 0x22 : code
  }
  if (code >= 0xff01 && code <= 0xff5e) return code - 0xfee0
  switch (code) {
    case 0x02b9:
    case 0x02bc:
    case 0x02c8:
    case 0x2032:
      return 0x27
    case 0x02ba:
    case 0x2033:
      return 0x22
    case 0x2039:
    case 0x3008:
    case 0xfe64:
      return 0x3c
    case 0x203a:
    case 0x3009:
    case 0xfe65:
      return 0x3e
    case 0x2044:
    case 0x2215:
      return 0x2f
    case 0x2216:
    case 0xfe68:
      return 0x5c
    case 0xfe54:
      return 0x3b
    case 0xfe55:
      return 0x3a
    case 0xfe66:
      return 0x3d
    case 0x2024:
      return 0x2e
    case 0x3000:
      return 0x20
    default:
      return code
  }
}

/** Left out on the way by some readers, so that it may cut a word in two; U+FFFD stands for bytes that are no UTF-8. */
export function isInvisible(code: number): boolean {
  return (
    (code >= 0x200b && code <= 0x200f) ||
    (code >= 0x2060 && code <= 0x2064) ||
    code === 0x00ad ||
    code === 0xfeff ||
    code === 0xfffd ||
    (code >= 0x80 && code < 0xa0)
  )
}
