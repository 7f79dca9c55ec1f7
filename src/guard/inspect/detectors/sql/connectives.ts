/** The rules for what joins conditions: OR, AND, XOR, ||, &&. */
import { SCORE } from '../../detector.ts'
import { comparison, IS, operand, readComparison, readOperand } from './expression.ts'
import { found } from './finding.ts'
import type { Finding } from './finding.ts'
import { after, commentedAt, endsAt, isLastComment, PLACE, placeOf } from './place.ts'
import { selectShape } from './statements.ts'
import type { Tokens } from './tokens.ts'
import { T } from './tokens.ts'
import { DELAY, KEY, TELLTALE } from './words.ts'

const LITERAL_BEGINS = new Uint8Array(32)
for (const kind of [T.number, T.oddNumber, T.quote, T.open, T.arithmetic, T.comment]) LITERAL_BEGINS[kind] = 1

const OPERAND_BEGINS = LITERAL_BEGINS.slice()
for (const kind of [T.word, T.variable, T.other]) OPERAND_BEGINS[kind] = 1

/** OR, AND, XOR, ||, && and what they join. */
export function judgeConnective(tokens: Tokens, index: number, document: boolean): Finding | null {
  const { kind, detail } = tokens
  const next = after(tokens, index)
  if (OPERAND_BEGINS[kind[next]!] === 0) return null
  const place = placeOf(tokens, index)
  // Within a sentence only a comparison of literals tells anything.
  if (place === PLACE.within) {
    if (document || LITERAL_BEGINS[kind[next]!] === 0) return null
    if (kind[next] === T.number && kind[next + 1] === T.compare && LITERAL_BEGINS[kind[next + 2]!] === 0) return null
  }
  const broken = place === PLACE.broken
  const outside = broken || place === PLACE.start || place === PLACE.afterFirst
  // x' || 'y: a string glued to one's own.
  if (broken && kind[index] === T.pipes && kind[next] === T.quote) {
    return document ? null : found(tokens, 'sqli.concatenation', SCORE.proof, index - 1, next)
  }
  if (readComparison(tokens, next)) {
    const { left, right, alike, equals, next: rest } = comparison
    const literal = isLiteral(left) && isLiteral(right)
    const tail = commentedAt(tokens, rest)
    const open = right === IS.openString || left === IS.openString
    if (literal && (outside || tail || (place === PLACE.afterString && alike))) {
      return found(tokens, 'sqli.tautology', SCORE.proof, index, rest - 1)
    }
    if (broken && (tail || open || isLiteral(right) || isLiteral(left) || alike) && !(document && !tail && !open)) {
      return found(tokens, 'sqli.condition', SCORE.proof, index, rest - 1)
    }
    if (
      outside &&
      ((alike && equals) || left === IS.subselect || right === IS.subselect || left === IS.call || right === IS.call)
    ) {
      return found(tokens, 'sqli.condition', SCORE.proof, index, rest - 1)
    }
    if (outside && tail) return found(tokens, 'sqli.condition', SCORE.proof, index, rest - 1)
    if (place === PLACE.start && endsAt(tokens, rest) && !document) {
      return found(
        tokens,
        'sqli.condition',
        isLiteral(right) || left === right ? SCORE.proof : SCORE.strong,
        index,
        rest - 1,
      )
    }
    return literal && alike && equals ? found(tokens, 'sqli.tautology', SCORE.strong, index, rest - 1) : null
  }
  // Behind no break only a call tells anything, and no number or string is one.
  if (!outside && (kind[next] === T.quote || kind[next] === T.number)) return null
  if (!readOperand(tokens, next)) return null
  const { is, first, next: rest } = operand
  if (quotedWord(tokens, index)) return null
  if (is === IS.call && (outside || commentedAt(tokens, rest))) {
    const telling = (detail[first]! & (TELLTALE | DELAY)) !== 0
    if (telling || broken || commentedAt(tokens, rest)) return found(tokens, 'sqli.call', SCORE.proof, index, rest - 1)
  }
  if (is === IS.subselect && outside && selectShape(tokens, first)) {
    return found(tokens, 'sqli.subselect', SCORE.proof, index, rest - 1)
  }
  if (broken && !measures(tokens, index, is)) {
    // ' or true--, ' or 1--, ' or ''-'
    const cut = kind[rest] === T.comment
    const text = is === IS.string || is === IS.openString
    if (is === IS.constant || text ? endsAt(tokens, rest) : is === IS.number && cut) {
      return found(tokens, 'sqli.tautology', SCORE.proof, index, rest - 1)
    }
    if (text && (kind[rest] === T.arithmetic || kind[rest] === T.star || kind[rest] === T.quote) && !document) {
      return found(tokens, 'sqli.tautology', SCORE.proof, index, rest)
    }
    // x' or email notnull--, x' or uname--
    const nullness = kind[rest] === T.word && (detail[rest]! & 255) === KEY.nullness
    if (nullness || (cut && isLastComment(tokens, rest)))
      return found(tokens, 'sqli.condition', SCORE.proof, index, rest - 1)
  }
  if (outside && is === IS.constant && commentedAt(tokens, rest)) {
    return found(tokens, 'sqli.tautology', SCORE.proof, index, rest)
  }
  if (outside && is === IS.constant && endsAt(tokens, rest)) {
    if (place === PLACE.start) return found(tokens, 'sqli.tautology', SCORE.strong, index, rest)
    if (kind[index - 1] === T.number) return found(tokens, 'sqli.tautology', SCORE.proof, index, rest)
  }
  return null
}

/** `5'10" or 6'2"`, `12" or 14"`: feet and inches. */
function measures(tokens: Tokens, index: number, is: number): boolean {
  const { kind, start, stop } = tokens
  return is === IS.number && index > 1 && kind[index - 2] === T.number && stop[index - 2] === start[index - 1]
}

/** The 'or' of a sentence: a word in quotes, with nothing at their outer sides. */
function quotedWord(tokens: Tokens, index: number): boolean {
  const { kind, start, stop, lower } = tokens
  if (index === 0 || kind[index - 1] !== T.quote || kind[index + 1] !== T.quote) return false
  if (stop[index - 1] !== start[index] || stop[index] !== start[index + 1]) return false
  const before = index > 1 ? kind[index - 2] : T.end
  const glued = (before === T.word || before === T.number || before === T.close) && stop[index - 2] === start[index - 1]
  return !glued && !(stop[index + 1] === start[index + 2] && isWordly(lower.charCodeAt(stop[index + 1]!)))
}

function isWordly(code: number): boolean {
  return (code >= 48 && code <= 57) || (code >= 97 && code <= 122) || code === 39 || code === 34
}

function isLiteral(is: number): boolean {
  return is >= IS.number && is <= IS.constant
}
