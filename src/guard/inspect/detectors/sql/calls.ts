/** The rules for calls of functions. */
import { SCORE } from '../../detector.ts'
import { operand, readOperand } from './expression.ts'
import { found } from './finding.ts'
import type { Finding } from './finding.ts'
import { endsAt } from './place.ts'
import type { Tokens } from './tokens.ts'
import { T } from './tokens.ts'
import { DELAY, KEY, TELLTALE } from './words.ts'

/** A known function, called where an expression stands. */
export function judgeCall(tokens: Tokens, index: number, code: number, document: boolean): Finding | null {
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
  const quoted = before > 0 && kind[before - 1] === T.quote && stop[before - 1] === start[before]
  if (selected && !quoted && start[index + 1] === stop[index]) {
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
