import type { Refusal } from '../../../guard/reputation/reputation.ts'
import type { Stage } from '../../context.ts'
import { plainAnswer, type Exchange } from '../../exchange.ts'

/**
 * Is this address blocked? The answer names the id under which the operator finds the reason, and not the reason: who is
 * blocked learns nothing from it. What is blocked on a connection that is kept alive is every further request on it.
 */
export const reputation: Stage = (exchange, { guard }) => {
  const refusal = guard.reputation.refusalOf(exchange.clientAddress)
  if (refusal === null) return null
  guard.report({
    kind: 'blocked',
    atMs: Date.now(),
    client: exchange.clientAddress,
    correlationId: exchange.correlationId,
    method: exchange.head.method,
    path: exchange.head.path,
    refused: true,
    class: null,
    score: 0,
    evidence: [],
    principal: null,
    reason: reasonOf(refusal),
  })
  return plainAnswer(403, `This address is blocked. Ask the operator, and name ${exchange.correlationId}.`)
}

/** Ends what clients that are blocked now have open: WebSockets, event streams, up- and downloads. */
export function cutBlocked(open: Iterable<Exchange>, refusalOf: (client: string) => Refusal | null): void {
  for (const exchange of open) {
    if (refusalOf(exchange.clientAddress) !== null) exchange.client.cut('client-gone')
  }
}

function reasonOf({ source, reason }: Refusal): string {
  return `${source}: ${reason}`
}
