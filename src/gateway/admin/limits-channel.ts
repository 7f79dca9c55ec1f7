import type { FromWorker, ToWorker } from './protocol.ts'

/** The part of the guard that talks with control by itself. */
export interface LimitsChannel {
  /** Null: control has left. */
  connect(send: ((message: FromWorker) => void) | null): void
  onMessage(message: Extract<ToWorker, { type: 'limits' | 'lease' | 'connections' }>): void
}
