import type { Context } from './context.ts'
import type { Exchange } from './exchange.ts'
import type { Refusal } from './refusal-counts.ts'

/** Counts a refusal for the service that the request was for: limits judge before any route is chosen. */
export function countRefusal(of: Refusal, { place, head }: Exchange, { counters, routing }: Context): void {
  const service = place?.service ?? routing.current?.router.route(head.host, head.path)?.service ?? ''
  counters.countRefusal(of, service)
}
