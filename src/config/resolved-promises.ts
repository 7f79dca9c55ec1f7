import type { ParsedRoute } from './route.ts'

/** A promise with its quantities parsed; null: not promised. Ratios are numbers from 0 to 1, as written. */
export interface ResolvedPromise {
  readonly on:
    /** Match null: every request of the service. */
    | { readonly kind: 'service'; readonly service: string; readonly match: ParsedRoute | null }
    | { readonly kind: 'need'; readonly need: string }
    | { readonly kind: 'operate' }
  readonly overMs: number
  readonly availability: number | null
  readonly latencyMs: { readonly p50: number | null; readonly p95: number | null; readonly p99: number | null }
  readonly errors: number | null
  readonly throughput: { readonly count: number; readonly perMs: number } | null
  readonly freshnessMs: number | null
  /** The metric that says how far behind it is. @default nothing does */
  readonly freshnessMetric?: string
  readonly without: Readonly<Record<string, { readonly p95Ms: number | null; readonly errors: number | null }>>
  readonly rpoMs: number | null
  readonly rtoMs: number | null
  readonly keepMs: number | null
  readonly detectMs: number | null
  readonly rollbackMs: number | null
  /** Requests that one deploy may fail. */
  readonly deployFailed: number | null
}

type Severity = 'P0' | 'P1' | 'P2' | 'P3'

export interface ResolvedAlerts {
  /** Ways to reach people, by name; secrets by their names. */
  readonly channels: Readonly<
    Record<
      string,
      | { readonly kind: 'webhook' | 'slack' | 'pagerduty'; readonly secret: string }
      | { readonly kind: 'email'; readonly to: readonly string[]; readonly secret: string }
    >
  >
  /** The secret that holds the URL of the owner's pager; null: none. */
  readonly pager: string | null
  /** The secret that holds the URL that is told, every minute, that all is well; null: none. */
  readonly heartbeat: string | null
  /** Empty: everything to every channel, and P0 to the pager. */
  readonly routes: readonly {
    /** Null: all. */
    readonly severities: readonly Severity[] | null
    readonly to: readonly string[]
    readonly escalate: readonly { readonly afterMs: number; readonly to: readonly string[] }[]
  }[]
  readonly maintenance: readonly { readonly fromMs: number; readonly toMs: number; readonly why: string }[]
  readonly rules: Readonly<
    Record<
      string,
      {
        /** In the part of PromQL that Seaworthy speaks. */
        readonly when: string
        readonly forMs: number
        readonly severity: Severity
        readonly runbook: string | null
      }
    >
  >
}

export interface ResolvedBackup {
  /** As written, a duration or a cron line; null: as often as the promised rpo asks for. */
  readonly every: string | null
  readonly to: readonly string[]
  readonly keepMs: number | null
  readonly verify: 'each' | 'daily' | 'weekly'
}

/** Where else what is seen goes to, or comes from; null: our own. */
export interface ResolvedTelemetry {
  readonly prometheus: string | null
  readonly loki: string | null
  readonly otlp: string | null
}
