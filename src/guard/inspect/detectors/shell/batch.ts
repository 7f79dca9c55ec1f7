import { isSpace, matchesAt, skipSpace } from '../text.ts'

/** `for %x in (…) do`, with the switches cmd.exe knows. The variable is one sign or word behind one or two percent signs. */
const FOR = /for(?:\s+\/[dlrf]\b|\s)[^\r\n%]{0,80}%{1,2}[a-z0-9~[\]/%_ ]{0,16}\s*\bin\s*\(/iy
const SWITCH = /\s*\/i\b/iy
const NOT = /\s*not\b/iy
/** What only cmd.exe asks. */
const ASKS = /\s*(?:exist\s+\S|defined\s+[a-z_%]|errorlevel\s+\d|cmdextversion\s+\d)/iy
const COMPARES = /\s*(?:===?|\b(?:equ|neq|lss|leq|gtr|geq)\b)/iy
const WORDED = /\s*\b(?:equ|neq|lss|leq|gtr|geq)\b/iy
const OPERAND_MAX = 48

/**
 * Whether a line of cmd.exe's `for` or `if` begins at `at`. `if (a == b) {` of programming languages does not: cmd compares
 * words run together (`a==b`), quoted or bracketed on both sides, or by words such as EQU, and no brace or colon follows.
 */
export function batchLine(text: string, at: number): boolean {
  const first = text.charCodeAt(at) | 32
  if (first === 102) return matchesAt(FOR, text, at)
  return first === 105 && (text.charCodeAt(at + 1) | 32) === 102 && conditional(text, at + 2)
}

function conditional(text: string, from: number): boolean {
  let at = from
  const next = text.charCodeAt(at)
  if (!isSpace(next) && next !== 47) return false
  if (matchesAt(SWITCH, text, at)) at = SWITCH.lastIndex
  if (matchesAt(NOT, text, at)) at = NOT.lastIndex
  if (matchesAt(ASKS, text, at)) return true
  at = skipSpace(text, at)
  // `(2 geq 15)`: the comparison in brackets of its own.
  if (text.charCodeAt(at) === 40 && !closesBeforeOperator(text, at)) {
    const inner = operand(text, skipSpace(text, at + 1))
    return inner > 0 && matchesAt(WORDED, text, inner)
  }
  const wrapped = isWrapped(text, at)
  const left = operand(text, at)
  if (left <= at || !matchesAt(COMPARES, text, left)) return false
  const spaced = isSpace(text.charCodeAt(left))
  const worded = matchesAt(WORDED, text, left)
  COMPARES.lastIndex = left
  COMPARES.test(text)
  const right = skipSpace(text, COMPARES.lastIndex)
  if (spaced && !worded && !(wrapped && isWrapped(text, right))) return false
  const end = skipSpace(text, Math.max(operand(text, right), right))
  const after = text.charCodeAt(end)
  return after !== 58 && after !== 123
}

function closesBeforeOperator(text: string, at: number): boolean {
  const close = text.indexOf(')', at)
  return close > 0 && close - at < OPERAND_MAX && !/\s(?:equ|neq|lss|leq|gtr|geq)\s|==/i.test(text.slice(at, close))
}

function isWrapped(text: string, at: number): boolean {
  const code = text.charCodeAt(at)
  return code === 34 || code === 91 || code === 123 || code === 40 || code === 37
}

const CLOSE: Readonly<Record<number, number>> = { 34: 34, 91: 93, 123: 125, 40: 41 }

/** The index after the operand at `at`: a wrapped one whole, else up to a blank or `=`. */
function operand(text: string, at: number): number {
  const close = CLOSE[text.charCodeAt(at)]
  const end = Math.min(text.length, at + OPERAND_MAX)
  for (let index = at + (close === undefined ? 0 : 1); index < end; index++) {
    const code = text.charCodeAt(index)
    if (close === undefined ? isSpace(code) || code === 61 || code === 41 : code === close)
      return close === undefined ? index : index + 1
  }
  return close === undefined ? end : -1
}
