import type { Parsed } from '../core/quantity.ts'

/** Where requests go; also one request, whose path may hold a query. */
export interface ParsedRoute {
  /** Null: every method. */
  readonly method: string | null
  /** Lower case. Null: every host. */
  readonly host: string | null
  readonly path: string
}

export const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const

export const EXPECTED_ROUTE = "a route; start it with '/', or with a host and '/', such as '/api' or 'api.example.com/'"

export const EXPECTED_METHOD_ROUTE =
  "a route; start it with '/', or with a host and '/', or with a method before either, such as '/api' or 'POST /api/login'"

/**
 * '/api', 'api.example.com/', with `method` also 'POST /api/login'. A path is a prefix on segment borders, so a slash at
 * its end says nothing and is dropped.
 */
export function parseRoute(text: string, options: { method: boolean }): Parsed<ParsedRoute> {
  const parsed = parseTarget(text)
  if (!parsed.ok) return parsed
  const { method, host, path } = parsed.value
  if (method !== null && !options.method) return wrong("a route without a method; write only the path, such as '/api'")
  if (path.includes('?')) return wrong("a route without a query; leave out '?' and what follows")
  if (path.includes('*')) return wrong("a route without '*'; write only the prefix, '/api' takes '/api/x' as well")
  return { ok: true, value: { method, host, path: path === '/' ? '/' : path.replace(/\/$/, '') } }
}

/** 'POST /api/login', '/search?q=1': one request as it is sent, GET where no method is named. */
export function parseRequest(text: string): Parsed<ParsedRoute & { readonly method: string }> {
  const parsed = parseTarget(text)
  return parsed.ok ? { ok: true, value: { ...parsed.value, method: parsed.value.method ?? 'GET' } } : parsed
}

/** Whether requests below `inner` can reach `outer`: the same host or any, and `outer` a prefix on segment borders. */
export function covers(outer: ParsedRoute, inner: ParsedRoute): boolean {
  const path = inner.path.split('?')[0]!
  const host = outer.host === null || outer.host === inner.host
  return host && (outer.path === '/' || path === outer.path || path.startsWith(`${outer.path}/`))
}

const HOST = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/

function parseTarget(text: string): Parsed<ParsedRoute> {
  const words = text.split(' ')
  const method = words.length === 2 ? words[0]! : null
  const target = words.at(-1)!
  if (words.length > 2 || method?.includes('/') === true || /[^\x21-\x7e]|\\/.test(target)) {
    return wrong("a route of one path in visible ASCII; percent-encode the rest, such as '/a%20b'")
  }
  if (method !== null && !METHODS.some((known) => known === method)) {
    return wrong(`a method in capitals before the path; write one of ${METHODS.join(', ')}`)
  }
  const slash = target.indexOf('/')
  const host = target.slice(0, Math.max(slash, 0)).toLowerCase()
  if (slash === -1 || (slash > 0 && !HOST.test(host))) return wrong(EXPECTED_ROUTE)
  const path = target.slice(slash)
  if (path.includes('#')) return wrong("a route without a fragment; leave out '#' and what follows")
  const segments = path.split('?')[0]!.split('/').map(decoded)
  if (segments.some((segment) => segment === '.' || segment === '..')) {
    return wrong("a route without '.' and '..' segments; write the path they lead to")
  }
  if (path.split('?')[0]!.includes('//')) return wrong("a route without '//'; write a single '/'")
  return { ok: true, value: { method, host: host === '' ? null : host, path } }
}

function decoded(segment: string): string {
  return segment.replaceAll(/%2e/gi, '.')
}

function wrong(expected: string): { readonly ok: false; readonly expected: string } {
  return { ok: false, expected }
}
