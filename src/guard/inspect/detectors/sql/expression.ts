/** Reads an operand, or two with an operator between, from the tokens: bounded, and forgiving about brackets and open strings. */
import type { Tokens } from './tokens.ts'
import { T } from './tokens.ts'
import { FUNCTION, KEY } from './words.ts'

/** What an operand is. */
export const IS = {
  nothing: 0,
  number: 1,
  string: 2,
  /** A string that the value leaves open, for the application's own quote to close. */
  openString: 3,
  constant: 4, // null, true, false
  variable: 5,
  /** Of a function known to SQL. */
  call: 6,
  otherCall: 7,
  subselect: 8,
  name: 9,
} as const

const STRING_TOKENS_MAX = 24
const CALL_TOKENS_MAX = 40
const BRACKETS_MAX = 8

/** The operand read last. */
export const operand = { is: 0, first: 0, next: 0 }

/** Reads the operand at `index`: what it is, the token it starts with, and the token after it and its closing brackets. */
export function readOperand(tokens: Tokens, index: number): boolean {
  const { kind, detail } = tokens
  let at = index
  const bound = Math.min(tokens.count, index + BRACKETS_MAX)
  let opened = false
  while (
    at < bound &&
    (kind[at] === T.open ||
      kind[at] === T.arithmetic ||
      kind[at] === T.comment || // `or -- -1`: a sign twice
      (kind[at] === T.other && detail[at] === 123) ||
      (kind[at] === T.word && (detail[at]! & 255) === KEY.not))
  ) {
    opened = kind[at] === T.open
    at++
  }
  operand.first = at
  operand.is = IS.nothing
  operand.next = at
  switch (kind[at]) {
    case T.number:
    case T.oddNumber:
      operand.is = IS.number
      at++
      break
    case T.quote:
      at = readString(tokens, at)
      break
    case T.variable:
      operand.is = IS.variable
      at++
      break
    case T.word: {
      const code = detail[at]!
      const key = code & 255
      if (key === KEY.select) {
        if (!opened) return false
        operand.is = IS.subselect
        at = closing(tokens, at)
      } else if (key === KEY.null || key === KEY.truth) {
        operand.is = IS.constant
        at++
      } else if (kind[at + 1] === T.open) {
        operand.is = (code & FUNCTION) !== 0 || key === KEY.if ? IS.call : IS.otherCall
        at = closing(tokens, at + 2)
      } else {
        operand.is = IS.name
        at++
        while (kind[at] === T.dot && kind[at + 1] === T.word && at < index + CALL_TOKENS_MAX) at += 2
        if (kind[at] === T.open) {
          operand.is = IS.otherCall
          at = closing(tokens, at + 1)
        }
      }
      break
    }
    default:
      return false
  }
  const closed = Math.min(tokens.count, at + BRACKETS_MAX)
  while (at < closed && (kind[at] === T.close || (kind[at] === T.other && detail[at] === 125))) at++
  operand.next = at
  return true
}

/** Past the bracket that closes what is open at `at`, or as far as one looks. */
function closing(tokens: Tokens, at: number): number {
  const { kind } = tokens
  const bound = Math.min(tokens.count, at + CALL_TOKENS_MAX)
  let depth = 1
  let index = at
  for (; index < bound; index++) {
    if (kind[index] === T.open) depth++
    else if (kind[index] === T.close && --depth === 0) return index + 1
  }
  return index
}

function readString(tokens: Tokens, at: number): number {
  const { kind, start } = tokens
  const quote = tokens.units[start[at]!]
  const bound = Math.min(tokens.count, at + STRING_TOKENS_MAX)
  for (let index = at + 1; index < bound; index++) {
    if (kind[index] === T.quote && tokens.units[start[index]!] === quote) {
      // Backticks enclose a name.
      operand.is = quote === 96 ? IS.name : IS.string
      return index + 1
    }
  }
  if (bound === tokens.count && quote !== 96) {
    operand.is = IS.openString
    return bound
  }
  operand.is = IS.nothing
  return at + 1
}

/** The comparison read last: its operands, whether both are written alike, whether its operator is `=`, the token after it. */
export const comparison = { left: 0, right: 0, alike: false, equals: false, next: 0 }

/** Reads `operand operator operand` at `index`. */
export function readComparison(tokens: Tokens, index: number): boolean {
  const { kind, detail } = tokens
  if (!readOperand(tokens, index) || operand.is === IS.nothing) return false
  comparison.left = operand.is
  const leftFirst = operand.first
  let at = operand.next
  // 1*1=1, a-1=b: arithmetic belongs to its operand.
  for (let step = 0; step < 4 && (kind[at] === T.arithmetic || kind[at] === T.star); step++) {
    if (comparison.left >= IS.name || !readOperand(tokens, at + 1)) return false
    at = operand.next
  }
  comparison.equals = kind[at] === T.compare && detail[at] === 61
  if (kind[at] === T.word && (detail[at]! & 255) === KEY.not) at++
  const key = kind[at] === T.word ? detail[at]! & 255 : 0
  if (kind[at] === T.compare) {
    at++
  } else if (key === KEY.is) {
    at++
    if (kind[at] === T.word && (detail[at]! & 255) === KEY.not) at++
  } else if (key === KEY.like || key === KEY.in || key === KEY.between) at++
  else if (kind[at] === T.path) at++
  else return false
  if (!readOperand(tokens, at) || operand.is === IS.nothing) return false
  comparison.right = operand.is
  comparison.next = operand.next
  comparison.alike = sameText(tokens, leftFirst, operand.first)
  return true
}

const SAME_MAX = 64

function sameText({ lower, start, stop }: Tokens, one: number, other: number): boolean {
  const length = stop[one]! - start[one]!
  if (length > SAME_MAX || length !== stop[other]! - start[other]!) return false
  return lower.startsWith(lower.slice(start[one], stop[one]), start[other])
}
