import type { Stage } from '../../context.ts'
import { plainAnswer } from '../../exchange.ts'
import type { Exchange } from '../../exchange.ts'
import { tell } from '../../tell.ts'
import type { WorkerGuard } from '../../worker-guard.ts'

/**
 * Is this address blocked? The answer names the id under which the operator finds the reason, and not the reason: who is
 * blocked learns nothing from it. On a connection that is kept alive every further request is asked about. The witness and the
 * platform's probes are answered as ever: they see whether the service is there, whoever shares their address.
 */
export const reputation: Stage = (exchange, context) => {
  const { reputation: known, limits } = context.guard
  const refusal = known.refusalOf(exchange.clientAddress)
  if (refusal === null || limits.isExempt(exchange.head)) return null
  tell(exchange, context, { kind: 'blocked', refused: true, reason: `${refusal.source}: ${refusal.reason}` })
  return plainAnswer(403, `This address is blocked. Ask the operator, and name ${exchange.correlationId}.`)
}

/** Ends what clients that are blocked now have open: WebSockets, event streams, up- and downloads. */
export function cutBlocked(open: Iterable<Exchange>, { reputation: known, limits }: WorkerGuard): void {
  for (const { clientAddress, head, client } of open) {
    if (known.refusalOf(clientAddress) !== null && !limits.isExempt(head)) client.cut('client-gone')
  }
}
