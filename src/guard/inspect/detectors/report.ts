import { SCORE, type Hit } from '../detector.ts'
import type { ThreatClass } from '../../threats.ts'

/** Most hits reported of one value. */
const HITS_MAX = 8

export interface Tell {
  (rule: string, score: number, start: number, end: number, threat?: ThreatClass): void
  /** Proof was told, or enough else: the detector may stop. */
  done: boolean
}

/** Reports hits as `prefix.rule` of `threat`: at most HITS_MAX of a value, and nothing after proof. */
export function teller(report: (hit: Hit) => void, threat: ThreatClass, prefix: string = threat): Tell {
  let left = HITS_MAX
  const tell: Tell = (rule, score, start, end, other = threat) => {
    if (tell.done) return
    report({ class: other, rule: `${prefix}.${rule}`, score, start, end })
    if (--left === 0 || score >= SCORE.proof) tell.done = true
  }
  tell.done = false
  return tell
}
