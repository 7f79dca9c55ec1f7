/** The cookie that keeps a client on its instance for as long as that one takes requests. */
import { createHash } from 'node:crypto'
import type { HeaderList } from './exchange.ts'
import { cookiesOf, withoutCookies } from './cookies.ts'
import type { Upstream } from './upstream.ts'

/** One for each service, which may be reached through one host: `Seaworthy-At-api`. */
export const AFFINITY_PREFIX = 'Seaworthy-At-'

const tokens = new WeakMap<Upstream, string>()

/** What the cookie says of an instance: nothing that a client could read from its name or guess another's by. */
export function tokenOf(upstream: Upstream): string {
  let token = tokens.get(upstream)
  if (token === undefined) {
    token = createHash('sha256').update(upstream.id).digest('base64url').slice(0, 16)
    tokens.set(upstream, token)
  }
  return token
}

/** The instance a client was with before, if it is still there. */
export function preferredBy(headers: HeaderList, service: string, upstreams: readonly Upstream[]): Upstream | null {
  for (const [name, value] of cookiesOf(headers)) {
    if (name !== AFFINITY_PREFIX + service) continue
    return upstreams.find((upstream) => tokenOf(upstream) === value) ?? null
  }
  return null
}

/** Without Max-Age: it ends with the browser's session, as the session on the instance is likely to. */
export function affinityCookie(service: string, upstream: Upstream, { secure }: { readonly secure: boolean }): string {
  return `${AFFINITY_PREFIX}${service}=${tokenOf(upstream)}; Path=/; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`
}

/** `headers` for the instance, which must not answer by it. */
export function withoutAffinityCookies(headers: string[]): string[] {
  return withoutCookies(headers, AFFINITY_PREFIX, (name) => name.startsWith(AFFINITY_PREFIX))
}
