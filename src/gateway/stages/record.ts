import type { StatusClass } from '../admin/protocol.ts'
import { STATUS_CLASSES } from '../admin/protocol.ts'
import type { Context } from '../context.ts'
import type { Exchange, Outcome } from '../exchange.ts'

/** What stands for an answer that nobody waited for: see attempt.ts. */
const LEFT = 499

/** Counts a WebSocket that opens: its end may be far away. */
export function recordOpened(exchange: Exchange, context: Context): void {
  const { place, release, retried } = exchange
  const addressed = exchange.standing?.addressed ?? false
  context.counters.count({
    service: place!.service,
    release: release!,
    status: '1xx',
    latencyMs: null,
    retried,
    addressed,
  })
  context.watched.count(exchange.head, place!.service, '1xx', null)
}

/** Counts a finished exchange and writes its access line. */
export function record(exchange: Exchange, context: Context, end: { status: number; outcome: Outcome }): void {
  const { place } = exchange
  const table = context.routing.current?.table
  const now = end.outcome.endedNs
  const release = exchange.release ?? table?.release ?? 'none'
  const service = place === null || place.backend.kind === 'none' || exchange.paused ? null : place.service
  if (service === null) {
    context.counters.countUnrouted()
  } else if (end.status !== 101) {
    const status = statusClassOf(end)
    const tookMs = latencyMs(exchange, { now, outcome: end.outcome })
    context.counters.count({
      service,
      release,
      status,
      latencyMs: tookMs,
      retried: exchange.retried,
      addressed: exchange.standing?.addressed ?? false,
    })
    context.watched.count(exchange.head, service, status, tookMs)
  }
  context.spans?.ended(exchange, end.status, end.outcome.end === 'aborted', now)
  if (table?.accessLog !== true) return
  context.accessLog({
    id: exchange.correlationId,
    trace: exchange.trace.traceId,
    method: exchange.head.method,
    path: exchange.head.path,
    status: end.status,
    durationMs: (now - exchange.startedNs) / 1e6,
    service: place?.service ?? null,
    instance: exchange.instance,
    release,
    bytes: end.outcome.bytes,
    client: exchange.clientAddress,
    heldMs: exchange.heldNs === 0 ? null : Math.round(exchange.heldNs / 1e6),
    aborted: end.outcome.end !== 'complete',
  })
}

function statusClassOf({ status, outcome }: { status: number; outcome: Outcome }): StatusClass {
  if (outcome.end === 'client-gone' && status === LEFT) return 'unanswered'
  if (outcome.end !== 'complete') return outcome.end
  // Three digits may say anything; what HTTP does not know is no good answer.
  return status < 600 ? STATUS_CLASSES[Math.floor(status / 100) - 1]! : '5xx'
}

/** An event stream lasts as long as its client likes, and so does what a client leaves: their latency ends with the head. */
function latencyMs(exchange: Exchange, { now, outcome }: { now: number; outcome: Outcome }): number {
  const untilHead = exchange.eventStream || outcome.end === 'client-gone'
  return ((untilHead ? exchange.answeredNs : now) - exchange.startedNs - exchange.heldNs) / 1e6
}
