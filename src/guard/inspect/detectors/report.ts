import { SCORE, type Detector, type Hit, type Value } from '../detector.ts'
import type { ThreatClass } from '../../threats.ts'

/** Most hits reported of one value. */
const HITS_MAX = 8

export interface Tell {
  (rule: string, score: number, start: number, end: number, threat?: ThreatClass): void
  /** Proof was told: nothing that could follow would change the verdict. */
  done: boolean
}

/**
 * The `detect` of a detector that tells as it finds: hits go out strongest first, each rule once at its strongest, as
 * `prefix.rule` of `threat`. Nothing is taken after proof. The list is used again for each value: `look` is not re-entered.
 *
 * @param prefix @default the class
 */
export function telling(
  threat: ThreatClass,
  look: (value: Value, tell: Tell) => void,
  prefix: string = threat,
): Detector['detect'] {
  const hits: Hit[] = []
  const tell: Tell = (rule, score, start, end, other = threat) => {
    if (tell.done) return
    const hit: Hit = { class: other, rule: `${prefix}.${rule}`, score, start, end }
    const known = hits.findIndex((one) => one.rule === hit.rule)
    if (known < 0) {
      if (hits.length < HITS_MAX || score >= SCORE.proof) hits.push(hit)
    } else if (hits[known]!.score < score) hits[known] = hit
    if (score >= SCORE.proof) tell.done = true
  }
  tell.done = false
  return (value, report) => {
    tell.done = false
    look(value, tell)
    if (hits.length === 0) return
    if (hits.length > 1) hits.sort((one, other) => other.score - one.score)
    for (const hit of hits) report(hit)
    hits.length = 0
  }
}
