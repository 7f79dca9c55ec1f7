/** Which service and which options a request gets. Pure: built once per table, asked once per request. */
import type { Route, RouteOptions } from './table.ts'

export interface Router {
  /** The route of the longest matching prefix; one that names the host goes before one for any host. */
  route(host: string, path: string): Route | null
  options(host: string, method: string, path: string): RouteOptions | null
}

/** Sorts the rules once so that the first match is the right one. */
export function createRouter(routes: readonly Route[], options: readonly RouteOptions[]): Router {
  const sortedRoutes = routes.map(prepared).sort(byPrecedence)
  const sortedOptions = options
    .map(prepared)
    .sort((a, b) => byPrecedence(a, b) || methodRank(b.rule) - methodRank(a.rule))
  return {
    route(host, path) {
      const normal = normalPath(path)
      return sortedRoutes.find((candidate) => takes(candidate, host, normal))?.rule ?? null
    },
    options(host, method, path) {
      if (sortedOptions.length === 0) return null
      const normal = normalPath(path)
      const match = sortedOptions.find(
        (candidate) =>
          (candidate.rule.method === null || candidate.rule.method === method) && takes(candidate, host, normal),
      )
      return match?.rule ?? null
    },
  }
}

interface Prepared<Rule> {
  readonly rule: Rule
  readonly host: string | null
  /** Without a slash at the end; '' takes all. */
  readonly prefix: string
}

function prepared<Rule extends { readonly host: string | null; readonly path: string }>(rule: Rule): Prepared<Rule> {
  return { rule, host: rule.host?.toLowerCase() ?? null, prefix: rule.path.replace(/\/+$/, '') }
}

function byPrecedence(a: Prepared<unknown>, b: Prepared<unknown>): number {
  return Number(b.host !== null) - Number(a.host !== null) || b.prefix.length - a.prefix.length
}

function methodRank(rule: RouteOptions): number {
  return rule.method === null ? 0 : 1
}

function takes(candidate: Prepared<unknown>, host: string, path: string): boolean {
  if (candidate.host !== null && candidate.host !== host) return false
  const { prefix } = candidate
  if (prefix === '') return true
  return path.startsWith(prefix) && (path.length === prefix.length || path[prefix.length] === '/')
}

/**
 * The path that rules are compared with: percent-encoded unreserved characters decoded, repeated slashes merged, dot
 * segments removed, so that `/%61pi/x` and `/web/../api/x` meet the rules of `/api`. The request itself goes on unchanged.
 */
export function normalPath(path: string): string {
  if (!UNUSUAL.test(path)) return path
  const decoded = path.replaceAll(/%([0-9a-f]{2})/gi, (encoded, digits: string) => {
    const character = String.fromCharCode(Number.parseInt(digits, 16))
    return UNRESERVED.test(character) ? character : encoded
  })
  const kept: string[] = []
  const segments = decoded.split('/').slice(1)
  for (const [index, segment] of segments.entries()) {
    const last = index === segments.length - 1
    if (segment === '..') kept.pop()
    if (segment === '..' || segment === '.' || segment === '') {
      if (last) kept.push('')
    } else {
      kept.push(segment)
    }
  }
  return '/' + kept.join('/')
}

const UNUSUAL = /%|\/\/|\/\./
const UNRESERVED = /[A-Za-z0-9._~-]/
