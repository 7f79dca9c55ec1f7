/** The rules of SQL injection, each of them a structure: which tokens, in which place. */
import { SCORE } from '../../detector.ts'
import type { HitList } from '../hit-list.ts'
import { comparison, IS, operand, readComparison, readOperand } from './expression.ts'
import { found } from './finding.ts'
import type { Finding } from './finding.ts'
import { after, commentedAt, endsAt, PLACE, placeOf } from './place.ts'
import { judgeStatement, selectShape } from './statements.ts'
import type { Tokens } from './tokens.ts'
import { T } from './tokens.ts'
import { DELAY, FUNCTION, KEY, SYSTEM, TELLTALE, TYPE } from './words.ts'

const LITERAL_BEGINS = new Uint8Array(32)
for (const kind of [T.number, T.oddNumber, T.quote, T.open, T.arithmetic, T.comment]) LITERAL_BEGINS[kind] = 1

const BEGINS = new Uint8Array(32)
for (const kind of [
  T.word,
  T.pipes,
  T.ampersands,
  T.quote,
  T.oddNumber,
  T.number,
  T.open,
  T.cast,
  T.compare,
  T.variable,
]) {
  BEGINS[kind] = 1
}

/** Judges the tokens of the window that have not been judged; stops at the first proof. */
export function judgeWindow(tokens: Tokens, document: boolean, hits: HitList): void {
  const { kind, detail, ready } = tokens
  for (let index = tokens.from; index < ready; index++) {
    const begins = kind[index]!
    if (BEGINS[begins] === 0 || (begins === T.word && detail[index] === 0)) continue
    const finding = judgeToken(tokens, index, document)
    if (finding === null) continue
    hits.add({ class: 'sqli', ...finding })
    if (hits.proven) return
  }
}

/** What stands at the token `index`, if it begins something. In a document only what breaks out is proof. */
function judgeToken(tokens: Tokens, index: number, document: boolean): Finding | null {
  switch (tokens.kind[index]) {
    case T.word:
      return judgeWord(tokens, index, document)
    case T.pipes:
    case T.ampersands:
      return judgeConnective(tokens, index, document)
    case T.quote:
      return judgeQuote(tokens, index, document)
    case T.oddNumber:
      return judgeOddNumber(tokens, index, document)
    case T.number:
      return tokens.lower.startsWith('2.22507385850720', tokens.start[index])
        ? found(tokens, 'sqli.magic-number', SCORE.proof, index, index)
        : null
    case T.open:
      return judgeOpen(tokens, index, document)
    case T.cast:
      return judgeCast(tokens, index, document)
    case T.compare:
      return judgeCompare(tokens, index)
    case T.variable:
      return tokens.detail[index] === 1 && tokens.stop[index]! - tokens.start[index]! > 4 && !document
        ? found(tokens, 'sqli.variable', inExpression(tokens, index) ? SCORE.proof : SCORE.strong, index, index)
        : null
    default:
      return null
  }
}

function judgeWord(tokens: Tokens, index: number, document: boolean): Finding | null {
  const code = tokens.detail[index]!
  const key = code & 255
  if (key === KEY.or || key === KEY.and) {
    const finding = judgeConnective(tokens, index, document)
    if (finding !== null) return finding
  } else if (key !== 0) {
    const finding = judgeStatement(tokens, index, key, document)
    if (finding !== null) return finding
  }
  if ((code & FUNCTION) !== 0) {
    const finding = judgeCall(tokens, index, code, document)
    if (finding !== null) return finding
  }
  if ((code & SYSTEM) !== 0) return judgeSystem(tokens, index, document)
  return null
}

/** OR, AND, XOR, ||, && and what they join. */
function judgeConnective(tokens: Tokens, index: number, document: boolean): Finding | null {
  const place = placeOf(tokens, index)
  const next = after(tokens, index)
  const { kind, detail } = tokens
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
  if (broken && (kind[index] === T.word || kind[index] === T.pipes)) {
    // ' or true--, ' or 1--, ' or ''-', x' or email notnull--
    const value = is === IS.constant || is === IS.number || is === IS.string || is === IS.openString
    if (value && endsAt(tokens, rest)) return found(tokens, 'sqli.tautology', SCORE.proof, index, rest - 1)
    if (value && (kind[rest] === T.arithmetic || kind[rest] === T.star || kind[rest] === T.quote) && !document) {
      return found(tokens, 'sqli.tautology', SCORE.proof, index, rest)
    }
    if (commentedAt(tokens, rest) || (kind[rest] === T.word && (detail[rest]! & 255) === KEY.nullness)) {
      return found(tokens, 'sqli.condition', SCORE.proof, index, rest - 1)
    }
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

/** The 'or' of a sentence: a word in quotes, with nothing at their outer sides. */
function quotedWord(tokens: Tokens, index: number): boolean {
  const { kind, start, stop, lower } = tokens
  if (index === 0 || kind[index - 1] !== T.quote || kind[index + 1] !== T.quote) return false
  if (stop[index - 1] !== start[index] || stop[index] !== start[index + 1]) return false
  const glued = index > 1 && stop[index - 2] === start[index - 1]
  return !glued && !(stop[index + 1] === start[index + 2] && isWordly(lower.charCodeAt(stop[index + 1]!)))
}

function isWordly(code: number): boolean {
  return (code >= 48 && code <= 57) || (code >= 97 && code <= 122) || code === 39 || code === 34
}

function isLiteral(is: number): boolean {
  return is >= IS.number && is <= IS.constant
}

/** A known function, called where an expression stands. */
function judgeCall(tokens: Tokens, index: number, code: number, document: boolean): Finding | null {
  const { kind } = tokens
  // encode=(, md5\(: what a reader of one's own might drop.
  const open = kind[index + 1] === T.compare && kind[index + 2] === T.open ? index + 2 : index + 1
  if (kind[open] !== T.open) return null
  if (index === 0 && tokens.first && kind[open + 1] === T.end) {
    return found(tokens, 'sqli.open-call', SCORE.proof, index, open)
  }
  if (open !== index + 1 || document) return null
  if ((code & (TELLTALE | DELAY)) === 0) {
    // A harmless name tells nothing unless the value is that call and no more, with something of SQL in it.
    return judgeCommonCall(tokens, index)
  }
  if ((code & TELLTALE) !== 0) return found(tokens, 'sqli.function', SCORE.proof, index, open)
  readOperand(tokens, index)
  const alone = index === 0 && tokens.first && (kind[operand.next] === T.quote || continues(tokens, operand.next))
  if (alone || (inExpression(tokens, index) && continues(tokens, operand.next))) {
    return found(tokens, 'sqli.function', SCORE.proof, index, operand.next - 1)
  }
  return null
}

function judgeCommonCall(tokens: Tokens, index: number): Finding | null {
  const { kind, detail, stop, start } = tokens
  const before = index - 1
  const selected = before >= 0 && kind[before] === T.word && (detail[before]! & 255) === KEY.select
  // select version(), select user(): the name stands close to its bracket and nothing but an expression follows.
  if (selected && start[index + 1] === stop[index]) {
    readOperand(tokens, index)
    const from = kind[operand.next] === T.word && (detail[operand.next]! & 255) === KEY.from
    if (!from && continues(tokens, operand.next)) return found(tokens, 'sqli.function', SCORE.proof, before, index + 1)
  }
  // CHAR(88)+CHAR(88): a string spelled out.
  const name = tokens.lower.slice(start[index], Math.min(stop[index]!, start[index]! + 5))
  if ((name === 'char' || name === 'chr' || name === 'nchar') && kind[index + 2] === T.number) {
    const next = index + 4
    if (
      kind[index + 3] === T.close &&
      (kind[next] === T.arithmetic || kind[next] === T.pipes || kind[next] === T.comma)
    ) {
      const again = kind[next + 1] === T.word && detail[next + 1] === detail[index] && kind[next + 2] === T.open
      if (again) return found(tokens, 'sqli.spelled-string', SCORE.proof, index, next + 2)
    }
  }
  // div(23,-2): numbers into a function, and no more.
  if (index === 0 && tokens.first && isOperator(tokens.detail[index]!) && kind[index + 2] === T.number) {
    readOperand(tokens, index)
    if (endsAt(tokens, operand.next)) return found(tokens, 'sqli.function', SCORE.proof, index, operand.next - 1)
  }
  return null
}

/** A word that is an operator and a function of the same name: DIV, MOD. */
function isOperator(code: number): boolean {
  return (code & 255) === KEY.like
}

/** Whether an expression may begin at `index`: after an operator, a bracket, a comma, a break, or SELECT and its like. */
function inExpression(tokens: Tokens, index: number): boolean {
  const at = index - 1
  if (at < 0) return tokens.first
  const kind = tokens.kind[at]!
  if (kind === T.word) {
    const key = tokens.detail[at]! & 255
    return key !== 0 && key <= KEY.limit
  }
  if (kind === T.quote) return tokens.detail[at] !== 0
  return (
    kind === T.open ||
    kind === T.comma ||
    kind === T.compare ||
    kind === T.pipes ||
    kind === T.ampersands ||
    kind === T.arithmetic ||
    kind === T.semicolon ||
    kind === T.comment ||
    kind === T.close
  )
}

/** Whether an expression that ends at `index` could go on as SQL there: no word of a sentence follows. */
function continues(tokens: Tokens, index: number): boolean {
  const kind = tokens.kind[index]
  if (kind === T.word) return (tokens.detail[index]! & 255) !== 0
  return kind !== T.number && kind !== T.other && kind !== T.dot
}

/** A server's own tables. */
function judgeSystem(tokens: Tokens, index: number, document: boolean): Finding | null {
  if (document) return null
  const { kind, detail } = tokens
  const alone = tokens.first && index === 0 && endsAt(tokens, index + 1)
  const before = index > 0 && kind[index - 1] === T.word ? detail[index - 1]! & 255 : 0
  const addressed =
    before === KEY.from ||
    before === KEY.into ||
    before === KEY.update ||
    before === KEY.object ||
    before === KEY.select ||
    (kind[index + 1] === T.dot && kind[index + 2] === T.word)
  return found(tokens, 'sqli.system-table', alone || addressed ? SCORE.proof : SCORE.strong, index, index)
}

/** x'; — and a comment that cuts off the rest. */
function judgeQuote(tokens: Tokens, index: number, document: boolean): Finding | null {
  const { kind, detail, start, stop } = tokens
  // '{"a": 1}'::json, '…' -> '$.c': the operators of JSON.
  if (kind[index + 1] === T.path && !document) {
    const arrow = detail[index + 1] === 45
    if (kind[index + 2] === T.quote || (!arrow && (kind[index + 2] === T.word || kind[index + 2] === T.number))) {
      return found(tokens, 'sqli.json', SCORE.proof, index, index + 2)
    }
  }
  if (detail[index] === 0) return null
  if (
    kind[index + 1] === T.compare &&
    kind[index + 2] === T.quote &&
    !document &&
    tokens.lower.charCodeAt(stop[index + 2]!) === 36 &&
    tokens.lower.charCodeAt(stop[index + 2]! + 1) === 46
  ) {
    return found(tokens, 'sqli.json', SCORE.proof, index, index + 2)
  }
  if (detail[index] !== 1 || document) return null
  let at = index + 1
  while (at < index + 8 && (kind[at] === T.close || kind[at] === T.semicolon)) at++
  if (kind[at] === T.comment && kind[at + 1] === T.end) {
    return found(tokens, 'sqli.comment-tail', SCORE.proof, index, at)
  }
  if (kind[at] === T.comment && kind[at + 1] === T.arithmetic && kind[at + 2] === T.end) {
    return found(tokens, 'sqli.comment-tail', SCORE.proof, index, at)
  }
  // admin';
  if (kind[index + 1] === T.semicolon && kind[index + 2] === T.end && index > 0 && start[index] === stop[index - 1]) {
    return found(tokens, 'sqli.break', SCORE.proof, index, index + 1)
  }
  return null
}

/** 1.e(…), 1.e.table */
function judgeOddNumber(tokens: Tokens, index: number, document: boolean): Finding | null {
  const { kind, stop, start } = tokens
  const next = index + 1
  const glued =
    start[next] === stop[index] && (kind[next] === T.open || (kind[next] === T.dot && kind[next + 1] === T.word))
  return glued && !document ? found(tokens, 'sqli.odd-number', SCORE.proof, index, next) : null
}

/** A bracket that opens a SELECT in an expression; and `) like (`, which needs brackets of somebody else's. */
function judgeOpen(tokens: Tokens, index: number, document: boolean): Finding | null {
  const { kind, detail } = tokens
  if (kind[index + 1] === T.word && (detail[index + 1]! & 255) === KEY.select && !document) {
    const before = index - 1
    const joined =
      before < 0
        ? tokens.first
        : kind[before] === T.compare ||
          kind[before] === T.arithmetic ||
          kind[before] === T.pipes ||
          kind[before] === T.comma ||
          kind[before] === T.ampersands ||
          kind[before] === T.quote ||
          kind[before] === T.open ||
          (detail[before]! & FUNCTION) !== 0
    if (joined && selectShape(tokens, index + 1)) return found(tokens, 'sqli.subselect', SCORE.proof, index, index + 1)
  }
  return null
}

/** password::int — a cast that makes the server say a value in its error. */
function judgeCast(tokens: Tokens, index: number, document: boolean): Finding | null {
  const { kind, detail } = tokens
  if (document || index === 0 || kind[index + 1] !== T.word || (detail[index + 1]! & TYPE) === 0) return null
  const before = kind[index - 1]
  if (before !== T.word && before !== T.close && before !== T.quote) return null
  const next = kind[index + 2]
  const over =
    before === T.quote ||
    next === T.end ||
    next === T.comment ||
    next === T.compare ||
    next === T.close ||
    next === T.path ||
    next === T.word
  return over ? found(tokens, 'sqli.cast', SCORE.proof, index - 1, index + 1) : null
}

/** x'=sleep(5)='; and `'='`, which turns a comparison of strings around. */
function judgeCompare(tokens: Tokens, index: number): Finding | null {
  const { kind, detail } = tokens
  if (index > 1 || !tokens.first || index === 0 || kind[0] !== T.quote) return null
  if (kind[2] !== T.quote || tokens.detail[index] !== 61) return null
  const or = kind[3] === T.word && (detail[3]! & 255) === KEY.or
  return or ? found(tokens, 'sqli.condition', SCORE.proof, 0, 3) : null
}
