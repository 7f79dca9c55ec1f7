import { judgeCors } from '../../../guard/answer/cors.ts'
import type { Stage } from '../../context.ts'
import { fieldOf, plainAnswer } from '../../exchange.ts'
import { isSecure } from '../../secure.ts'
import { tell } from '../../tell.ts'

/**
 * Answers preflights and refuses cross-site changes of state, where the config names who may; before anybody is asked for a
 * credential, since a preflight carries none. Without a list the app answers for itself.
 */
export const cors: Stage = (exchange, context) => {
  const policy = context.guard.policy?.cors ?? null
  if (policy === null) return null
  const { head } = exchange
  const { method, authority } = head
  const verdict = judgeCors(policy, {
    method,
    authority,
    scheme: isSecure(exchange) ? 'https' : 'http',
    origin: fieldOf(head, 'origin'),
    requestMethod: fieldOf(head, 'access-control-request-method'),
    requestHeaders: fieldOf(head, 'access-control-request-headers'),
  })
  exchange.cors = verdict.kind === 'allow' || verdict.kind === 'preflight' ? verdict.headers : []
  if (verdict.kind === 'preflight') return { kind: 'whole', status: 204, headers: [], body: null }
  if (verdict.kind !== 'refuse') return null
  tell(exchange, context, { kind: 'forbidden', refused: true, reason: verdict.reason })
  return plainAnswer(403, verdict.reason)
}
