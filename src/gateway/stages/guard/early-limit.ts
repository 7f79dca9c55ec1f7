import type { Stage } from '../../context.ts'
import { refusal } from './limit.ts'

/** A client that is known to be refused now is answered before anybody looks at its credentials. */
export const earlyLimit: Stage = (exchange, context) => {
  const { limits } = context.guard
  exchange.exempt = limits.isExempt(exchange.head)
  if (exchange.exempt) return null
  const verdict = limits.early(exchange)
  return verdict === null ? null : refusal(exchange, context, verdict)
}
