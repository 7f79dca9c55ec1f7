import type { ProblemJson } from '../../../core/problem.ts'
import type { LogPage, LogQuery, StoredLine } from '../line.ts'
import type { DropReason } from '../reader.ts'
import type { FollowAnswer, FollowAsk } from '../ring.ts'
import type { Origin } from '../../ship/loki.ts'
import type { TakenSpans, Trace } from '../../traces/span.ts'
import type { TracePage, TraceQuery } from '../../traces/store.ts'

/** What the thread can be asked. */
export interface LogCalls {
  search: {
    input: { query: LogQuery; limit?: number; before?: string | null; withinMs?: number }
    output: LogPage
  }
  follow: { input: FollowAsk; output: FollowAnswer }
  around: { input: { id: string; count: number }; output: Around }
  stats: { input: { none?: never }; output: LogStats }
  send: { input: Destinations; output: { none?: never } }
  addTraces: { input: { traces: readonly Trace[] }; output: { none?: never } }
  addSpans: { input: TakenSpans; output: { none?: never } }
  traces: { input: TraceQuery; output: TracePage }
  trace: { input: { id: string }; output: { traces: readonly Trace[] } }
}

/** Where lines and traces go besides; null: nowhere. */
export interface Destinations extends Origin {
  readonly loki: string | null
  readonly otlp: string | null
}

/** A line with what leads on from it. */
export interface Around {
  readonly line: StoredLine
  /** Lines of the same output's service and instance before it, oldest first … */
  readonly before: readonly StoredLine[]
  /** … and behind it. */
  readonly after: readonly StoredLine[]
  /** Everything with the same correlation id, oldest first: the request. */
  readonly request: readonly StoredLine[]
  /** The trace, where it was kept. */
  readonly traces: readonly Trace[]
}

export interface LogStats {
  /** By reason; `loki`: kept here, but not sent on. */
  readonly dropped: Readonly<Record<DropReason | 'loki', number>>
  /** Sampled requests whose spans were not sent on: there was no room, or nobody took them in time. */
  readonly tracesNotSent: number
  /** On disk. */
  readonly bytes: number
}

export type ToThread =
  | { readonly call: number; readonly method: keyof LogCalls; readonly input: unknown }
  | { readonly output: string; readonly secrets: readonly Readonly<Record<string, string>>[] }
  | { readonly close: true }

export type FromThread =
  | { readonly call: number; readonly result: unknown }
  | { readonly call: number; readonly problem: ProblemJson }
  | { readonly call: number; readonly error: string }
  /** An output whose secrets are not known yet. */
  | { readonly output: string }
  | { readonly trouble: string }
  /** A file was damaged and has been put aside, in words. */
  | { readonly damaged: string }

/** How the thread is started. */
export interface ThreadOptions {
  readonly stateFolder: string
  readonly epoch: string
  readonly keepMs?: number
  readonly bytesMax?: number
}
