/** Character references of HTML, with and without their semicolon. */
import { hexOf } from './percent.ts'
import type { Output } from './output.ts'

/** The names that stand for ASCII characters, which are all an attack has use for (HTML, §13.5). */
const NAMED: ReadonlyMap<string, number> = new Map(
  Object.entries({
    lt: '<',
    gt: '>',
    amp: '&',
    quot: '"',
    apos: "'",
    nbsp: ' ',
    tab: '\t',
    newline: '\n',
    colon: ':',
    lpar: '(',
    rpar: ')',
    sol: '/',
    bsol: '\\',
    excl: '!',
    num: '#',
    dollar: '$',
    percnt: '%',
    ast: '*',
    midast: '*',
    plus: '+',
    comma: ',',
    period: '.',
    semi: ';',
    equals: '=',
    quest: '?',
    commat: '@',
    lsqb: '[',
    lbrack: '[',
    rsqb: ']',
    rbrack: ']',
    lcub: '{',
    lbrace: '{',
    rcub: '}',
    rbrace: '}',
    vert: '|',
    verbar: '|',
    grave: '`',
    lowbar: '_',
    hat: '^',
  }).map(([name, character]) => [name, character.charCodeAt(0)]),
)
const NAME_CHARS_MAX = 7

const SLOTS = 256
const KEYS = new Int32Array(SLOTS)
const LENGTHS = new Uint8Array(SLOTS)
const FIRSTS = new Uint8Array(SLOTS)
const CODES = new Uint8Array(SLOTS)
for (const [name, code] of NAMED) {
  let key = 0
  for (const char of name) key = (key << 5) | (char.charCodeAt(0) & 31)
  let slot = slotOf(key)
  while (LENGTHS[slot] !== 0) slot = (slot + 1) & (SLOTS - 1)
  KEYS[slot] = key
  LENGTHS[slot] = name.length
  FIRSTS[slot] = name.charCodeAt(0) & 31
  CODES[slot] = code
}

function slotOf(key: number): number {
  return Math.imul(key, 0x9e3779b1) >>> 24
}

/** Writes the character that `&…` at `at` refers to and says how many characters that took, 0 for no reference. */
export function writeEntity(units: Uint16Array, at: number, output: Output): number {
  return units[at + 1] === 35 ? writeNumeric(units, at, output) : writeNamed(units, at, output)
}

function writeNumeric(units: Uint16Array, at: number, output: Output): number {
  const isHex = (units[at + 2]! | 32) === 120
  const first = at + (isHex ? 3 : 2)
  let index = first
  let point = 0
  for (; ; index++) {
    const digit = isHex ? hexOf(units[index]!) : decimalOf(units[index]!)
    if (digit < 0) break
    point = Math.min(point * (isHex ? 16 : 10) + digit, 0x110000)
  }
  if (index === first || point > 0x10ffff) return 0
  output.putCodePoint(point)
  return index - at + (units[index] === 59 ? 1 : 0)
}

function writeNamed(units: Uint16Array, at: number, output: Output): number {
  let index = at + 1
  let key = 0
  for (; index - at <= NAME_CHARS_MAX && isLetter(units[index]!); index++) key = (key << 5) | (units[index]! & 31)
  const length = index - at - 1
  if (length < 2) return 0
  const code = namedBy(key, length, units[at + 1]! & 31)
  const closed = units[index] === 59
  // Without a semicolon only the oldest names count; in a query string `&lt=5` is a parameter, which no value holds.
  if (code === 0 || (!closed && index - at > 5)) return 0
  output.put(code)
  return index - at + (closed ? 1 : 0)
}

/** What the name stands for whose letters, five bits each, are the lowest of `key`; the first one's may have fallen out of it. 0 for none. */
function namedBy(key: number, length: number, first: number): number {
  for (let slot = slotOf(key); LENGTHS[slot] !== 0; slot = (slot + 1) & (SLOTS - 1)) {
    if (KEYS[slot] === key && LENGTHS[slot] === length && FIRSTS[slot] === first) return CODES[slot]!
  }
  return 0
}

function decimalOf(code: number): number {
  return code >= 48 && code <= 57 ? code - 48 : -1
}

function isLetter(code: number): boolean {
  const lower = code | 32
  return lower >= 97 && lower <= 122
}
