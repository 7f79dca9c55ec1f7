import type { ToWorker } from './protocol.ts'

/** A worker that runs, according to whoever started it. */
export interface ExpectedWorker {
  readonly worker: number
  readonly pid: number
  /** Milliseconds since the epoch. */
  readonly startedAt: number
}

/** One connection of a worker that has said hello. */
export interface Connection {
  worker: number
  pid: number
  incarnation: string
  version: number
  send(message: ToWorker): void
}
