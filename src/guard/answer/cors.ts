/** Cross-origin requests (Fetch standard, "CORS protocol"). */

export interface CorsPolicy {
  /** `https://app.example.com`, or '*'. */
  readonly origins: readonly string[]
  readonly credentials: boolean
}

export interface CorsRequest {
  readonly method: string
  readonly origin: string | undefined
  /** `https` or `http`, and the authority the client asked. */
  readonly scheme: string
  readonly authority: string
  readonly requestMethod: string | undefined
  readonly requestHeaders: string | undefined
}

export type CorsVerdict =
  /** Not cross-origin, or nobody said anything about it. */
  | { readonly kind: 'none' }
  /** Fields for the answer of the app. */
  | { readonly kind: 'allow'; readonly headers: readonly string[] }
  | { readonly kind: 'preflight'; readonly headers: readonly string[] }
  | { readonly kind: 'refuse'; readonly reason: string }

/** How long a browser may remember a preflight: Chromium's own bound is two hours, so that a change is seen soon. */
export const PREFLIGHT_SECONDS = 600
const METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE'
const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])
const TOKENS = /^[A-Za-z0-9!#$%&'*+.^_`|~,\s-]{0,1024}$/

/**
 * What a policy says of a request. A cross-site change of state (any other method than GET, HEAD, OPTIONS with a foreign Origin)
 * is refused before it reaches the app: a browser would send it, cookies and all, and only withhold the answer.
 */
export function judgeCors(policy: CorsPolicy, request: CorsRequest): CorsVerdict {
  const { method, origin, requestMethod } = request
  if (origin === undefined || isSame(origin, request)) return { kind: 'none' }
  const any = policy.origins.includes('*')
  const allowed = any || policy.origins.some((one) => one.toLowerCase() === origin.toLowerCase())
  const preflight = method === 'OPTIONS' && requestMethod !== undefined
  if (!allowed) {
    if (!preflight && SAFE.has(method)) return { kind: 'allow', headers: ['Vary', 'Origin'] }
    return { kind: 'refuse', reason: 'Requests from this site are not accepted.' }
  }
  // '*' and credentials never together; the config's check refuses that policy, and here it would only ever say '*'.
  const headers = ['Access-Control-Allow-Origin', any ? '*' : origin]
  if (policy.credentials && !any) headers.push('Access-Control-Allow-Credentials', 'true')
  if (!any) headers.push('Vary', 'Origin')
  if (!preflight) return { kind: 'allow', headers }
  const asked = request.requestHeaders ?? ''
  headers.push('Access-Control-Allow-Methods', METHODS, 'Access-Control-Max-Age', String(PREFLIGHT_SECONDS))
  if (asked !== '' && TOKENS.test(asked)) headers.push('Access-Control-Allow-Headers', asked)
  return { kind: 'preflight', headers }
}

function isSame(origin: string, { scheme, authority }: CorsRequest): boolean {
  return origin.toLowerCase() === `${scheme}://${authority.toLowerCase()}`
}

/** Whether a field of the app's answer is replaced by the policy's. */
export function isCorsField(lower: string): boolean {
  return lower.startsWith('access-control-')
}

/**
 * For apps that answer for themselves: '*' with credentials would let any page act as its visitor, and no browser accepts it.
 * Removes the credentials.
 */
export function withoutWildcardCredentials(headers: string[]): void {
  let credentials = -1
  let wildcard = false
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index]!
    if (name.length === 27 && name.toLowerCase() === 'access-control-allow-origin')
      wildcard ||= headers[index + 1]!.trim() === '*'
    else if (name.length === 32 && name.toLowerCase() === 'access-control-allow-credentials') credentials = index
  }
  if (wildcard && credentials !== -1) headers.splice(credentials, 2)
}
