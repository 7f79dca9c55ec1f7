import type { ResolvedAlerts, ResolvedBackup, ResolvedPromise, ResolvedTelemetry } from './resolved-promises.ts'

/**
 * What a config means in one environment: overrides applied, defaults filled in, every quantity parsed. A plain JSON value;
 * its canonical text is part of a release. Ratios are numbers from 0 to 1, times milliseconds, sizes bytes.
 */

export const TARGETS = ['process', 'docker', 'kubernetes'] as const
export type TargetKind = (typeof TARGETS)[number]

export interface ResolvedApp {
  readonly name: string
  readonly environment: string
  readonly target: TargetKind
  readonly domain: string | null
  readonly strategy: 'blue-green' | 'canary' | 'recreate'
  readonly services: Readonly<Record<string, ResolvedService>>
  readonly gateway: ResolvedGateway
  readonly guard: ResolvedGuard
  readonly drainMs: number
  readonly watch: ResolvedWatch
  readonly smoke: readonly ResolvedSmoke[]
  readonly witness: { readonly requests: readonly ResolvedRequest[]; readonly perSecond: number }
  readonly needs: Readonly<Record<string, ResolvedNeed>>
  readonly canary: ResolvedCanary
  readonly hooks: { readonly [When in HookTime]: readonly string[] | null }
  /** Whether somebody has to approve a deploy. */
  readonly approval: boolean
  /** What it owes, by name. Absent in releases that were made before these were known; so are the next three. */
  readonly promises?: Readonly<Record<string, ResolvedPromise>>
  readonly alerts?: ResolvedAlerts
  /** By need. */
  readonly backups?: Readonly<Record<string, ResolvedBackup>>
  readonly telemetry?: ResolvedTelemetry
}

export const HOOK_TIMES = ['before', 'after', 'failed'] as const
export type HookTime = (typeof HOOK_TIMES)[number]

/** Something that services use. */
export interface ResolvedNeed {
  readonly kind: 'postgres' | 'redis' | 'kafka' | 'sqlite' | 'http'
  /** As written: '17', '7.4'; null: any supported one. */
  readonly version: string | null
  /** The name of the secret that holds its URL; null: the environment runs its own. */
  readonly url: string | null
  readonly role: 'store' | 'cache'
  readonly bytesMax: number | null
}

export interface ResolvedCanary {
  /** Shares of the clients, from 0 to 1, one step after the other. */
  readonly steps: readonly number[]
  readonly everyMs: number
  /** Answers of the new release that a step needs before it can pass. */
  readonly sample: number
}

/** How many instances, and by what control changes their number; a null measure does not count. */
export interface ResolvedScale {
  readonly min: number
  readonly max: number
  /** Share of its cores (or of one, when none are declared) that an instance should use. */
  readonly cpu: number | null
  /** Share of `memoryBytesMax`. */
  readonly memory: number | null
  /** Requests an instance should get. */
  readonly perSecond: number | null
  readonly queue: { readonly metric: string; readonly target: number } | null
}

export interface ResolvedPause {
  /** Requests held at once, over all workers. */
  readonly queue: number
  readonly bytesMax: number
  /** How long a request is held at most. */
  readonly waitMs: number
}

export interface ResolvedService {
  /** Relative to the config's folder. */
  readonly path: string
  readonly build: readonly string[] | null
  readonly run:
    | { readonly kind: 'program'; readonly argv: readonly string[] }
    | { readonly kind: 'static'; readonly folder: string }
    | { readonly kind: 'image'; readonly image: string }
  /** The port the program insists on; null: it listens on $PORT. */
  readonly port: number | null
  readonly templates: Readonly<Record<string, string>>
  readonly routes: readonly ResolvedRoute[]
  readonly protocol: 'http1' | 'h2c'
  /** `cookie`: a client stays on its instance for as long as that one takes requests. */
  readonly affinity: 'none' | 'cookie'
  readonly health: ResolvedHealth
  readonly env: Readonly<Record<string, string>>
  readonly secrets: readonly string[]
  readonly migrate: { readonly expand: readonly string[] | null; readonly contract: readonly string[] | null }
  /** Those it begins with: `scale.min`. */
  readonly instances: number
  readonly scale: ResolvedScale
  /** Need → how much it matters. */
  readonly uses: Readonly<Record<string, 'required' | 'optional'>>
  readonly cpu: number | null
  readonly memoryBytesMax: number | null
  readonly graceMs: number
  readonly writable: readonly string[]
}

export interface ResolvedRoute {
  readonly host: string | null
  readonly path: string
}

export interface ResolvedHealth {
  readonly ready:
    | { readonly kind: 'http'; readonly path: string }
    | { readonly kind: 'command'; readonly argv: readonly string[] }
    /** Not declared: '/health/readiness', below 500; where nothing answers there, a connection that opens, unless it has routes. */
    | { readonly kind: 'default' }
    /** A worker without routes and without a check: it has to stay up. */
    | { readonly kind: 'alive' }
  readonly live: string | null
  readonly startup: string | null
  readonly expect: { readonly status: number | null; readonly body: string | null }
  readonly intervalMs: number
  readonly timeoutMs: number
  readonly passes: number
  readonly failures: number
  readonly deadlineMs: number
}

export interface ResolvedMatch {
  readonly host: string | null
  readonly method: string | null
  readonly path: string
}

/** Who may do what; secrets by their names. */
export interface ResolvedGuard {
  readonly threats: 'block' | 'monitor' | 'off'
  readonly routes: readonly (ResolvedMatch & {
    readonly threats?: 'block' | 'monitor' | 'off'
    readonly fields?: Readonly<Record<string, 'html' | 'code' | 'password' | 'url' | 'text'>>
  })[]
  readonly exceptions: readonly { readonly class: string; readonly at: string; readonly why: string }[]
  readonly limits: readonly {
    readonly per: 'client' | 'key' | 'subject' | 'all'
    readonly on: ResolvedMatch | null
    readonly count: number
    readonly perMs: number
    readonly burst: number
    readonly cost: number
    readonly whenStoreIsLost: 'allow' | 'refuse' | 'local'
  }[]
  /** The need that keeps the counts of limits. @default control keeps them */
  readonly store?: string
  /** Null: the config says nothing of a guard, and connections are not bounded. */
  readonly connectionsPerClient: number | null
  readonly identity: {
    /** Name of the secret that holds the API keys. */
    readonly keys: string | null
    readonly jwt: {
      readonly issuer: string
      readonly audience: string
      readonly jwks: string | null
      /** Name of the secret that tokens are signed with. */
      readonly secret: string | null
    } | null
    readonly protect: readonly ResolvedMatch[]
    readonly admin: {
      readonly routes: readonly ResolvedMatch[]
      readonly from: readonly string[] | null
      readonly role: string | null
    } | null
  } | null
  readonly lockout: { readonly after: number; readonly withinMs: number; readonly forMs: number }
  readonly block: readonly string[]
  readonly allow: readonly string[]
  readonly feeds: readonly { readonly url: string; readonly everyMs: number }[]
  readonly headers: Readonly<Record<string, string | false>>
  readonly cors: { readonly origins: readonly string[]; readonly credentials: boolean } | null
}

export interface ResolvedTls {
  readonly source:
    /** Absolute paths. */
    | { readonly kind: 'files'; readonly cert: string; readonly key: string }
    | { readonly kind: 'acme'; readonly email: string; readonly directory: string | null }
    | { readonly kind: 'self-signed' }
  readonly port: number
  /** Whether HTTP is sent on to HTTPS. */
  readonly redirect: boolean
}

export interface ResolvedGateway {
  readonly http: number
  readonly tls: ResolvedTls | null
  readonly compress: boolean
  /** Null: one per core, decided where it runs. */
  readonly workers: number | null
  readonly trustedProxies: readonly string[]
  readonly timeouts: {
    readonly connectMs: number
    readonly firstByteMs: number
    readonly requestMs: number
    readonly idleMs: number
    readonly websocketIdleMs: number
  }
  readonly bodyBytesMax: number
  readonly routes: readonly {
    readonly host: string | null
    readonly method: string | null
    readonly path: string
    readonly timeoutMs?: number
    readonly bodyBytesMax?: number
    readonly retry?: boolean
    readonly compress?: boolean
    readonly headers?: Readonly<Record<string, string>>
  }[]
  readonly accessLog: boolean
  readonly pause: ResolvedPause
}

export interface ResolvedWatch {
  readonly forMs: number
  /** The share of failed answers above which a release is taken back. @default 0.01 */
  readonly errors: number
  /** The new release's p95 divided by the old one's above which it is taken back. @default 1.5 */
  readonly p95Ratio: number
  /** Fewer answers than this are inconclusive. @default 20 */
  readonly sample: number
  readonly warmMs: number
}

export interface ResolvedRequest {
  readonly method: string
  readonly host: string | null
  readonly path: string
}

export interface ResolvedSmoke {
  readonly request: ResolvedRequest
  readonly expect: { readonly status: number | null; readonly body: string | null; readonly withinMs: number | null }
}
