import { LATENCY_BOUNDS_MS } from '../../core/histogram.ts'
import { leOf } from '../../core/series/le.ts'
import { STATUS_CLASSES, type Counters, type StatusClass } from '../../gateway/admin/protocol.ts'
import type { Measured } from '../../observe/collect/source.ts'
import type { Watch } from '../../promises/watches.ts'

export interface GatewayView {
  readonly counters: Counters
  /** Workers that are connected. */
  readonly workers: number
  /** Releases that are in use; the counts of others are over, though workers remember them. */
  readonly releases: ReadonlySet<string>
  /** Services that take requests, each with the release that answers: they have their zeros from the beginning. */
  readonly serving: readonly { readonly service: string; readonly release: string }[]
  readonly watches: readonly Watch[]
}

/** Answers and what stands in their place; an opened WebSocket is none, and is counted by itself. */
const ANSWERS = STATUS_CLASSES.filter((status) => status !== '1xx')
/** Every fourth bound, where counts are exact, is enough: with all of them each service would have seventy series a release. */
const BOUNDS = LATENCY_BOUNDS_MS.flatMap((boundMs, index) => (index % 4 === 0 ? [{ boundMs, index }] : []))

interface Sum {
  readonly service: string
  readonly release: string
  readonly statuses: Map<StatusClass, number>
  readonly buckets: number[]
  sumMs: number
  retried: number
}

/**
 * What the gateway's counters say as metrics. A series that will count errors stands at 0 before the first: an increase from
 * nothing is none. Counters begin anew with their worker, or with control; whoever asks for a rate knows resets.
 */
export function gatewayReadings(view: GatewayView): readonly Measured[] {
  const { counters, workers } = view
  const gauge = (metric: string, value: number): Measured => ({ metric, labels: {}, value })
  return [
    ...sumsOf(view).flatMap(requestReadings),
    ...view.watches.flatMap((watch) => watchReadings(watch, counters)),
    ...refusalReadings(view),
    gauge('seaworthy_unrouted_requests_total', counters.unrouted),
    gauge('seaworthy_gateway_connections', counters.openConnections),
    gauge('seaworthy_gateway_requests', counters.openRequests),
    gauge('seaworthy_gateway_workers', workers),
  ]
}

function sumsOf({ counters, releases, serving }: GatewayView): readonly Sum[] {
  const sums = new Map<string, Sum>()
  for (const one of serving) sumFor(sums, one)
  for (const cell of counters.cells) {
    if (!releases.has(cell.release)) continue
    const sum = sumFor(sums, cell)
    sum.statuses.set(cell.status, (sum.statuses.get(cell.status) ?? 0) + cell.count)
    sum.retried += cell.retried
    if (cell.status === '1xx' || cell.status === 'unanswered') continue
    sum.sumMs += cell.sumMs
    for (const [index, count] of cell.buckets.entries()) sum.buckets[index]! += count
  }
  return [...sums.values()]
}

function sumFor(sums: Map<string, Sum>, { service, release }: { service: string; release: string }): Sum {
  const key = `${service}\n${release}`
  let sum = sums.get(key)
  if (sum === undefined) {
    const buckets = Array.from({ length: LATENCY_BOUNDS_MS.length + 1 }, () => 0)
    sums.set(key, (sum = { service, release, statuses: new Map(), buckets, sumMs: 0, retried: 0 }))
  }
  return sum
}

function requestReadings({ service, release, statuses, buckets, sumMs, retried }: Sum): readonly Measured[] {
  const labels = { service, release }
  const within = (index: number): number => buckets.slice(0, index + 1).reduce((total, count) => total + count, 0)
  return [
    ...ANSWERS.map((status) => ({
      metric: 'seaworthy_requests_total',
      labels: { ...labels, status },
      value: statuses.get(status) ?? 0,
    })),
    ...histogram('seaworthy_request_duration_seconds', labels, {
      buckets: BOUNDS.map(({ boundMs, index }) => ({ boundMs, within: within(index) })),
      count: within(buckets.length - 1),
      sumMs,
    }),
    { metric: 'seaworthy_retries_total', labels, value: retried },
    { metric: 'seaworthy_websockets_opened_total', labels, value: statuses.get('1xx') ?? 0 },
  ]
}

/** Of counts with other bounds nothing is taken: those workers count by an older table. */
function watchReadings({ id: watch, service, boundsMs }: Watch, { watched = [] }: Counters): readonly Measured[] {
  const own = watched.filter(
    (cell) => cell.watch === watch && cell.service === service && cell.boundsMs.join(' ') === boundsMs.join(' '),
  )
  const sum = (of: (cell: (typeof own)[number]) => number): number => own.reduce((total, cell) => total + of(cell), 0)
  const within = (index: number): number =>
    sum(({ buckets }) => buckets.slice(0, index + 1).reduce((total, count) => total + count, 0))
  const labels = { watch, service }
  return [
    ...STATUS_CLASSES.map((status, at) => ({
      metric: 'seaworthy_watched_requests_total',
      labels: { ...labels, status },
      value: sum(({ statuses }) => statuses[at] ?? 0),
    })),
    ...histogram('seaworthy_watched_duration_seconds', labels, {
      buckets: boundsMs.map((boundMs, index) => ({ boundMs, within: within(index) })),
      count: within(boundsMs.length),
      sumMs: sum((cell) => cell.sumMs),
    }),
  ]
}

function refusalReadings({ counters, serving }: GatewayView): readonly Measured[] {
  const { limited = {}, failedLogins = {} } = counters.refused ?? {}
  const of = (metric: string, counts: Readonly<Record<string, number>>): readonly Measured[] => {
    const services = new Set([...serving.map(({ service }) => service), ...Object.keys(counts)])
    return [...services].map((service) => ({ metric, labels: { service }, value: counts[service] ?? 0 }))
  }
  return [...of('seaworthy_limited_requests_total', limited), ...of('seaworthy_failed_logins_total', failedLogins)]
}

interface Durations {
  readonly buckets: readonly { readonly boundMs: number; readonly within: number }[]
  readonly count: number
  readonly sumMs: number
}

function histogram(
  name: string,
  labels: Measured['labels'],
  { buckets, count, sumMs }: Durations,
): readonly Measured[] {
  const all = [...buckets, { boundMs: Number.POSITIVE_INFINITY, within: count }]
  return [
    ...all.map(({ boundMs, within }) => ({
      metric: `${name}_bucket`,
      labels: { ...labels, le: leOf(boundMs) },
      value: within,
    })),
    { metric: `${name}_sum`, labels, value: sumMs / 1_000 },
    { metric: `${name}_count`, labels, value: count },
  ]
}
