/** The rules for words that begin or join statements. */
import { SCORE } from '../../detector.ts'
import { comparison, IS, operand, readComparison, readOperand } from './expression.ts'
import { found } from './finding.ts'
import type { Finding } from './finding.ts'
import { after, commentedAt, endsAt, isLastComment, PLACE, placeOf } from './place.ts'
import type { Tokens } from './tokens.ts'
import { T } from './tokens.ts'
import { DELAY, FUNCTION, KEY, SYSTEM, TELLTALE } from './words.ts'

const LIST_TOKENS_MAX = 24

function keyAt(tokens: Tokens, index: number): number {
  return tokens.kind[index] === T.word ? tokens.detail[index]! & 255 : 0
}

export function judgeStatement(tokens: Tokens, index: number, key: number, document: boolean): Finding | null {
  switch (key) {
    case KEY.union:
      return judgeUnion(tokens, index, document)
    case KEY.select:
      return judgeSelect(tokens, index, document)
    case KEY.waitfor: {
      const next = after(tokens, index)
      return keyAt(tokens, next) === KEY.delay && tokens.kind[after(tokens, next)] === T.quote
        ? found(tokens, 'sqli.delay', SCORE.proof, index, next + 1)
        : null
    }
    case KEY.order:
      return judgeOrder(tokens, index, document)
    case KEY.having:
    case KEY.where:
      return judgeHaving(tokens, index, key, document)
    case KEY.procedure:
      return keyAt(tokens, index + 1) === KEY.analyse && tokens.kind[index + 2] === T.open
        ? found(tokens, 'sqli.probe', SCORE.proof, index, index + 2)
        : null
    case KEY.exec:
      return judgeExec(tokens, index, document)
    case KEY.if:
      return judgeIf(tokens, index, document)
    case KEY.like:
    case KEY.in:
    case KEY.is:
    case KEY.between:
    case KEY.limit:
      return judgeOperator(tokens, index, key, document)
    case KEY.into:
      return keyAt(tokens, index + 1) === KEY.file
        ? found(tokens, 'sqli.file', document ? SCORE.strong : SCORE.proof, index, index + 1)
        : null
    case KEY.as:
      return document ? null : judgeAs(tokens, index)
    case KEY.insert:
    case KEY.update:
    case KEY.delete:
    case KEY.define:
    case KEY.declare:
    case KEY.shutdown:
    case KEY.grant:
      return judgeChange(tokens, index, key, document)
    default:
      return null
  }
}

/** UNION [ALL] SELECT and a list that no sentence has. */
function judgeUnion(tokens: Tokens, index: number, document: boolean): Finding | null {
  const { kind } = tokens
  let at = after(tokens, index)
  if (keyAt(tokens, at) === KEY.all) at = after(tokens, at)
  while (kind[at] === T.open && at < index + 8) at++
  // SELECTCHAR(…: a payload whose blank was lost.
  const glued = kind[at] === T.word && tokens.lower.startsWith('selectchar', tokens.start[at])
  if (keyAt(tokens, at) !== KEY.select && !glued) return null
  if (glued || selectShape(tokens, at)) {
    const place = placeOf(tokens, index)
    const outside = place === PLACE.broken || place === PLACE.start || place === PLACE.afterFirst
    if (document && !outside) return found(tokens, 'sqli.union', SCORE.strong, index, at)
    return found(tokens, 'sqli.union', SCORE.proof, index, at)
  }
  if (document) return null
  const place = placeOf(tokens, index)
  if (place === PLACE.broken) return found(tokens, 'sqli.union', SCORE.proof, index, at)
  // Nothing but the two words, written in a way nobody writes them.
  if (tokens.kind[at + 1] === T.end || commentedAt(tokens, at + 1)) {
    const odd = tokens.versioned || scrambled(tokens, index) || commentedAt(tokens, at + 1)
    return found(tokens, 'sqli.union', odd ? SCORE.proof : SCORE.strong, index, at)
  }
  if ((place === PLACE.start || place === PLACE.afterFirst) && listedFrom(tokens, at + 1)) {
    return found(tokens, 'sqli.union', SCORE.proof, index, at)
  }
  return tokens.versioned || scrambled(tokens, index) ? found(tokens, 'sqli.union', SCORE.proof, index, at) : null
}

/** Whether a word mixes cases as in `uNiOn`: upper case after lower case twice. */
function scrambled(tokens: Tokens, index: number): boolean {
  let turns = 0
  for (let at = tokens.start[index]! + 1; at < tokens.stop[index]!; at++) {
    const upper = tokens.text.charCodeAt(at) < 97
    const upperBefore = tokens.text.charCodeAt(at - 1) < 97
    if (upper && !upperBefore) turns++
  }
  return turns >= 2
}

/** `a[, b]* from`: one name or several with commas, then FROM and one name, with nothing of a sentence after it. */
function listedFrom(tokens: Tokens, index: number): boolean {
  const { kind } = tokens
  let at = index
  const bound = Math.min(tokens.count, index + LIST_TOKENS_MAX)
  while (at < bound && kind[at] === T.word && kind[at + 1] === T.comma) at += 2
  if (kind[at] !== T.word || keyAt(tokens, at + 1) !== KEY.from || kind[at + 2] !== T.word)
    return keyAt(tokens, at + 1) === KEY.from && kind[at + 2] === T.end
  const next = kind[at + 3]
  return next !== T.word || keyAt(tokens, at + 3) !== 0
}

/** Whether what follows SELECT at `index` is a list that only SQL has: numbers, NULLs, calls, variables, a star and FROM. */
export function selectShape(tokens: Tokens, index: number): boolean {
  const { kind, detail, start, stop } = tokens
  let at = after(tokens, index)
  if (keyAt(tokens, at) === KEY.all) at++
  const first = kind[at]
  if (first === T.number || first === T.variable || first === T.oddNumber) {
    return kind[at + 1] !== T.word || keyAt(tokens, at + 1) !== 0
  }
  if (first === T.quote) return readOperand(tokens, at) && operand.is !== IS.nothing && kind[operand.next] !== T.word
  if (first === T.open) return true
  if (first === T.star) return keyAt(tokens, at + 1) === KEY.from
  if (first !== T.word) return false
  const key = keyAt(tokens, at)
  if (key === KEY.null || key === KEY.case || key === KEY.if)
    return kind[at + 1] !== T.word || keyAt(tokens, at + 1) !== 0
  if (kind[at + 1] === T.open && start[at + 1] === stop[at] && (detail[at]! & FUNCTION) !== 0) return true
  // a, b from c  |  a from b where …  |  a from information_schema
  const bound = Math.min(tokens.count, at + LIST_TOKENS_MAX)
  let commas = 0
  while (at < bound && kind[at] === T.word && (kind[at + 1] === T.comma || kind[at + 1] === T.dot)) {
    commas++
    at += 2
  }
  if (kind[at] === T.number || keyAt(tokens, at) === KEY.null) return commas > 0
  if (kind[at] !== T.word || keyAt(tokens, at + 1) !== KEY.from || kind[at + 2] !== T.word) return false
  if ((detail[at + 2]! & SYSTEM) !== 0) return true
  const next = keyAt(tokens, at + 3)
  return (
    commas > 0 ||
    next === KEY.where ||
    next === KEY.limit ||
    next === KEY.order ||
    kind[at + 3] === T.dot ||
    kind[at + 3] === T.close ||
    kind[at + 3] === T.comment
  )
}

/** SELECT where a value stands: after a break or a `;`, or as the whole of it and asking for what only an attacker wants. */
function judgeSelect(tokens: Tokens, index: number, document: boolean): Finding | null {
  const place = placeOf(tokens, index)
  const { kind, detail } = tokens
  if (document) return null
  // 'SELECT 1' is a string in somebody's code; x' SELECT 1 follows one.
  const quoted = kind[index - 1] === T.quote && tokens.stop[index - 1] === tokens.start[index]
  if (place === PLACE.broken && !quoted && (kind[index - 1] === T.semicolon || selectShape(tokens, index))) {
    return found(tokens, 'sqli.stacked', SCORE.proof, index, index + 1)
  }
  const next = after(tokens, index)
  if (kind[next] === T.word && (detail[next]! & (TELLTALE | DELAY)) !== 0) {
    if (kind[next + 1] === T.end || kind[next + 1] === T.open)
      return found(tokens, 'sqli.function', SCORE.proof, index, next)
  }
  if (kind[index - 1] === T.semicolon && index > 1 && selectShape(tokens, index) && commentedAt(tokens, index + 1)) {
    return found(tokens, 'sqli.stacked', SCORE.proof, index, index + 1)
  }
  return null
}

/** ORDER BY 12 -- : how many columns are there? */
function judgeOrder(tokens: Tokens, index: number, document: boolean): Finding | null {
  const { kind } = tokens
  const by = after(tokens, index)
  if (keyAt(tokens, by) !== KEY.by) return null
  const place = placeOf(tokens, index)
  const outside = place === PLACE.broken || place === PLACE.start || place === PLACE.afterFirst
  let at = after(tokens, by)
  if (kind[at] === T.number) {
    while (
      kind[at + 1] === T.comma &&
      (kind[at + 2] === T.number || kind[at + 2] === T.comment) &&
      at < index + LIST_TOKENS_MAX
    )
      at += 2
    if (kind[at] === T.comment) return outside ? found(tokens, 'sqli.probe', SCORE.proof, index, at) : null
    if (kind[at + 1] === T.comma && kind[at + 2] === T.end) at++
    // Whatever stands before: the value ends in a comment that cuts off the rest of a statement.
    if (!document && kind[at + 1] === T.comment && isLastComment(tokens, at + 1)) {
      return found(tokens, 'sqli.probe', SCORE.proof, index, at + 1)
    }
    if (!outside || (document && place !== PLACE.broken)) return null
    const afterWord = place === PLACE.afterFirst && kind[0] === T.word
    if (place === PLACE.broken || (commentedAt(tokens, at + 1) && !afterWord))
      return found(tokens, 'sqli.probe', SCORE.proof, index, at)
    return endsAt(tokens, at + 1)
      ? found(tokens, 'sqli.probe', place === PLACE.start || afterWord ? SCORE.strong : SCORE.proof, index, at)
      : null
  }
  if (place === PLACE.broken && kind[at] === T.word && !document) {
    const next = keyAt(tokens, at + 1)
    if (next === KEY.having || commentedAt(tokens, at + 1))
      return found(tokens, 'sqli.probe', SCORE.proof, index, at + 1)
  }
  return null
}

/** HAVING 1=1, WHERE 1=1 -- */
function judgeHaving(tokens: Tokens, index: number, key: number, document: boolean): Finding | null {
  if (document || !readComparison(tokens, after(tokens, index))) return null
  const { left, right, next } = comparison
  const place = placeOf(tokens, index)
  const literal = left <= IS.variable && right <= IS.variable
  if (literal && (place !== PLACE.within || commentedAt(tokens, next)))
    return found(tokens, 'sqli.probe', SCORE.proof, index, next - 1)
  const quoted = tokens.kind[after(tokens, index)] === T.quote
  if (key === KEY.having && (left === IS.call || quoted) && right === IS.number) {
    return found(tokens, 'sqli.probe', SCORE.proof, index, next - 1)
  }
  return literal && left === IS.number ? found(tokens, 'sqli.tautology', SCORE.strong, index, next - 1) : null
}

/** EXEC xp_…, EXEC master..x */
function judgeExec(tokens: Tokens, index: number, document: boolean): Finding | null {
  const { kind, start, lower } = tokens
  const next = after(tokens, index)
  if (kind[next] !== T.word || document) return null
  const at = start[next]!
  const procedure = lower.startsWith('xp_', at) || lower.startsWith('sp_', at)
  const dotted = kind[next + 1] === T.dot && (kind[next + 2] === T.dot || lower.startsWith('master', at))
  return procedure || dotted ? found(tokens, 'sqli.procedure', SCORE.proof, index, next) : null
}

/** IF(1=1 … */
function judgeIf(tokens: Tokens, index: number, document: boolean): Finding | null {
  const { kind } = tokens
  if (document) return null
  const braced = index > 0 && kind[index - 1] === T.other && tokens.detail[index - 1] === 123
  // {if f(x)>0}: MySQL takes what ODBC would have escaped.
  if (braced && index > 1 && kind[index + 1] === T.word && kind[index + 2] === T.open) {
    return found(tokens, 'sqli.condition', SCORE.proof, index - 1, index + 2)
  }
  if (kind[index + 1] !== T.open) return null
  if (kind[index + 2] === T.number && kind[index + 3] === T.compare) {
    const whole = index === 0 && tokens.first && (kind[index + 4] === T.end || kind[index + 4] === T.number)
    if (whole || placeOf(tokens, index) !== PLACE.within)
      return found(tokens, 'sqli.condition', SCORE.proof, index, index + 3)
  }
  const selected = index > 0 && keyAt(tokens, index - 1) === KEY.select
  return selected ? found(tokens, 'sqli.condition', SCORE.proof, index, index + 2) : null
}

/** ') like (, ' like '%, ' is not null -- */
function judgeOperator(tokens: Tokens, index: number, key: number, document: boolean): Finding | null {
  const { kind, lower, stop } = tokens
  if (document) return null
  const place = placeOf(tokens, index)
  const next = index + 1
  if (place === PLACE.start && key === KEY.like) {
    if (index > 0 && kind[next] === T.open) return found(tokens, 'sqli.condition', SCORE.proof, 0, next)
    if (kind[next] === T.quote && lower.charCodeAt(stop[next]!) === 37)
      return found(tokens, 'sqli.condition', SCORE.proof, index, next)
  }
  if (place !== PLACE.broken) return null
  if (key === KEY.like && kind[next] === T.open) return found(tokens, 'sqli.condition', SCORE.proof, index, next)
  if (key === KEY.limit && kind[next] !== T.number) return null
  let at = next
  if (keyAt(tokens, at) === KEY.not) at++
  if (!readOperand(tokens, at) && kind[at] !== T.other) return null
  return commentedAt(tokens, operand.next)
    ? found(tokens, 'sqli.condition', SCORE.proof, index, operand.next - 1)
    : null
}

/** 1 AS "x" FROM y */
function judgeAs(tokens: Tokens, index: number): Finding | null {
  const quoted = index > 0 && tokens.kind[index - 1] === T.quote
  if (tokens.kind[index + 1] !== T.quote || !(quoted || placeOf(tokens, index) === PLACE.afterFirst)) return null
  if (keyAt(tokens, index + 2) === KEY.from) return found(tokens, 'sqli.stacked', SCORE.proof, index, index + 2)
  if (!readOperand(tokens, index + 1) || operand.is === IS.openString || operand.is === IS.nothing) return null
  return keyAt(tokens, operand.next) === KEY.from
    ? found(tokens, 'sqli.stacked', SCORE.proof, index, operand.next)
    : null
}

/** Statements that change something, after a break or a semicolon. */
function judgeChange(tokens: Tokens, index: number, key: number, document: boolean): Finding | null {
  const { kind, detail } = tokens
  const next = after(tokens, index)
  let shaped = false
  switch (key) {
    case KEY.insert:
      shaped = keyAt(tokens, next) === KEY.into && kind[next + 1] === T.word
      break
    case KEY.update:
      shaped = kind[next] === T.word && keyAt(tokens, next + 1) === KEY.set
      break
    case KEY.delete:
      shaped = keyAt(tokens, next) === KEY.from && kind[next + 1] === T.word
      break
    case KEY.define:
      shaped = keyAt(tokens, next) === KEY.object || keyAt(tokens, next) === KEY.procedure
      break
    case KEY.declare:
      shaped = kind[next] === T.variable
      break
    case KEY.shutdown:
      shaped = endsAt(tokens, next)
      break
    default:
      shaped = false
  }
  const stacked = index > 0 && kind[index - 1] === T.semicolon
  const place = placeOf(tokens, index)
  if (!shaped) {
    // ;truncate[xx — a table in the brackets of SQL Server
    const bracketed = stacked && key === KEY.define && kind[next] === T.other && detail[next] === 91
    return bracketed && !document ? found(tokens, 'sqli.stacked', SCORE.proof, index - 1, next) : null
  }
  if (place === PLACE.broken) return found(tokens, 'sqli.stacked', SCORE.proof, index, next)
  if (document) return null
  if (key === KEY.declare) return found(tokens, 'sqli.stacked', SCORE.proof, index, next)
  // `1; drop table x`, `;insert into`, `f(1);insert into`
  const first = stacked && (index <= 2 || kind[index - 2] === T.close || commentedAt(tokens, index - 1))
  if (first && (index === 1 || kind[index - 2] !== T.word || index === 2))
    return found(tokens, 'sqli.stacked', SCORE.proof, index - 1, next)
  // The whole value is a definition.
  if (
    key === KEY.define &&
    index <= 1 &&
    tokens.first &&
    (kind[next + 2] === T.open || (index === 1 && kind[0] === T.arithmetic))
  ) {
    return found(tokens, 'sqli.stacked', SCORE.proof, index, next)
  }
  return stacked ? found(tokens, 'sqli.stacked', SCORE.strong, index - 1, next) : null
}
