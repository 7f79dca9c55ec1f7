/**
 * The routing table: everything a gateway worker knows about where requests go. Always whole, never a patch, so that a
 * worker that missed one is right again with the next.
 */
import type { GuardPolicy } from '../guard/policy.ts'

/** One instance as the gateway sees it. */
export interface Upstream {
  /** Instance id, unique for ever: `api@7-3fa9c1d2-1`. */
  readonly id: string
  readonly host: string
  readonly port: number
  /** The release it belongs to. */
  readonly release: string
}

export interface HealthCheck {
  /** Path to GET; null: a TCP connection that opens is healthy. */
  readonly path: string | null
  readonly expect: { readonly status: number | null; readonly body: string | null }
  readonly intervalMs: number
  readonly timeoutMs: number
  /** Consecutive passes to come back, consecutive failures to be taken out. */
  readonly passes: number
  readonly failures: number
}

export type Backend =
  | {
      readonly kind: 'upstreams'
      readonly upstreams: readonly Upstream[]
      readonly health: HealthCheck
      /** `cookie`: a client stays on its instance for as long as the table has it. @default 'none' */
      readonly affinity?: 'none' | 'cookie'
      /**
       * Each address is a balancer's, which hands a connection to whoever is ready: those come and go behind it, unseen from
       * here. What cannot be repeated goes over a connection of its own. @default false
       */
      readonly balanced?: boolean
    }
  /** `root`: absolute path of a read-only folder of files. */
  | { readonly kind: 'files'; readonly root: string; readonly release: string }
  /** The service is stopped, or nothing of it has been released: 503. */
  | { readonly kind: 'none' }

export interface Route {
  /** Null: any host. */
  readonly host: string | null
  /** A path prefix on segment borders: '/api' takes '/api' and '/api/x', not '/apix'. '/' takes all. */
  readonly path: string
  readonly service: string
}

/** Options of the longest matching prefix and method; absent fields fall back to the gateway's. */
export interface RouteOptions {
  readonly host: string | null
  readonly method: string | null
  readonly path: string
  readonly timeoutMs?: number
  readonly bodyBytesMax?: number
  readonly retry?: boolean
  readonly compress?: boolean
  readonly headers?: Readonly<Record<string, string>>
}

export interface Timeouts {
  /** TCP connection to the upstream. */
  readonly connectMs: number
  /** From the request's last byte to the answer's first. */
  readonly firstByteMs: number
  /** For the client to deliver the whole request. */
  readonly requestMs: number
  /** No byte in either direction; also how long an idle keep-alive connection is kept. */
  readonly idleMs: number
  readonly websocketIdleMs: number
}

/** A release on trial beside the live one. Who is on trial stays on trial until the trial ends. */
export interface Canary {
  readonly release: string
  /** Its backends, for the services it has; the routes are those of the live release. */
  readonly services: Readonly<Record<string, Backend>>
  /** The share of clients that are on trial, from 0 to 1. */
  readonly share: number
}

/** Requests wait at the gateway, or are told to come back later. */
export interface Pause {
  /** `hold`: wait until resumed, within the bounds; `maintenance`: answered at once with 503 and the page. */
  readonly kind: 'hold' | 'maintenance'
  /** Null: every service. */
  readonly services: readonly string[] | null
  /** For one worker: its part of what the config allows. */
  readonly queue: number
  readonly bytesMax: number
  readonly waitMs: number
  /** HTML of the maintenance page; null: a plain sentence. */
  readonly page: string | null
}

/** What the gateway shows as itself over TLS, and where it says so. Files under these names never change. */
export interface TlsTable {
  /** Absolute path of a PEM file: the private key, the certificate and its chain. */
  readonly file: string
  /** Absolute path of random bytes that all workers share: a session begun at one goes on at another. */
  readonly ticketFile: string
  /** The port clients use for HTTPS, for redirects. */
  readonly port: number
  /** Whether HTTP is sent on to HTTPS. */
  readonly redirect: boolean
}

/** Answers to a certificate authority that checks who holds the domain (RFC 8555 §8.3, RFC 8737). */
export interface AcmeChallenge {
  readonly domain: string
  /** `/.well-known/acme-challenge/<token>` is answered with `authorization`. */
  readonly token: string
  readonly authorization: string
  /** PEM of the certificate shown to `acme-tls/1`; null: http-01 alone. */
  readonly alpn: { readonly cert: string; readonly key: string } | null
}

/** Requests that are counted apart, with a bucket at exactly each bound. */
export interface WatchedRequests {
  readonly id: string
  readonly service: string
  /** Null: every request of the service. */
  readonly match: { readonly host: string | null; readonly method: string | null; readonly path: string } | null
  /** Ascending, each once. */
  readonly boundsMs: readonly number[]
}

export interface RoutingTable {
  /** Grows by at least one with every table. A worker refuses a version that is not above its own. */
  readonly version: number
  /** Fencing token of the lease under which it was made. A worker refuses one below the highest it has seen. */
  readonly token: number
  /** The live release; null before the first deploy. */
  readonly release: string | null
  readonly services: Readonly<Record<string, Backend>>
  readonly routes: readonly Route[]
  readonly options: readonly RouteOptions[]
  readonly timeouts: Timeouts
  readonly bodyBytesMax: number
  /** CIDR blocks whose X-Forwarded-* and correlation headers are believed. */
  readonly trustedProxies: readonly string[]
  readonly accessLog: boolean
  readonly canary: Canary | null
  readonly pause: Pause | null
  /** Whether answers are compressed; a route's own option goes first. @default false */
  readonly compress?: boolean
  /** Absent or null: requests are not judged. */
  readonly guard?: GuardPolicy | null
  /** Absent or null: no HTTPS. */
  readonly tls?: TlsTable | null
  readonly acme?: readonly AcmeChallenge[]
  /** @default nothing is counted apart */
  readonly watched?: readonly WatchedRequests[]
  /** Whether every sampled request's spans are sent on. @default false */
  readonly sendsSpans?: boolean
}
