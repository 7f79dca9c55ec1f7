/** Reads what begins with `<`, as leniently as the readers an attacker hopes for. */
import { END } from '../../scan/units.ts'
import { rolled } from '../word-table.ts'
import { ACTIVE, HTML_WORDS, STRUCTURE } from './words.ts'

const SPACED_MAX = 12

const LETTER = 1
/** Letters (with `_` and `$`) 1, digits 2, anything else in ASCII 0. */
export const CLASS = new Uint8Array(128)
for (let code = 97; code <= 122; code++) CLASS[code] = CLASS[code - 32] = LETTER
CLASS[95] = CLASS[36] = LETTER
for (let code = 48; code <= 57; code++) CLASS[code] = 2

export function isLetter(code: number): boolean {
  return code < 128 && CLASS[code] === LETTER
}

/** The tag read last. */
export const tag = {
  /** Code of its name in HTML_WORDS; of the part behind the colon when it has one. */
  word: 0,
  /** After the name. */
  stop: 0,
  /** `</…` */
  closing: false,
  /** The name follows `<` or `</` at once, as browsers want it. */
  strict: false,
  /** `x:script` */
  prefixed: false,
  /** The name ends as names end; otherwise it is a comparison, a type, an address. */
  ended: false,
}

/** Reads the tag whose `<` is at `start`; false when no name follows. */
export function readTag(units: Uint16Array, lower: string, start: number): boolean {
  let at = start + 1
  let code = units[at]!
  tag.closing = code === 47
  while (at < start + 8 && (isAround(code, TAG_JUNK) || code === 0xfffd)) code = units[++at]!
  if (!isLetter(code)) return false
  tag.strict = at === start + 1 || (tag.closing && at === start + 2)
  tag.prefixed = false
  let name = at
  let hash = 0
  for (; at < lower.length; at++) {
    const letter = units[at]!
    if (letter === 58) {
      if (!isLetter(units[at + 1]!)) break
      tag.prefixed = true
      name = at + 1
      hash = 0
    } else {
      if (letter >= 128 || (CLASS[letter] === 0 && letter !== 45)) break
      hash = rolled(hash, letter)
    }
  }
  tag.word = HTML_WORDS.find(hash, lower, name, at)
  tag.stop = at
  const next = units[at]!
  tag.ended = next > 127 || isAround(next, NAME_END)
  return true
}

const TAG_JUNK = 1
const NAME_END = 2
const SENTENCE = 4
const AROUND = new Uint8Array(128)
for (let code = 0; code <= 32; code++) AROUND[code] = TAG_JUNK | NAME_END
AROUND[127] = NAME_END
for (const char of '/%?!:\\') AROUND[char.charCodeAt(0)]! |= TAG_JUNK
for (const char of '>/"\'<') AROUND[char.charCodeAt(0)]! |= NAME_END
for (const char of ',.;)?`(') AROUND[char.charCodeAt(0)]! |= SENTENCE

function isAround(code: number, what: number): boolean {
  return code < 128 && (AROUND[code]! & what) !== 0
}

/**
 * Code of the name in HTML_WORDS of the tag that begins at `start` and whose brackets seven-bit readers make of `¼` and `¾`: 0 for any
 * other name, -1 where no such tag stands.
 */
export function sevenBitTagAt(units: Uint16Array, lower: string, start: number): number {
  let hash = 0
  let at = start + 1
  for (; at < start + SEVEN_BIT_NAME_MAX && isLetter(units[at]!); at++) hash = rolled(hash, units[at]!)
  if (at === start + 1) return -1
  // It ends before the next one begins.
  for (let end = at; end < start + SEVEN_BIT_MAX; end++) {
    const code = units[end]!
    if (code === 0xbe) return HTML_WORDS.find(hash, lower, start + 1, at)
    if (code === 0xbc || code === END) return -1
  }
  return -1
}

const SEVEN_BIT_NAME_MAX = 24
const SEVEN_BIT_MAX = 128

/** The end of a tag of one of our names that is written letter by letter, `<s c r i p t`; -1 when it is none. */
export function spacedTagAt(units: Uint16Array, lower: string, start: number): number {
  let hash = 0
  let name = ''
  let at = start + 1
  while (name.length < SPACED_MAX && isLetter(units[at]!) && !isLetter(units[at + 1]!)) {
    hash = rolled(hash, units[at]!)
    name += lower[at]
    if (units[at + 1] !== 32) break
    at += 2
  }
  if (name.length < 3) return -1
  return (HTML_WORDS.find(hash, name, 0, name.length) & (ACTIVE | STRUCTURE)) === 0 ? -1 : at
}

/** Whether an attribute with a value follows the name that ends at `stop`, before the tag does. */
export function hasAttribute(units: Uint16Array, stop: number): boolean {
  for (let at = stop; at < stop + 64; at++) {
    const code = units[at]!
    if (code === 61) return true
    if (code === 62 || code === 60 || code === END) return false
  }
  return false
}

/** Whether an element and its first attribute stand at `at` with the blank between them lost: `<iframesrc=`. */
export function gluedTagAt(lower: string, at: number): boolean {
  return /^(?:script|iframe|frame|object|embed|applet|import|meta|link|base|img|svg|input|form)(?:src|href|data|code|http-equiv|rel|implementation|action|on[a-z]{3,20})=/.test(
    lower.slice(at, at + 48),
  )
}

/** Whether the tag `start`..`stop` and its `>` are named in a sentence: `What does <script> mean`, `Promise<object>, or`. */
export function mentionedAt(units: Uint16Array, lower: string, start: number, stop: number): boolean {
  const before = start === 0 ? 32 : units[start - 1]!
  const after = stop + 1 >= lower.length ? 0 : units[stop + 1]!
  if (before === 34 || before === 39 || before === 62 || before === 60) return false
  if (after === 0) return before === 32 && start > 0
  return after === 32 || isAround(after, SENTENCE)
}
