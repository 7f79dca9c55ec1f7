/** Which requests a rule about routes takes: by host, method and a path prefix on segment borders. */

interface RouteRule {
  /** Lower case. Null: any host. */
  readonly host: string | null
  /** Null: any method. */
  readonly method?: string | null
  readonly path: string
}

/** Sorts rules once, so that the first that takes a request is the most particular: host, longest prefix, method. */
export function routeMatcher<Rule extends RouteRule>(rules: readonly Rule[]): RouteMatcher<Rule> {
  const sorted = rules.map(prepared).sort(byPrecedence)
  return {
    find(host, method, normal) {
      for (const candidate of sorted) if (takes(candidate, host, method, normal)) return candidate.rule
      return null
    },
  }
}

export interface RouteMatcher<Rule> {
  /** `normal`: what `normalPath` makes of the path, which a request asks once for all its rules. */
  find(host: string, method: string, normal: string): Rule | null
}

interface Prepared<Rule> {
  readonly rule: Rule
  readonly host: string | null
  readonly method: string | null
  /** Without a slash at the end; '' takes all. */
  readonly prefix: string
}

function prepared<Rule extends RouteRule>(rule: Rule): Prepared<Rule> {
  const prefix = rule.path.replace(/\/+$/, '')
  return { rule, host: rule.host?.toLowerCase() ?? null, method: rule.method ?? null, prefix }
}

function byPrecedence(a: Prepared<unknown>, b: Prepared<unknown>): number {
  const host = Number(b.host !== null) - Number(a.host !== null)
  return host || b.prefix.length - a.prefix.length || Number(b.method !== null) - Number(a.method !== null)
}

function takes(
  { host: ofHost, method: ofMethod, prefix }: Prepared<unknown>,
  host: string,
  method: string,
  path: string,
): boolean {
  if (ofHost !== null && ofHost !== host) return false
  if (ofMethod !== null && ofMethod !== method) return false
  if (prefix === '') return true
  return path.startsWith(prefix) && (path.length === prefix.length || path[prefix.length] === '/')
}
