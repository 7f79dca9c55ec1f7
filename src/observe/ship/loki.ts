import { Shipper, type ShipperOptions } from './shipper.ts'
import type { StoredLine } from '../logs/line.ts'

export interface Origin {
  readonly app: string
  readonly environment: string
}

/** The body of Loki's push API. Labels are few and of few values; ids go as structured metadata, beside the line. */
export function lokiBody({ app, environment }: Origin, lines: readonly StoredLine[]): object {
  const streams = Map.groupBy(lines, ({ service, level }) => `${service}\n${level}`)
  return {
    streams: [...streams.values()].map((ofStream) => {
      const { service, level } = ofStream[0]!
      return {
        stream: { app, environment, service, level },
        values: ofStream.map((line) => [`${line.atMs}000000`, line.text, metadataOf(line)]),
      }
    }),
  }
}

function metadataOf({ instance, release, correlationId, traceId }: StoredLine): Record<string, string> {
  const all = { instance, release, correlation_id: correlationId, trace_id: traceId }
  return Object.fromEntries(Object.entries(all).flatMap(([name, value]) => (value === null ? [] : [[name, value]])))
}

/** Sends lines to a Loki. @param url its base: `http://127.0.0.1:3100` */
export function shipToLoki(
  url: string,
  origin: Origin,
  options: Pick<ShipperOptions<StoredLine>, 'onTrouble' | 'queueMax' | 'backoffMs'>,
): Shipper<StoredLine> {
  return new Shipper({
    ...options,
    url: new URL('loki/api/v1/push', url.endsWith('/') ? url : `${url}/`).href,
    encode: (lines) => lokiBody(origin, lines),
    // With its time and ids.
    bytesOf: ({ text }) => text.length + 300,
    retried: (status) => status === 429 || status >= 500,
  })
}
