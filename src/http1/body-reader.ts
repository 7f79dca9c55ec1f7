import type { Refusal } from './refusal.ts'

/** Finds in the bytes of a connection those of one body, and never reads a byte beyond its end. */
export interface BodyReader {
  /** The last byte has been read. */
  readonly done: boolean
  /** Why it can be read no further: the connection is lost. */
  readonly fault: Refusal | null
  /** Where the data of the last push lie: start and end in turn, `2 * runCount` numbers of them valid. */
  readonly runs: readonly number[]
  readonly runCount: number
  /** Bytes of data so far. */
  readonly received: number
  /** Reads on with `bytes[from, to)`; returns the offset behind what belongs to this body. */
  push(bytes: Buffer, from: number, to: number): number
}
