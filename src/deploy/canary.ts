import type { Comparison, Verdict } from './analysis.ts'

/** One step of a trial as it stands: for the terminal, `status` and programs. */
export interface CanaryProgress extends Comparison {
  /** The release on trial. */
  readonly release: string
  /** 1, 2, … of `steps`. */
  readonly step: number
  readonly steps: number
  /** Of the clients, from 0 to 1. */
  readonly share: number
  /** How long the step has lasted, and has to last. */
  readonly lastedMs: number
  readonly everyMs: number
  /** What would be said if the step ended now. */
  readonly verdict: Verdict
}

/** How a step ended: by its figures, or by hand. */
export interface CanaryStep extends Comparison {
  readonly share: number
  readonly lastedMs: number
  readonly end: 'passed' | 'breach' | 'promoted' | 'aborted'
  /** Why it was a breach, or who ended it. */
  readonly because: string | null
}
