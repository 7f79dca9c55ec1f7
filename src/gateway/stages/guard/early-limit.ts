import type { Stage } from '../../context.ts'
import { refusal } from './limit.ts'

/** A client that is known to be refused now is answered before anybody looks at its credentials. */
export const earlyLimit: Stage = (exchange, { guard }) => {
  exchange.exempt = guard.limits.isExempt(exchange.head)
  if (exchange.exempt) return null
  const verdict = guard.limits.early(exchange)
  return verdict === null ? null : refusal(exchange, guard.limits, verdict)
}
