import type { Comparison } from './analysis.ts'

/** The part of a step in which the witness fills the sample: the rest is for its last answers. */
const FILLED_AFTER = 0.8
/** Of the sample, the part that the witness asks whoever else does: users who meet silence leave, it waits for an answer. */
const ALWAYS_SHARE = 0.1

export interface Filling extends Pick<Comparison, 'users' | 'witness'> {
  readonly elapsedMs: number
  readonly everyMs: number
  readonly sample: number
  /** Whether the figures, as they are, leave it open how the step ends. */
  readonly isInconclusive: boolean
  /** Pairs sent that are in no figures yet. */
  readonly onTheWay: number
}

/**
 * Whether one more pair of the witness is needed: where users alone are behind the pace that fills the sample in time, on
 * either side, or the time is over without a verdict. The witness fills a group of its own: users' answers, which are
 * compared with other ones, do not count there.
 */
export function wantsPair({ users, witness, elapsedMs, everyMs, sample, isInconclusive, onTheWay }: Filling): boolean {
  if (elapsedMs >= everyMs) return isInconclusive
  const wanted = sample * Math.min(1, elapsedMs / (FILLED_AFTER * everyMs))
  const areUsersEnough = Math.min(users.next.answers, users.old.answers) >= wanted
  return witness.next.answers + onTheWay < (areUsersEnough ? wanted * ALWAYS_SHARE : wanted)
}
