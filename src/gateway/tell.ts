import type { SecurityEvent } from '../guard/event.ts'
import type { Context } from './context.ts'
import type { Exchange } from './exchange.ts'

/** Reports a security event of an exchange. */
export function tell(
  exchange: Exchange,
  context: Context,
  event: Pick<SecurityEvent, 'kind' | 'refused' | 'reason'> & Partial<SecurityEvent>,
): void {
  const { head, clientAddress, correlationId, principal } = exchange
  context.guard.report({
    atMs: Date.now(),
    client: clientAddress,
    correlationId,
    method: head.method,
    path: head.path,
    class: null,
    score: 0,
    evidence: [],
    principal: principal?.id ?? null,
    ...event,
  })
}
