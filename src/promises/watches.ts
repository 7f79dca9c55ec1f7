import type { ResolvedApp, ResolvedMatch } from '../config/resolved.ts'
import type { ResolvedPromise } from '../config/resolved-promises.ts'

/** Requests that the gateway counts apart, as `seaworthy_watched_*`, with a bucket at exactly each bound. */
export interface Watch {
  /** The promise's name, or `service/api` for what the built-in alerts ask of every service. */
  readonly id: string
  readonly service: string
  /** Null: every request of the service. */
  readonly match: ResolvedMatch | null
  /** Ascending, each once; an answer that takes exactly a bound is within it. */
  readonly boundsMs: readonly number[]
}

/** Latencies at which the built-in alerts stand: p95 over 1 s and 2 s, p99 over 5 s. */
export const BUILT_IN_BOUNDS_MS: readonly number[] = [1_000, 2_000, 5_000]

/** What the gateway has to count for an app's promises and the built-in alerts. */
export function watchesOf({ services, promises = {} }: Pick<ResolvedApp, 'services' | 'promises'>): readonly Watch[] {
  const promised = Object.entries(promises).flatMap(([id, promise]): Watch[] => {
    if (promise.on.kind !== 'service') return []
    const { service, match } = promise.on
    return [{ id, service, match, boundsMs: boundsOf(promise) }]
  })
  const builtIn = Object.entries(services)
    .filter(([, { routes }]) => routes.length > 0)
    .map(([service]): Watch => ({ id: `service/${service}`, service, match: null, boundsMs: BUILT_IN_BOUNDS_MS }))
  return [...promised, ...builtIn]
}

function boundsOf({ latencyMs, without }: ResolvedPromise): readonly number[] {
  const limits = [...Object.values(latencyMs), ...Object.values(without).map(({ p95Ms }) => p95Ms)]
  const known = limits.filter((limit): limit is number => limit !== null)
  return [...new Set(known)].toSorted((one, other) => one - other)
}
