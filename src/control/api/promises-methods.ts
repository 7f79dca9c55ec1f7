import type { Stood } from '../../promises/stood.ts'

/** The contract's `Empty`, which imports this file. */
interface Nothing {
  readonly none?: never
}

export interface PromisesMethods {
  /** What traffic shows of the promises of the live release, now. */
  'promise.look': { input: Nothing; output: PromiseReport }
}

export interface PromiseReport {
  /** Whose promises they are; null: nothing is live. */
  readonly release: string | null
  /** Milliseconds since the epoch. */
  readonly at: number
  /** By objective, of those that can be watched. */
  readonly stood: Readonly<Record<string, Stood>>
  /** Connections that each Postgres takes from applications, where it has said so. */
  readonly connectionsMax: Readonly<Record<string, number>>
  /** Why nothing is seen; null when something is. */
  readonly because: string | null
}
