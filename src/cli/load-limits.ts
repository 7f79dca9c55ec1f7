import type { CheckedConfig } from '../config/check.ts'
import { covers, parseRoute, type ParsedRoute } from '../config/route.ts'
import { Problem } from '../core/problem.ts'
import { parseDuration, parseRatio } from '../core/quantity.ts'
import type { Limits } from '../load/capacity.ts'

export interface LimitsRequest {
  /** Null when there is no config to look into. */
  readonly checked: CheckedConfig | null
  readonly service: string | null
  readonly request: ParsedRoute
  /** From `--p95`, milliseconds. */
  readonly p95Ms: number | null
}

/**
 * What has to hold while the capacity is searched: the strictest of the promises on the request's route, or `--p95`. Not a
 * single request may fail unless a promise allows a share.
 * @throws Problem `load.no-limit`
 */
export function limitsFor({ checked, service, request, p95Ms }: LimitsRequest): Limits & { readonly from: string } {
  if (p95Ms !== null) return { p50: null, p95: p95Ms, p99: null, errors: 0, from: '--p95' }
  const found = Object.entries(checked?.app.promises ?? {}).filter(([, { on, latency }]) => {
    if (typeof on === 'string' || latency === undefined || on.service !== service) return false
    if (on.route === undefined) return true
    const route = parseRoute(on.route, { method: true })
    const isMethod = route.ok && (route.value.method === null || route.value.method === request.method)
    return route.ok && isMethod && covers({ ...route.value, host: null }, request)
  })
  if (found.length === 0) {
    const what = `${request.method ?? 'GET'} ${request.path}${service === null ? '' : ` of ${service}`}`
    throw new Problem('load.no-limit', `no promise says how fast ${what} has to be`, {
      hint: 'Say it with --p95, for example --p95 200ms, or promise it in the config.',
    })
  }
  const strictest = (name: 'p50' | 'p95' | 'p99'): number | null => {
    const all = found.flatMap(([, { latency }]) => (latency?.[name] === undefined ? [] : [msOf(latency[name])]))
    return all.length === 0 ? null : Math.min(...all)
  }
  const errors = found.flatMap(([, promise]) => (promise.errors === undefined ? [] : [ratioOf(promise.errors)]))
  return {
    p50: strictest('p50'),
    p95: strictest('p95'),
    p99: strictest('p99'),
    errors: errors.length === 0 ? 0 : Math.min(...errors),
    from: `promises: ${found.map(([name]) => name).join(', ')}`,
  }
}

function msOf(text: string): number {
  const parsed = parseDuration(text)
  return parsed.ok ? parsed.value : Infinity
}

function ratioOf(text: string): number {
  const parsed = parseRatio(text)
  return parsed.ok ? parsed.value : 0
}
