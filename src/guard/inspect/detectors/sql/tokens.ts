/**
 * Splits a value into the tokens of SQL without deciding whether it stands bare, inside '…' or inside "…": a quote is a token of
 * its own that knows whether it would open or close a string, so that one pass serves all three contexts. Comments between
 * tokens vanish, what stands in a version comment (MySQL's slash, star, exclamation mark) is read, comment tails stay. Works in
 * a window of fixed size, so that a value of any length takes the same memory.
 */
import { lowerUnits } from '../../scan/units.ts'
import { rolled } from '../word-table.ts'
import { SQL_WORDS } from './words.ts'

export const T = {
  end: 0,
  word: 1,
  number: 2,
  /** Detail: 0 an apostrophe within a word, 1 would open a string (breaks out of one), 2 would close it. */
  quote: 3,
  open: 4,
  close: 5,
  comma: 6,
  semicolon: 7,
  /** `=`, `<`, `>`, `!=`, `<>`, `<=>` … */
  compare: 8,
  /** `||` */
  pipes: 9,
  /** `&&` */
  ampersands: 10,
  /** `--`, `#`, or a `/*` that nothing closes. */
  comment: 11,
  star: 12,
  /** `+ - / % ^ & | ~ !` */
  arithmetic: 13,
  dot: 14,
  /** `@x`, `@@version` */
  variable: 15,
  /** `::` */
  cast: 16,
  /** `->`, `->>`, `#>`, `<@`, `@>`, `?|` … */
  path: 17,
  /** `1.e`, which MySQL takes for a number and drops. */
  oddNumber: 18,
  other: 19,
} as const

const WINDOW = 2048
/** Tokens a rule may look ahead or back. */
export const AHEAD = 64
const BACK = 16

// Classes of characters.
const BLANK = 1
const LETTER = 2
const DIGIT = 3
const QUOTE = 4
const COMPARE = 5
const CLASS = new Uint8Array(128)
for (const code of [0, 9, 10, 11, 12, 13, 32, 92]) CLASS[code] = BLANK
for (let code = 97; code <= 122; code++) CLASS[code] = CLASS[code - 32] = LETTER
CLASS[95] = LETTER
for (let code = 48; code <= 57; code++) CLASS[code] = DIGIT
/** Characters that are a token by themselves whatever follows: SINGLE and the kind. */
const SINGLE = 32
for (let code = 1; code < 128; code++) {
  const char = String.fromCharCode(code)
  if ('+%^~'.includes(char)) CLASS[code] = SINGLE + T.arithmetic
  else if ('[]{}$'.includes(char) || code === 127 || (code < 32 && CLASS[code] === 0)) CLASS[code] = SINGLE + T.other
}
CLASS[34] = CLASS[39] = CLASS[96] = QUOTE
CLASS[33] = CLASS[60] = CLASS[61] = CLASS[62] = COMPARE
CLASS[40] = SINGLE + T.open
CLASS[41] = SINGLE + T.close
CLASS[44] = SINGLE + T.comma
CLASS[46] = SINGLE + T.dot
CLASS[59] = SINGLE + T.semicolon

/** Signs that are one token with what follows: 1 for such a pair. Before anything else they are a token of the kind in ALONE. */
const PAIRED = new Uint8Array(1 << 14)
const ALONE = new Uint8Array(128)
for (const [sign, seconds, kind] of [
  ['-', '->', T.arithmetic],
  ['#', '>', T.comment],
  ['/', '*', T.arithmetic],
  ['*', '/', T.star],
  ['|', '|', T.arithmetic],
  ['&', '&', T.arithmetic],
  [':', ':', T.other],
  ['?', '|&', T.other],
] as const) {
  const code = sign.charCodeAt(0)
  ALONE[code] = kind
  for (const second of seconds) PAIRED[(code << 7) | second.charCodeAt(0)] = 1
}

function wideClass(code: number): number {
  return code === 0xa0 || code === 0x3000 ? BLANK : isDash(code) ? 0 : LETTER
}

/** The window of tokens of one value. Not re-entrant: a value is judged in one synchronous go. */
export class Tokens {
  readonly kind = new Uint8Array(WINDOW + 2)
  /** Word: its code in SQL_WORDS. Quote: see T.quote. Otherwise the first character. */
  readonly detail = new Int32Array(WINDOW + 2)
  readonly start = new Int32Array(WINDOW + 2)
  readonly stop = new Int32Array(WINDOW + 2)
  /** Tokens in the window. */
  count = 0
  /** First token that rules have not looked at. */
  from = 0
  /** Whether the window begins where the value begins. */
  first = true
  /** Whether a version comment was met. */
  versioned = false
  /** Whether the value is the path of the request. */
  path = false
  /** Whether it is the name of a parameter. */
  key = false
  text = ''
  lower = ''
  /** Units of `lower`. */
  units: Uint16Array = new Uint16Array(0)
  #at = 0
  /** 1 where a quote of that character is open. */
  readonly #parity = new Uint8Array(128)
  #unclosed = false

  reset(text: string, lower: string, { path, key }: { path: boolean; key: boolean }): void {
    this.path = path
    this.key = key
    this.text = text
    this.lower = lower
    this.units = lowerUnits(lower)
    this.count = this.from = this.#at = 0
    this.#parity[34] = this.#parity[39] = this.#parity[96] = 0
    this.first = true
    this.versioned = this.#unclosed = false
  }

  /** Fills the window; false when rules have seen everything. */
  next(): boolean {
    if (this.count > 0) {
      if (this.#at >= this.lower.length) return false
      const keep = AHEAD + BACK
      const shift = this.count - keep
      this.kind.copyWithin(0, shift, this.count)
      this.detail.copyWithin(0, shift, this.count)
      this.start.copyWithin(0, shift, this.count)
      this.stop.copyWithin(0, shift, this.count)
      this.count = keep
      this.from = BACK
      this.first = false
    }
    this.#fill()
    return this.count > 0
  }

  /** Tokens whose surroundings are known. */
  get ready(): number {
    return this.#at >= this.lower.length ? this.count : this.count - AHEAD
  }

  #push(kind: number, detail: number, start: number, stop: number): void {
    const index = this.count++
    this.kind[index] = kind
    this.detail[index] = detail
    this.start[index] = start
    this.stop[index] = stop
  }

  #fill(): void {
    const { lower, units, kind, detail, start, stop } = this
    const parity = this.#parity
    const { length } = lower
    let at = this.#at
    let { count } = this
    while (at < length && count < WINDOW) {
      const code = units[at]!
      const mark = code < 128 ? CLASS[code]! : wideClass(code)
      if (mark === BLANK) {
        at++
        continue
      }
      if (mark >= SINGLE) {
        kind[count] = mark - SINGLE
        detail[count] = code
        start[count] = at++
        stop[count++] = at
        continue
      }
      if (mark === QUOTE) {
        kind[count] = T.quote
        detail[count] = (parity[code]! ^= 1) === 1 ? 1 : 2
        start[count] = at++
        stop[count++] = at
        continue
      }
      if (mark === 0 && code < 128 && ALONE[code] !== 0) {
        const second = units[at + 1]!
        if (second > 127 || PAIRED[(code << 7) | second] === 0) {
          kind[count] = ALONE[code]!
          detail[count] = code
          start[count] = at++
          stop[count++] = at
          continue
        }
      }
      this.count = count
      if (mark === LETTER) at = this.#word(at)
      else if (mark === COMPARE) at = this.#compare(at, code)
      else if (mark === DIGIT) at = this.#number(at)
      else at = this.#mark(at, code)
      count = this.count
    }
    this.count = count
    this.#at = at
    kind[count] = T.end
    start[count] = stop[count] = length
  }

  #word(start: number): number {
    const { lower, units } = this
    let hash = 0
    let at = start
    for (; at < lower.length; at++) {
      const code = units[at]!
      // A dollar belongs to names: v$session.
      const kind = code < 128 ? CLASS[code]! : wideClass(code)
      if (kind !== LETTER && kind !== DIGIT && code !== 36) break
      hash = rolled(hash, code)
    }
    const code = SQL_WORDS.find(hash, lower, start, at)
    const before = this.count - 1
    // An apostrophe between two letters belongs to the word, unless an operator of SQL follows: O'Brien, but x'or.
    if (
      before > 0 &&
      this.kind[before] === T.quote &&
      this.stop[before] === start &&
      this.detail[before] === 1 &&
      units[start - 1] === 39 &&
      this.kind[before - 1] === T.word &&
      this.stop[before - 1] === start - 1 &&
      ((code & 255) === 0 || (code & 255) > 16)
    ) {
      this.detail[before] = 0
      this.#parity[39]! ^= 1
    }
    this.#push(T.word, code, start, at)
    return at
  }

  #number(start: number): number {
    const { lower, units } = this
    let at = start + 1
    if (units[start] === 48 && units[at] === 120) {
      at++
      while (at < lower.length && isHex(units[at]!)) at++
      this.#push(T.number, 48, start, at)
      return at
    }
    while (isDigit(units[at]!)) at++
    if (units[at] === 46) {
      const exponent = units[at + 1] === 101
      const after = units[at + 2]!
      if (exponent && !isDigit(after) && after !== 43 && after !== 45 && CLASS[after & 127] !== LETTER) {
        this.#push(T.oddNumber, 0, start, at + 2)
        return at + 2
      }
      if (isDigit(units[at + 1]!)) {
        at++
        while (isDigit(units[at]!)) at++
      }
    }
    if (units[at] === 101) {
      let exponent = at + 1
      if (units[exponent] === 43 || units[exponent] === 45) exponent++
      if (isDigit(units[exponent]!)) {
        at = exponent + 1
        while (isDigit(units[at]!)) at++
      }
    }
    this.#push(T.number, 0, start, at)
    return at
  }

  #mark(start: number, code: number): number {
    const { units } = this
    const second = units[start + 1]!
    switch (code) {
      case 45: // -
        if (second === 45) {
          let at = start + 2
          while (units[at] === 45) at++
          return this.#one(units[at] === 62 ? T.other : T.comment, start, at - start)
        }
        if (second === 62) return this.#one(T.path, start, units[start + 2] === 62 ? 3 : 2)
        return this.#one(T.arithmetic, start, 1)
      case 0x2013:
      case 0x2014: // a word processor's dash
        return this.#one(T.comment, start, 1)
      case 35: // #
        if (second === 62) return this.#one(T.path, start, units[start + 2] === 62 ? 3 : 2)
        return this.#one(T.comment, start, 1)
      case 47: // /
        return second === 42 ? this.#comment(start) : this.#one(T.arithmetic, start, 1)
      case 42: // *
        if (second === 47) return start + 2
        return this.#one(T.star, start, 1)
      case 124: // |
        return second === 124 ? this.#one(T.pipes, start, 2) : this.#one(T.arithmetic, start, 1)
      case 38: // &
        return second === 38 ? this.#one(T.ampersands, start, 2) : this.#one(T.arithmetic, start, 1)
      case 64: // @
        if (second === 62) return this.#one(T.path, start, 2)
        return this.#variable(start)
      case 58: // :
        return second === 58 ? this.#one(T.cast, start, 2) : this.#one(T.other, start, 1)
      case 63: // ?
        return second === 124 || second === 38 ? this.#one(T.path, start, 2) : this.#one(T.other, start, 1)
      default:
        return this.#one(T.other, start, 1)
    }
  }

  #one(kind: number, start: number, length: number): number {
    const index = this.count++
    this.kind[index] = kind
    this.detail[index] = this.units[start]!
    this.start[index] = start
    this.stop[index] = start + length
    return start + length
  }

  /** Any row of the signs of comparisons is one: `<=>`, `!=`, `>>`. */
  #compare(start: number, first: number): number {
    const { units } = this
    let compares = first !== 33
    let at = start + 1
    let code = units[at]!
    if (first === 60 && code === 64) return this.#one(T.path, start, 2)
    while ((code >= 60 && code <= 62) || code === 33) {
      compares ||= code !== 33
      code = units[++at]!
    }
    this.#push(compares ? T.compare : T.arithmetic, first, start, at)
    return at
  }

  #variable(start: number): number {
    const { lower, units } = this
    let at = start + 1
    while (units[at] === 64) at++
    while (at < lower.length && isNamed(units[at]!)) at++
    this.#push(T.variable, at - start > 1 && units[start + 1] === 64 ? 1 : 0, start, at)
    return at
  }

  #comment(start: number): number {
    const { lower, units } = this
    if (units[start + 2] === 33) {
      // What stands in a version comment is run.
      let at = start + 3
      while (isDigit(units[at]!)) at++
      this.versioned = true
      return at
    }
    // Looked for once: when nothing closes this one, nothing closes the next.
    const close = this.#unclosed ? -1 : lower.indexOf('*/', start + 2)
    if (close >= 0) return close + 2
    this.#unclosed = true
    return this.#one(T.comment, start, 2)
  }
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57
}

function isNamed(code: number): boolean {
  return code < 128 && (CLASS[code] === LETTER || CLASS[code] === DIGIT)
}

function isHex(code: number): boolean {
  return isDigit(code) || (code >= 97 && code <= 102)
}

function isDash(code: number): boolean {
  return code === 0x2013 || code === 0x2014
}
