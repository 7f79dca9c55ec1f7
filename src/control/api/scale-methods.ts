import type { Measure } from '../scale/decide.ts'

/** The contract's `Empty`, which imports this file. */
interface Nothing {
  readonly none?: never
}

export interface ScaleMethods {
  /**
   * Sets the number of instances of services of the live release; null hands a service back to its measures. All of them or,
   * refused, none. Returns before the instances are there: `scale.look` tells. `by`: user@host.
   */
  'service.scale': { input: { counts: Readonly<Record<string, number | null>>; by: string }; output: Nothing }
  'scale.look': { input: Nothing; output: { services: readonly ScaleStatus[] } }
  /** What a one-off command of a service needs, secrets included; noted as an event. Null: the live release. */
  'exec.prepare': {
    input: { service: string; release: string | null; argv: readonly string[]; by: string }
    output: ExecContext
  }
}

/** How a service came to its number of instances. */
export interface ScaleNote {
  /** A person has set it: its measures do not change it until it is handed back. */
  readonly byHand: boolean
  readonly because: string
  /** Milliseconds since the epoch. */
  readonly at: number
  /** Why the number that was wanted could not be reached; null when nothing stood in the way. */
  readonly failure: string | null
}

export interface ScaleStatus {
  readonly service: string
  readonly wanted: number
  /** Running and in the routing table. */
  readonly running: number
  /** Yet to pass their check. */
  readonly joining: number
  /** Out of the table, finishing what they have. */
  readonly leaving: number
  readonly min: number
  readonly max: number
  /** Null: nothing has changed its number since the beginning. */
  readonly note: ScaleNote | null
  /** The newest reading; empty when nothing scales it. */
  readonly measures: readonly Measure[]
}

export interface ExecContext {
  readonly release: string
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
}
