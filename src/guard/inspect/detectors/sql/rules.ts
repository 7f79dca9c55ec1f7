/** The rules of SQL injection, each of them a structure: which tokens, in which place. */
import { SCORE } from '../../detector.ts'
import type { HitList } from '../hit-list.ts'
import { judgeCall } from './calls.ts'
import { judgeConnective } from './connectives.ts'
import { found } from './finding.ts'
import type { Finding } from './finding.ts'
import { endsAt, isLastComment } from './place.ts'
import { judgeStatement, selectShape } from './statements.ts'
import type { Tokens } from './tokens.ts'
import { T } from './tokens.ts'
import { FUNCTION, KEY, SYSTEM, TYPE } from './words.ts'

/** Kinds of tokens that begin something, by the kind that follows: 1 in the place of both where a rule wants to know more. */
const PAIRS = new Uint8Array(1 << 10)
const ALL = Object.values(T)
const OPERANDS = [T.number, T.oddNumber, T.quote, T.open, T.arithmetic, T.comment, T.word, T.variable, T.other]
for (const [kind, followers] of [
  [T.word, ALL],
  [T.pipes, OPERANDS],
  [T.ampersands, OPERANDS],
  [T.quote, [T.path, T.compare, T.close, T.semicolon, T.comment]],
  [T.oddNumber, [T.open, T.dot]],
  [T.number, ALL],
  [T.open, [T.word]],
  [T.cast, [T.word]],
  [T.compare, [T.quote]],
  [T.variable, ALL],
] as const) {
  for (const follower of followers) PAIRS[(kind << 5) | follower] = 1
}

/** Longer than numbers of people's making; the one number that matters is. */
const LONG_NUMBER = 16

/** Judges the tokens of the window that have not been judged; stops at the first proof. */
export function judgeWindow(tokens: Tokens, document: boolean, hits: HitList): void {
  const { kind, detail, start, stop, ready } = tokens
  for (let index = tokens.from; index < ready; index++) {
    const begins = kind[index]!
    if (PAIRS[(begins << 5) | kind[index + 1]!] === 0) continue
    if (begins === T.word && detail[index] === 0) continue
    if (begins === T.number && stop[index]! - start[index]! < LONG_NUMBER) continue
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
      return document ? null : judgeVariable(tokens, index)
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

const VARIABLES =
  /^@@(?:version|global|session|hostname|datadir|basedir|tmpdir|server|microsoft|innodb|language|spid|rowcount|error|trancount|identity)/

/** @@version: the server's own variables. */
function judgeVariable(tokens: Tokens, index: number): Finding | null {
  const { start, stop, lower } = tokens
  if (tokens.detail[index] !== 1 || stop[index]! - start[index]! < 5) return null
  const known = VARIABLES.test(lower.slice(start[index], start[index]! + 16))
  const before = index > 0 ? tokens.kind[index - 1]! : T.end
  const selected = before === T.word && (tokens.detail[index - 1]! & 255) === KEY.select
  const asked = selected || before === T.open || before === T.comma || before === T.compare
  return found(tokens, 'sqli.variable', asked || (known && index === 0) ? SCORE.proof : SCORE.weak, index, index)
}

/** A server's own tables. */
function judgeSystem(tokens: Tokens, index: number, document: boolean): Finding | null {
  if (document) return null
  const { kind, detail } = tokens
  // The sample database is also the name of companies; as a name of a parameter it is a probe.
  if (!tokens.key && tokens.lower.startsWith('northwind', tokens.start[index])) return null
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
    const array = kind[index + 2] === T.word && tokens.lower.startsWith('array', start[index + 2])
    // An arrow between quoted words is an arrow; one after JSON or before a path is an operator.
    const before = tokens.lower.charCodeAt(start[index]! - 1)
    const json = before === 125 || before === 93 || tokens.lower.charCodeAt(stop[index + 2]!) === 36
    if (detail[index + 1] === 45 ? json && kind[index + 2] === T.quote : kind[index + 2] === T.quote || array) {
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
  const backtick = tokens.lower.charCodeAt(start[index]!) === 96
  let at = index + 1
  while (at < index + 8 && (kind[at] === T.close || kind[at] === T.semicolon)) at++
  if (!backtick && kind[at] === T.comment && isLastComment(tokens, at)) {
    return found(tokens, 'sqli.comment-tail', isPlainBefore(tokens, index) ? SCORE.proof : SCORE.strong, index, at)
  }
  // admin';
  if (kind[index + 1] === T.semicolon && kind[index + 2] === T.end && isPlainBefore(tokens, index) && index > 0) {
    return found(tokens, 'sqli.break', SCORE.proof, index, index + 1)
  }
  return null
}

const PLAIN_MAX = 16
const PLAIN = new Uint8Array(32)
for (const kind of [T.word, T.number, T.dot, T.variable, T.close, T.comma]) PLAIN[kind] = 1

/** Whether what stands before the break is a value as people give them: a name, a number, an address; no string of odd signs. */
function isPlainBefore(tokens: Tokens, index: number): boolean {
  if (!tokens.first || index > PLAIN_MAX) return false
  for (let at = 0; at < index; at++) {
    const percent = tokens.kind[at] === T.arithmetic && (tokens.detail[at] === 37 || tokens.detail[at] === 45)
    const quote = tokens.kind[at] === T.quote && tokens.kind[0] === T.quote
    if (PLAIN[tokens.kind[at]!] === 0 && !percent && !quote) return false
  }
  return true
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
  if (before === T.word && index > 2) return null
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
