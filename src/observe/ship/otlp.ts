import { Shipper, type ShipperOptions } from './shipper.ts'
import type { Origin } from './loki.ts'
import type { SampledSpans, Span } from '../traces/span.ts'

const KINDS = { internal: 1, server: 2, client: 3 } as const
const STATUSES = { unset: 0, ok: 1, error: 2 } as const

/** The body of OTLP/HTTP with JSON (protocol 1.x): ids in hexadecimal digits, 64-bit numbers as text. */
export function otlpBody({ app, environment }: Origin, requests: readonly SampledSpans[]): object {
  return {
    resourceSpans: [...Map.groupBy(requests, ({ release }) => release)].map(([release, ofRelease]) => ({
      resource: {
        attributes: attributesOf({
          'service.name': 'gateway',
          'service.namespace': app,
          'service.version': release,
          'deployment.environment.name': environment,
        }),
      },
      scopeSpans: [
        { scope: { name: 'seaworthy.gateway' }, spans: ofRelease.flatMap(({ spans }) => spans.map(spanOf)) },
      ],
    })),
  }
}

function spanOf({ traceId, spanId, parentSpanId, name, kind, startMs, durationMs, status, attributes }: Span): object {
  return {
    traceId,
    spanId,
    ...(parentSpanId === null ? {} : { parentSpanId }),
    name,
    kind: KINDS[kind],
    startTimeUnixNano: nanos(startMs),
    endTimeUnixNano: nanos(startMs + durationMs),
    attributes: attributesOf(attributes),
    status: { code: STATUSES[status] },
  }
}

/** Milliseconds with fractions: to the microsecond, which is what a double holds of them. */
function nanos(ms: number): string {
  return `${BigInt(Math.round(ms * 1e3)) * 1000n}`
}

function attributesOf(attributes: Span['attributes']): readonly object[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: valueOf(value) }))
}

function valueOf(value: string | number | boolean): object {
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  return Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value }
}

/** Sends the spans of sampled requests. @param url the collector's base: `http://127.0.0.1:4318` */
export function shipToOtlp(
  url: string,
  origin: Origin,
  options: Pick<ShipperOptions<SampledSpans>, 'onTrouble' | 'queueMax' | 'backoffMs'>,
): Shipper<SampledSpans> {
  return new Shipper({
    ...options,
    url: new URL('v1/traces', url.endsWith('/') ? url : `${url}/`).href,
    encode: (requests) => otlpBody(origin, requests),
    // A span with its attributes has some 700 bytes as JSON.
    bytesOf: ({ spans }) => spans.length * 1_000,
    // OTLP 1.x, "Retryable Response Codes".
    retried: (status) => [429, 502, 503, 504].includes(status),
  })
}
