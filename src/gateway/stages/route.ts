import { plainAnswer } from '../exchange.ts'
import type { Stage } from '../context.ts'

/** How long a client is asked to wait when there is nothing that could answer. */
export const RETRY_AFTER_SECONDS = 5

/** Host and path decide the service; its options come with it. */
export const route: Stage = (exchange, context) => {
  const routing = context.routing.current
  if (routing === null || routing.table.release === null) {
    return unavailable('Nothing has been released here yet.')
  }
  const { method, host, path } = exchange.head
  const found = routing.router.route(host, path)
  const backend = found === null ? undefined : routing.table.services[found.service]
  if (found === null || backend === undefined) return plainAnswer(404, 'Nothing is served here.')
  exchange.place = {
    service: found.service,
    backend,
    prefix: found.path,
    options: routing.router.options(host, method, path),
  }
  return null
}

/** Behind the pause: a service that is stopped for the next release may well be there when its requests go on. */
export const stopped: Stage = ({ place }) =>
  place?.backend.kind === 'none' ? unavailable('This service is stopped.') : null

/** 503 with a hint when to come back. */
export function unavailable(reason: string): ReturnType<typeof plainAnswer> {
  return plainAnswer(503, reason, ['Retry-After', String(RETRY_AFTER_SECONDS)])
}
