/**
 * Between a gateway worker and control: one JSON object a line over `<state>/gateway.sock`, on which control listens and
 * to which every worker connects, again and again when control is away. A worker serves on from its table meanwhile.
 */
import type { TakenSpans, Trace } from '../../observe/traces/span.ts'
import type { RoutingTable } from '../table.ts'
import type { RefusalCounts } from '../refusal-counts.ts'
import type { TlsCounts } from '../tls-counts.ts'
import type { PauseCounts } from '../waiting-room.ts'
import type { GuardFromWorker, GuardToWorker } from './guard-protocol.ts'

export type FromWorker =
  | {
      readonly type: 'hello'
      /** 1, 2, …: the worker's number, kept by its successor after a crash. */
      readonly worker: number
      readonly pid: number
      /** Differs for every process; counters are summed per incarnation. */
      readonly incarnation: string
      readonly version: number
      readonly token: number
    }
  | { readonly type: 'applied'; readonly version: number; /** monotonicNs() right after. */ readonly atNs: number }
  | { readonly type: 'refused'; readonly version: number; readonly reason: string }
  | { readonly type: 'counters'; readonly counters: Counters }
  | { readonly type: 'drained'; readonly drain: number; readonly report: DrainReport }
  /** Those of the slowest and of the failed requests. What is under way when control dies is lost. */
  | { readonly type: 'traces'; readonly traces: readonly Trace[] }
  /** Those of every sampled request, where they are sent on. */
  | ({ readonly type: 'spans' } & TakenSpans)
  | GuardFromWorker

export type ToWorker =
  | { readonly type: 'table'; readonly table: RoutingTable }
  /** Answered by `counters` at once; they are also sent every COUNTERS_EVERY_MS. */
  | { readonly type: 'report' }
  /**
   * No new request goes to these upstreams (the table no longer has them). WebSockets are closed with 1012 and event
   * streams ended, spread over the first half of the time; requests in flight may finish until `withinMs`, then are cut.
   * Answered by `drained` as soon as nothing is left.
   */
  | { readonly type: 'drain'; readonly drain: number; readonly upstreams: readonly string[]; readonly withinMs: number }
  | GuardToWorker

export interface DrainReport {
  /** Requests that were in flight when the drain began and finished by themselves. */
  readonly finished: number
  /** Requests still in flight when the time was over: their connections were cut. */
  readonly cut: number
  /** WebSockets closed with 1012 so that their clients reconnect. */
  readonly websockets: number
  /** Event streams ended so that their clients reconnect. */
  readonly streams: number
}

/** Everything since the worker's start: cumulative, so that a lost message loses nothing. */
export interface Counters {
  readonly cells: readonly CounterCell[]
  /** Requests answered by the gateway itself because no route or no upstream took them. */
  readonly unrouted: number
  readonly openConnections: number
  readonly openRequests: number
  /** Absent: no request has ever met a pause. */
  readonly pause?: PauseCounts
  /** Absent: the worker has no HTTPS. */
  readonly tls?: TlsCounts
  /** Absent: nothing is watched. */
  readonly watched?: readonly WatchedCell[]
  /** Absent: nothing was refused. */
  readonly refused?: RefusalCounts
  /** Upstreams that health checks have taken out, each once for every worker that says so. Absent: none. */
  readonly down?: readonly string[]
}

/** What was counted for one watch, in buckets of its own. */
export interface WatchedCell {
  readonly watch: string
  readonly service: string
  readonly boundsMs: readonly number[]
  /** One count per class of STATUS_CLASSES. */
  readonly statuses: readonly number[]
  /** One count per bound, then one for everything above. */
  readonly buckets: readonly number[]
  readonly sumMs: number
}

/**
 * `aborted`: the upstream broke off in the middle, or sent what cannot be passed on. `client-gone`: the client left before
 * the end of its answer, or the gateway's own limits ended it. `unanswered`: the client left before the head of an answer.
 * Anybody can cause these two, so no release is condemned for them; that clients wait in vain can hold up a trial.
 */
export const STATUS_CLASSES = ['1xx', '2xx', '3xx', '4xx', '5xx', 'aborted', 'client-gone', 'unanswered'] as const
export type StatusClass = (typeof STATUS_CLASSES)[number]

export interface CounterCell {
  readonly service: string
  readonly release: string
  readonly status: StatusClass
  /** Requests of a trial that asked for this release by header: the witness's, mostly. Counted in cells of their own. */
  readonly addressed?: true
  readonly count: number
  /** One count per bucket of LATENCY_BOUNDS_MS, then one for everything above. */
  readonly buckets: readonly number[]
  readonly sumMs: number
  /** WebSockets opened (status 1xx) are counted here too, without a latency. */
  readonly retried: number
}
