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

/** Writes the character that `&…` at `at` refers to and says how many characters that took, 0 for no reference. */
export function writeEntity(text: string, at: number, output: Output): number {
  return text.charCodeAt(at + 1) === 35 ? writeNumeric(text, at, output) : writeNamed(text, at, output)
}

function writeNumeric(text: string, at: number, output: Output): number {
  const isHex = (text.charCodeAt(at + 2) | 32) === 120
  const first = at + (isHex ? 3 : 2)
  let index = first
  let point = 0
  for (; index < text.length; index++) {
    const digit = isHex ? hexOf(text.charCodeAt(index)) : decimalOf(text.charCodeAt(index))
    if (digit < 0) break
    point = Math.min(point * (isHex ? 16 : 10) + digit, 0x110000)
  }
  if (index === first || point > 0x10ffff) return 0
  output.putCodePoint(point)
  return index - at + (text.charCodeAt(index) === 59 ? 1 : 0)
}

function writeNamed(text: string, at: number, output: Output): number {
  let index = at + 1
  if (!isLetter(text.charCodeAt(index))) return 0
  while (index - at <= NAME_CHARS_MAX && isLetter(text.charCodeAt(index))) index += 1
  const closed = text.charCodeAt(index) === 59
  const code = NAMED.get(text.slice(at + 1, index).toLowerCase())
  // Without a semicolon only the oldest names count; in a query string `&lt=5` is a parameter, which no value holds.
  if (code === undefined || (!closed && index - at > 5)) return 0
  output.put(code)
  return index - at + (closed ? 1 : 0)
}

function decimalOf(code: number): number {
  return code >= 48 && code <= 57 ? code - 48 : -1
}

function isLetter(code: number): boolean {
  const lower = code | 32
  return lower >= 97 && lower <= 122
}
