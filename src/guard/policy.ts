/**
 * Everything the guard is told, as a plain value without secrets: it travels to every worker in the routing table and is saved
 * with it. Times are milliseconds.
 */
import type { FieldHint, ThreatMode } from './threats.ts'

/** Longest matching prefix on segment borders; null: any host, any method. */
export interface RouteMatch {
  readonly host: string | null
  readonly method: string | null
  readonly path: string
}

export interface ThreatRoute extends RouteMatch {
  readonly threats?: ThreatMode
  /** Field path → what it holds: `comment`, `items.*.html`. */
  readonly fields?: Readonly<Record<string, FieldHint>>
}

/** Where the guard is known to be wrong. */
export interface ThreatException {
  /** A ThreatClass, or '*'. */
  readonly class: string
  /** A route, a place in the request, or both: `POST /api/notes json:body.text`, `/search query:q`, `header:x-code`. */
  readonly at: string
  readonly why: string
}

export interface LimitRule {
  /** Unique and stable: it names the counts. */
  readonly id: string
  readonly per: 'client' | 'key' | 'subject' | 'all'
  readonly on: RouteMatch | null
  /** `count` requests in `perMs`. */
  readonly count: number
  readonly perMs: number
  /** Requests that may come at once. */
  readonly burst: number
  /** What one request takes. */
  readonly cost: number
  readonly whenStoreIsLost: 'allow' | 'refuse' | 'local'
}

export interface IdentityPolicy {
  /**
   * A JSON file `{ keys?, jwt? }`, readable by its owner alone: the API keys' entries and the secret that tokens are signed with.
   * Another content has another name. Null where neither is used.
   */
  readonly secretsFile: string | null
  readonly keys: boolean
  readonly jwt: {
    readonly issuer: string
    readonly audience: string
    /** Null and no `shared`: found through the issuer. */
    readonly jwks: string | null
    /** Signed with a shared secret (HS256). */
    readonly shared: boolean
  } | null
  /** Routes that need an identity. */
  readonly protect: readonly RouteMatch[]
  readonly admin: {
    readonly routes: readonly RouteMatch[]
    /** Null: any address. */
    readonly from: readonly string[] | null
    /** Null: any identity. */
    readonly role: string | null
  } | null
}

export interface GuardPolicy {
  readonly threats: ThreatMode
  readonly routes: readonly ThreatRoute[]
  readonly exceptions: readonly ThreatException[]
  readonly limits: readonly LimitRule[]
  /** Paths of the services' health checks: a platform that is refused an answer kills what is healthy. */
  readonly probes: readonly string[]
  /** Workers of this host, between whom a limit is divided while nobody counts for all of them. */
  readonly workers: number
  /** Null: no bound. */
  readonly connectionsPerClient: number | null
  readonly identity: IdentityPolicy | null
  readonly lockout: { readonly after: number; readonly withinMs: number; readonly forMs: number }
  /** Addresses and CIDR blocks that are refused … */
  readonly block: readonly string[]
  /** … and those that never are for their reputation. */
  readonly allow: readonly string[]
  readonly feeds: readonly { readonly url: string; readonly everyMs: number }[]
  /** Overrides of the secure headers; false leaves one out. */
  readonly headers: Readonly<Record<string, string | false>>
  readonly cors: { readonly origins: readonly string[]; readonly credentials: boolean } | null
}
