import { randomHex } from '../core/trace-context.ts'
import type { Refused } from './adapters/connection-host.ts'
import type { Context } from './context.ts'
import type { HeaderList } from './exchange.ts'
import { headersWithoutExchange } from './stages/respond.ts'

/**
 * Counts what the reader refused, and tells of it: who sends what is no HTTP is either broken or trying something. Returns the
 * fields for its answer.
 */
export function noteRefused({ client, code, reason, secure, within }: Refused, context: Context): HeaderList {
  const correlationId = randomHex(16)
  // What had become a request is counted as one.
  if (!within) context.counters.countUnrouted()
  context.guard.report({
    kind: 'protocol',
    atMs: Date.now(),
    client,
    correlationId,
    method: '',
    path: '',
    refused: true,
    class: 'protocol',
    score: 0,
    evidence: [],
    principal: null,
    reason: `${code}: ${reason}`,
  })
  return headersWithoutExchange(context, { correlationId, secure })
}
