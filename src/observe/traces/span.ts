/** One span, in the words of OpenTelemetry. */
export interface Span {
  /** 32 hexadecimal digits. */
  readonly traceId: string
  /** 16 hexadecimal digits. */
  readonly spanId: string
  /** Null: the first of its trace. */
  readonly parentSpanId: string | null
  readonly name: string
  readonly kind: 'server' | 'client' | 'internal'
  /** Milliseconds since the epoch, with fractions. */
  readonly startMs: number
  readonly durationMs: number
  readonly status: 'unset' | 'ok' | 'error'
  /** By the semantic conventions where they have a name for it: `http.response.status_code`. No query, no header values. */
  readonly attributes: Readonly<Record<string, string | number | boolean>>
}

/** Why a trace was kept: the failed and the slowest requests of each route. */
export type KeptBecause = 'failed' | 'slow'

export interface Trace {
  readonly traceId: string
  readonly correlationId: string
  readonly service: string | null
  readonly instance: string | null
  readonly release: string
  /** `POST /api/trades`, as routed: no ids, no query. */
  readonly route: string
  readonly because: KeptBecause
  /** The caller wants it recorded, as `traceparent` says, or there is none: then it is sent on, kept or not. */
  readonly sampled: boolean
  readonly spans: readonly Span[]
}

/** The spans of one sampled request, to be sent on. */
export type SampledSpans = Pick<Trace, 'release' | 'spans'>

/** What a worker has gathered of them. */
export interface TakenSpans {
  readonly requests: readonly SampledSpans[]
  /** Sampled requests for whose spans there was no room. */
  readonly left: number
}

/** The spans in the order of a waterfall: every parent before its children, siblings by their start. */
export function waterfall({ spans }: Pick<Trace, 'spans'>): readonly { readonly span: Span; readonly depth: number }[] {
  const ids = new Set(spans.map(({ spanId }) => spanId))
  const childrenOf = Map.groupBy(spans, ({ parentSpanId }) =>
    parentSpanId !== null && ids.has(parentSpanId) ? parentSpanId : null,
  )
  const below = (parent: string | null, depth: number): readonly { span: Span; depth: number }[] =>
    (childrenOf.get(parent) ?? [])
      .toSorted((one, other) => one.startMs - other.startMs)
      .flatMap((span) => [{ span, depth }, ...below(span.spanId, depth + 1)])
  return below(null, 0)
}
