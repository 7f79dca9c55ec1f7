import { randomFillSync } from 'node:crypto'

/** A position in a trace, as the W3C recommendation "Trace Context" carries it in the `traceparent` header. */
export interface TraceContext {
  /** 32 hexadecimal digits, not all zero. */
  readonly traceId: string
  /** 16 hexadecimal digits, not all zero. */
  readonly spanId: string
  readonly sampled: boolean
}

/** A span of our own. */
export interface SpanContext extends TraceContext {
  /** The caller's span; null: the trace begins here. */
  readonly parentSpanId: string | null
}

/** The trace a `traceparent` header names; null when it is absent or invalid, in which case a new trace must begin. */
export function parseTraceparent(header: string | undefined): TraceContext | null {
  if (header === undefined) return null
  const match = TRACEPARENT.exec(header)
  if (match === null) return null
  const [, version, traceId, spanId, flags, rest] = match
  if (version === 'ff') return null
  // Version 00 ends after the flags; later versions may append fields (W3C Trace Context §3.2.4).
  if (version === '00' && rest !== undefined) return null
  if (/^0+$/.test(traceId!) || /^0+$/.test(spanId!)) return null
  return { traceId: traceId!, spanId: spanId!, sampled: (Number.parseInt(flags!, 16) & 1) === 1 }
}

/** A new span: below `parent` when there is one, else the first of a new, sampled trace. */
export function nextSpan(parent: TraceContext | null): SpanContext {
  return {
    traceId: parent?.traceId ?? randomHex(16),
    spanId: randomHex(8),
    sampled: parent?.sampled ?? true,
    parentSpanId: parent?.spanId ?? null,
  }
}

/** The header's text, always version 00. */
export function formatTraceparent(context: TraceContext): string {
  return '00-' + context.traceId + '-' + context.spanId + (context.sampled ? '-01' : '-00')
}

/** `bytes` random bytes (at most 32) as lower-case hexadecimal digits, never all zero. */
export function randomHex(bytes: number): string {
  const end = used + bytes * 2
  if (end > digits.length) {
    digits = randomFillSync(pool).toString('hex')
    used = 0
    return randomHex(bytes)
  }
  const text = digits.slice(used, end)
  used = end
  return text.charCodeAt(0) === ZERO && /^0+$/.test(text) ? randomHex(bytes) : text
}

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/

// One call of the system's source per 16 KiB instead of one per request.
const pool = Buffer.allocUnsafeSlow(16_384)
let digits = ''
let used = 0
const ZERO = 48
