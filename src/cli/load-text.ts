import type { Limits } from '../load/capacity.ts'
import type { Capacity, CapacityStep } from '../load/find-capacity.ts'
import { failedOf, type LoadResult, type Percentiles } from '../load/result.ts'
import { table } from './output.ts'

/** One run for reading. */
export function describeLoad(what: string, result: LoadResult): string {
  const { asked, sentPerSecond, answeredPerSecond, sent, answered, notSent, latency, lag, cpu } = result
  const { statuses, failures, bytes, connections } = result
  const failed = failedOf(result)
  return [
    `${what}: ${asked.requests} requests in ${asked.forMs / 1000} s, ${failed === 0 ? 'all as expected' : `${failed} failed`}`,
    '',
    table([
      ['rate', `asked ${rate(asked.perSecond)}  sent ${rate(sentPerSecond)}  answered ${rate(answeredPerSecond)}`],
      ['requests', `sent ${sent}  answered ${answered}${notSent > 0 ? `  not sent: too many open: ${notSent}` : ''}`],
      ['latency', latency === null ? 'no data' : describePercentiles(latency)],
      ['statuses', describeCounts(statuses)],
      ['errors', describeCounts(failures)],
      ['bytes', `sent ${bytes.sent}  received ${bytes.received}`],
      ['connections', `opened ${connections.opened}  at once ${connections.mostOpen}`],
      ['own lag', `${lag === null ? 'no data' : describePercentiles(lag)}  cpu ${(cpu * 100).toFixed(0)} % of a core`],
    ]),
    ...(notSent > 0
      ? ['', `Invalid: ${notSent} requests could not be sent on time, because every connection was waiting.`]
      : []),
  ].join('\n')
}

/** Steps are told one by one as they end: the columns are as wide as they will ever need to be. */
const WIDTHS = [10, 10, 10, 10, 10, 10, 8, 12, 0]
export const STEP_HEADS = row(['rate', 'answered', 'p50', 'p95', 'p99', 'max', 'failed', 'own lag p99', 'carried'])

export function stepLine({ perSecond, because, result }: CapacityStep): string {
  const { latency, lag, answeredPerSecond } = result
  const at = (ms: number | undefined): string => (ms === undefined ? '-' : `${format(ms)} ms`)
  return row([
    rate(perSecond),
    rate(answeredPerSecond),
    ...[latency?.p50, latency?.p95, latency?.p99, latency?.max].map(at),
    String(failedOf(result)),
    at(lag?.p99),
    because === null ? 'yes' : `no: ${because}`,
  ])
}

function row(cells: readonly string[]): string {
  return cells.map((cell, index) => cell.padEnd(WIDTHS[index]!)).join(' ')
}

/** The figure that the steps lead to. */
export function describeOutcome(what: string, { outcome }: Capacity, limits: Limits): string {
  const held = describeLimits(limits)
  switch (outcome.kind) {
    case 'found':
      return `Capacity of ${what}: ${rate(outcome.perSecond)} with ${held}. The knee is below ${rate(outcome.above)}.`
    case 'too-slow':
      return `${what} does not keep ${held} even at ${rate(outcome.perSecond)}.`
    case 'unlimited':
      return `${what} keeps ${held} at ${rate(outcome.perSecond)}, the most that is tried.`
  }
}

export function describeLimits({ p50, p95, p99, errors }: Limits): string {
  const times = Object.entries({ p50, p95, p99 }).flatMap(([name, ms]) => (ms === null ? [] : [`${name} ≤ ${ms} ms`]))
  return [...times, `errors ≤ ${Number((errors * 100).toFixed(4))} %`].join(', ')
}

function describePercentiles({ p50, p90, p95, p99, p999, max }: Percentiles): string {
  const shown = Object.entries({ p50, p90, p95, p99, 'p99.9': p999, max })
  return shown.map(([name, ms]) => `${name} ${format(ms)} ms`).join('  ')
}

function describeCounts(counts: Readonly<Record<string, number>>): string {
  const all = Object.entries(counts).map(([name, count]) => `${name}: ${count}`)
  return all.length === 0 ? 'none' : all.join('  ')
}

function format(ms: number): string {
  return ms < 10 ? ms.toFixed(2) : ms < 100 ? ms.toFixed(1) : ms.toFixed(0)
}

function rate(perSecond: number): string {
  return `${perSecond < 100 ? Number(perSecond.toFixed(1)) : perSecond.toFixed(0)}/s`
}
