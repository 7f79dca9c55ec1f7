import type { Proof } from '../../deploy/proof.ts'
import type { SwitchSeen, Tally } from '../../deploy/tally.ts'

/** A witness's count so far, as it survives control. */
export interface WitnessMemory {
  readonly startedAt: number
  readonly tally: Tally
  readonly switches: readonly SwitchSeen[]
  readonly shown: Proof['switches']
  /** How often control died and went on meanwhile. */
  readonly interruptions: number
  readonly paused?: true
}
