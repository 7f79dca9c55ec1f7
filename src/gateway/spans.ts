import { monotonicNs } from '../core/clock.ts'
import { randomHex } from '../core/trace-context.ts'
import type { KeptBecause, SampledSpans, Span, TakenSpans, Trace } from '../observe/traces/span.ts'
import type { Exchange } from './exchange.ts'

/** Of each route: the slowest requests of a minute … */
export const SLOW_PER_MINUTE = 3
/** … and the first failed ones. */
export const FAILED_PER_MINUTE = 10
/** Routes told apart; what is beyond shares one place. */
export const ROUTES_MAX = 500
/** Traces that wait for control: when it is away for longer, the rest is let go. */
export const OUTBOX_MAX = 1_000
/**
 * Sampled requests whose spans wait to be sent on; control takes them twice a second, and has other work too. More are left out
 * and counted.
 */
export const SAMPLED_MAX = 500
const MINUTE_NS = 60e9
/** As OpenTelemetry's conventions call a method that they do not know. */
const OTHER = '_OTHER'
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'CONNECT', 'TRACE'] as const

interface RequestEnd {
  readonly status: number
  readonly aborted: boolean
  readonly endedNs: number
}

interface Keeping {
  readonly route: Route
  readonly because: KeptBecause
  /** The spans as they are sent on; null: they are not. */
  readonly sent: readonly Span[] | null
}

interface Route {
  readonly name: string
  /** The slowest of this minute, the least slow first. */
  slow: { readonly ns: number; readonly trace: Trace }[]
  /** A request has to take longer than this to be among them. */
  floorNs: number
  failed: number
}

/**
 * Keeps traces of the slowest and of the failed requests of each route. Whatever is neither costs two look-ups and a
 * comparison: a trace is only made of what is kept, from instants that the stages have taken anyway.
 */
export class Spans {
  readonly #routes = new Map<string, Map<string, Route>>()
  readonly #others: Route = newRoute('(other routes)')
  /** Most requests are like the one before. */
  #last: { readonly method: string; readonly prefix: string; readonly route: Route } | null = null
  #count = 0
  #outbox: Trace[] = []
  #gathers = false
  #sampled: SampledSpans[] = []
  #left = 0
  #minuteEndsNs = 0
  /** From the monotonic clock to the epoch; taken anew every minute, since clocks are set. */
  #epochNs = 0
  readonly #nowNs: () => number

  constructor(nowNs: () => number = monotonicNs) {
    this.#nowNs = nowNs
    this.#beginMinute(nowNs())
  }

  /** Looks at a request that is over. `aborted`: broken off by the upstream; `endedNs`: monotonicNs(). */
  ended(exchange: Exchange, status: number, aborted: boolean, endedNs: number): void {
    const { place } = exchange
    // A WebSocket's life is no request's time.
    if (status === 101) return
    if (endedNs >= this.#minuteEndsNs) this.#beginMinute(endedNs)
    const isSampled = this.#gathers && exchange.trace.sampled
    const sent = isSampled ? this.#sample(exchange, { status, aborted, endedNs }) : null
    if (place === null || exchange.paused) return
    const route = this.#routeOf(exchange.head.method, place.prefix)
    if (status >= 500 || aborted) {
      if (++route.failed > FAILED_PER_MINUTE) return
      const end = { status, aborted, endedNs }
      return this.#send(this.#traceOf(exchange, end, { route, because: 'failed', sent }))
    }
    const ns = lastNsOf(exchange, endedNs) - exchange.startedNs - exchange.heldNs
    if (ns <= route.floorNs) return
    const end = { status, aborted, endedNs }
    route.slow.push({ ns, trace: this.#traceOf(exchange, end, { route, because: 'slow', sent }) })
    route.slow.sort((one, other) => one.ns - other.ns)
    if (route.slow.length > SLOW_PER_MINUTE) route.slow.shift()
    if (route.slow.length === SLOW_PER_MINUTE) route.floorNs = route.slow[0]!.ns
  }

  /** What is to be sent now: the failed ones at once, the slow ones when their minute is over. */
  take(): readonly Trace[] {
    const now = this.#nowNs()
    if (now >= this.#minuteEndsNs) this.#beginMinute(now)
    if (this.#outbox.length === 0) return NONE
    const taken = this.#outbox
    this.#outbox = []
    return taken
  }

  /** The same for a worker that leaves: its minute ends now. */
  takeAll(): readonly Trace[] {
    this.#beginMinute(this.#nowNs())
    return this.take()
  }

  /** From now on the spans of every sampled request are gathered, or of none. */
  gatherSampled(isAsked: boolean): void {
    this.#gathers = isAsked
  }

  /** What was gathered to be sent on. */
  takeSampled(): TakenSpans {
    const taken = { requests: this.#sampled, left: this.#left }
    if (taken.requests.length > 0) this.#sampled = []
    this.#left = 0
    return taken
  }

  /** Null: there is no room for them. */
  #sample(exchange: Exchange, end: RequestEnd): readonly Span[] | null {
    if (this.#sampled.length >= SAMPLED_MAX) {
      this.#left += 1
      return null
    }
    const { head, place, release } = exchange
    const method = methodOf(head.method)
    const verb = method === OTHER ? 'HTTP' : method
    const spans = this.#spansOf(exchange, end, place === null ? verb : `${verb} ${place.prefix}`)
    this.#sampled.push({ release: release ?? 'none', spans })
    return spans
  }

  #send(trace: Trace): void {
    if (this.#outbox.length < OUTBOX_MAX) this.#outbox.push(trace)
  }

  #beginMinute(nowNs: number): void {
    this.#minuteEndsNs = nowNs + MINUTE_NS
    this.#epochNs = Date.now() * 1e6 - monotonicNs()
    this.#closeMinuteOf(this.#others)
    for (const byMethod of this.#routes.values()) for (const route of byMethod.values()) this.#closeMinuteOf(route)
  }

  #closeMinuteOf(route: Route): void {
    for (const { trace } of route.slow) this.#send(trace)
    route.slow = []
    route.floorNs = -1
    route.failed = 0
  }

  /** By the router's prefix, never by the path: that may name anything. */
  #routeOf(method: string, prefix: string): Route {
    const last = this.#last
    if (last !== null && last.method === method && last.prefix === prefix) return last.route
    const route = this.#findRoute(method, prefix)
    this.#last = { method, prefix, route }
    return route
  }

  #findRoute(method: string, prefix: string): Route {
    const byMethod = this.#routes.get(prefix)
    const known = byMethod?.get(method)
    if (known !== undefined) return known
    if (this.#count >= ROUTES_MAX || !METHODS.some((one) => one === method)) return this.#others
    this.#count += 1
    const route = newRoute(`${method} ${prefix}`)
    if (byMethod === undefined) this.#routes.set(prefix, new Map([[method, route]]))
    else byMethod.set(method, route)
    return route
  }

  #traceOf(exchange: Exchange, end: RequestEnd, { route, because, sent }: Keeping): Trace {
    const { trace, correlationId, place, instance, release } = exchange
    return {
      traceId: trace.traceId,
      correlationId,
      service: place?.service ?? null,
      instance,
      release: release ?? 'none',
      route: route.name,
      because,
      sampled: trace.sampled,
      spans: sent ?? this.#spansOf(exchange, end, route.name),
    }
  }

  #spansOf(exchange: Exchange, end: RequestEnd, name: string): readonly Span[] {
    const { startedNs, heldNs, sentNs, resentNs, answeredNs, retried, head, trace, place, instance, client } = exchange
    const endNs = lastNsOf(exchange, end.endedNs)
    const isFailed = end.status >= 500 || end.aborted
    const base = { traceId: trace.traceId, parentSpanId: trace.spanId }
    const span = (name: string, from: number, to: number, more: Partial<Span> = {}): Span => ({
      ...base,
      spanId: randomHex(8),
      name,
      kind: 'internal',
      startMs: (from + this.#epochNs) / 1e6,
      durationMs: Math.max(to - from, 0) / 1e6,
      status: 'unset',
      attributes: {},
      ...more,
    })
    const server = span(name, startedNs, endNs, {
      spanId: trace.spanId,
      parentSpanId: trace.parentSpanId,
      kind: 'server',
      status: isFailed ? 'error' : 'unset',
      attributes: {
        'http.request.method': methodOf(head.method),
        ...(place === null ? {} : { 'http.route': place.prefix }),
        'http.response.status_code': end.status,
        'url.scheme': client.secure ? 'https' : 'http',
        ...(end.aborted ? { 'error.type': 'aborted' } : end.status >= 500 ? { 'error.type': String(end.status) } : {}),
      },
    })
    const spans = [server]
    const goesOnNs = sentNs === 0 ? answeredNs : sentNs
    if (goesOnNs > 0) spans.push(span('guard and route', startedNs, goesOnNs - heldNs))
    if (heldNs > 0) spans.push(span('pause', goesOnNs - heldNs, goesOnNs))
    if (sentNs === 0) return spans
    const isSentAgain = retried > 0
    const firstEndNs = isSentAgain ? resentNs : answeredNs
    const attempt = { kind: 'client' as const, status: isSentAgain ? ('error' as const) : server.status }
    const placed = instance === null ? {} : { 'service.instance.id': instance }
    spans.push(span('attempt 1', sentNs, firstEndNs, { ...attempt, attributes: isSentAgain ? {} : placed }))
    if (isSentAgain) {
      const attributes = { ...placed, 'http.request.resend_count': retried }
      spans.push(span('attempt 2', resentNs, answeredNs, { ...attempt, status: server.status, attributes }))
    }
    spans.push(span('send the answer', answeredNs, endNs))
    return spans
  }
}

const NONE: readonly Trace[] = []

/** An event stream lasts as long as its client likes: it ends with its head here. */
function lastNsOf(exchange: Exchange, endedNs: number): number {
  return exchange.eventStream && exchange.answeredNs > 0 ? exchange.answeredNs : endedNs
}

/** A client may make up as many as it likes. */
function methodOf(method: string): string {
  return METHODS.some((one) => one === method) ? method : OTHER
}

function newRoute(name: string): Route {
  return { name, slow: [], floorNs: -1, failed: 0 }
}
