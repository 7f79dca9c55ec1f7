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
  // Rules are literals of the detector: the list of their names stays as short as its source.
  const names = new Map<string, string>()
  const tell: Tell = (rule, score, start, end, other = threat) => {
    if (tell.done) return
    let name = names.get(rule)
    if (name === undefined) names.set(rule, (name = `${prefix}.${rule}`))
    let known = 0
    while (known < hits.length && hits[known]!.rule !== name) known++
    if (known < hits.length ? hits[known]!.score >= score : known >= HITS_MAX && score < SCORE.proof) return
    hits[known] = { class: other, rule: name, score, start, end }
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
