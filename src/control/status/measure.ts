import { Problem } from '../../core/problem.ts'
import type { ResolvedApp } from '../../config/resolved.ts'
import type { SeriesQuery, Value } from '../../observe/series/query.ts'
import type { Expression } from '../../promises/expression.ts'
import { parseExpression } from '../../promises/expression/parse.ts'
import type { HostLine, PromiseLine } from '../api/health-methods.ts'
import { lookAtPromises } from './promises.ts'

/** What the series said at one moment. */
export interface Measurement {
  readonly atMs: number
  readonly promises: readonly PromiseLine[]
  readonly services: ReadonlyMap<string, MeasuredService>
  readonly host: HostLine
  /** Why something was not answered; null when everything was. */
  readonly because: string | null
}

export interface MeasuredService {
  readonly perSecond: number | null
  readonly errorShare: number | null
  readonly p95Ms: number | null
  readonly sampledAt: number | null
}

export const NOT_MEASURED: MeasuredService = { perSecond: null, errorShare: null, p95Ms: null, sampledAt: null }
export const NO_HOST: HostLine = { loadPerCore: null, memoryUsed: null, diskUsed: null }

/** How far back the newest sample of a service is looked for, to say how old it is. */
const SAMPLES_MS = 5 * 60_000

const RATE = parseExpression('sum by (service) (rate(seaworthy_requests_total[1m]))')
const FAILED = parseExpression('sum by (service) (rate(seaworthy_requests_total{status=~"5xx|aborted"}[1m]))')
const P95 = parseExpression(
  'histogram_quantile(0.95, sum by (service, le) (rate(seaworthy_request_duration_seconds_bucket[1m])))',
)
const LOAD = parseExpression('sum(seaworthy_host_load) / sum(seaworthy_host_cpu_cores)')
const MEMORY = parseExpression('sum(seaworthy_host_memory_available_bytes) / sum(seaworthy_host_memory_bytes)')
const DISK = parseExpression(
  'min(seaworthy_host_disk_available_bytes / on (instance, mount) seaworthy_host_disk_bytes)',
)
const INSTANCES = { kind: 'selector', metric: 'seaworthy_service_instances', matchers: [] } as const

/** Asks for the promises of what is live (null: nothing), its traffic and its host. What does not answer is told. */
export async function measure(
  query: Pick<SeriesQuery, 'instant' | 'raw'>,
  app: ResolvedApp | null,
  atMs: number,
): Promise<Measurement> {
  const refusals: string[] = []
  const orNothing = async <T>(asked: Promise<readonly T[]>): Promise<readonly T[]> => {
    try {
      return await asked
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      refusals.push(error.message)
      return []
    }
  }
  const ask = (expression: Expression): Promise<readonly Value[]> => orNothing(query.instant(expression, atMs))
  const one = async (expression: Expression): Promise<number | null> => finite((await ask(expression))[0]?.value)
  const stood = app === null ? null : await lookAtPromises(query, app, atMs)
  const samples = await orNothing(query.raw(INSTANCES, { fromMs: atMs - SAMPLES_MS, toMs: atMs }))
  const [rates, failed, p95] = [byService(await ask(RATE)), byService(await ask(FAILED)), byService(await ask(P95))]
  const services = new Map<string, MeasuredService>()
  for (const { labels, samples: points } of samples) {
    const service = labels['service'] ?? ''
    const newest = points.findLast(({ value }) => value !== null)?.atMs ?? null
    const perSecond = rates.get(service) ?? null
    const seconds = p95.get(service) ?? null
    services.set(service, {
      perSecond,
      errorShare: perSecond === null || perSecond === 0 ? null : (failed.get(service) ?? 0) / perSecond,
      p95Ms: seconds === null ? null : seconds * 1_000,
      sampledAt: newest,
    })
  }
  const used = (available: number | null): number | null => (available === null ? null : 1 - available)
  return {
    atMs,
    promises: Object.entries(stood?.stood ?? {}).map(([objective, { standing, spending }]) => ({
      objective,
      standing,
      left: spending?.left ?? null,
    })),
    services,
    host: { loadPerCore: await one(LOAD), memoryUsed: used(await one(MEMORY)), diskUsed: used(await one(DISK)) },
    because: stood?.because ?? refusals[0] ?? null,
  }
}

function byService(values: readonly Value[]): ReadonlyMap<string, number> {
  return new Map(
    values.flatMap(({ labels, value }) => (Number.isFinite(value) ? [[labels['service'] ?? '', value] as const] : [])),
  )
}

function finite(value: number | undefined): number | null {
  return value === undefined || !Number.isFinite(value) ? null : value
}
