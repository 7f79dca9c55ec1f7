import type { AccessLine } from './access-log.ts'
import type { CounterBook } from './counters.ts'
import type { Answer, Exchange } from './exchange.ts'
import type { RoutingState } from './routing.ts'
import type { Spans } from './spans.ts'
import type { WaitingRoom } from './waiting-room.ts'
import type { WatchedBook } from './watched.ts'
import type { WorkerGuard } from './worker-guard.ts'

/** Looks at an exchange and either lets it go on (null) or answers it. */
export type Stage = (exchange: Exchange, context: Context) => Answer | null | Promise<Answer | null>

/** What the stages of one worker share. */
export interface Context {
  readonly routing: RoutingState
  readonly counters: CounterBook
  readonly watched: WatchedBook
  readonly waitingRoom: WaitingRoom
  readonly guard: WorkerGuard
  /** Absent: no traces are kept. */
  readonly spans?: Spans
  readonly accessLog: (line: AccessLine) => void
  /** For what is our own bug: it is told and the request gets 500. */
  readonly onBug: (error: unknown) => void
}
