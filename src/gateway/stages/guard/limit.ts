import { fieldsOf } from '../../../guard/limit/verdict.ts'
import type { LimitVerdict } from '../../../guard/limit/verdict.ts'
import type { Context, Stage } from '../../context.ts'
import { plainAnswer } from '../../exchange.ts'
import type { Answer, Exchange } from '../../exchange.ts'
import { countRefusal } from '../../refusals.ts'
import { tell } from '../../tell.ts'

/**
 * Counts the request in every limit that it falls under, or in none when one of them refuses it. A credential that proved
 * nothing buys nothing: without a principal it counts as its client alone.
 */
export const limit: Stage = (exchange, context) => {
  if (exchange.exempt) return null
  const verdict = context.guard.limits.judge(exchange)
  if (verdict === null) return null
  if (verdict instanceof Promise) return verdict.then((late) => judged(exchange, context, late))
  return judged(exchange, context, verdict)
}

function judged(exchange: Exchange, context: Context, verdict: LimitVerdict): Answer | null {
  if (!verdict.allowed) return refusal(exchange, context, verdict)
  exchange.answerFields.push(...fieldsOf(verdict))
  return null
}

/** The answer to a request that may not pass; with the fields that one which may would have. */
export function refusal(exchange: Exchange, context: Context, verdict: LimitVerdict): Answer {
  exchange.answerFields.push(...fieldsOf(verdict))
  if (verdict.storeLost) return plainAnswer(503, 'Requests cannot be counted at the moment; come back later.')
  countRefusal('limited', exchange, context)
  tell(exchange, context, { kind: 'rate-limited', refused: true, reason: `over the limit ${verdict.rule.policy}` })
  return plainAnswer(429, 'Too many requests; Retry-After says when the next one may come.')
}
