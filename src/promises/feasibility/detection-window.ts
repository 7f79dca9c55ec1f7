import type { ResolvedApp } from '../../config/resolved.ts'
import { Decimal, ONE } from '../decimal.ts'
import { detectionOf, DOWN_MS, OVERHEAD_MS } from '../detection.ts'
import { budgetShare } from '../events.ts'
import { configDuration, durationText } from '../figures.ts'
import { objectiveId, type Objective } from '../objective.ts'
import { objectivesOf } from '../objectives.ts'
import { ruledObjectives } from '../promise-rules.ts'
import { noiseOf, SYMPTOM_WINDOW_MS, symptomOf, type Symptom } from '../symptom.ts'
import { change, type Check, type Refusal, type WayOut } from './refusal.ts'
import { lowered, wayOuts, type Reliability } from './share.ts'

type Detecting = Extract<Objective, { readonly kind: 'detection' }>

/** A fault is an instance that has ended, or every request failing: both have to be told within the promised time. */
export const detectionWindow: Check = (app) =>
  objectivesOf(app)
    .filter((each): each is Detecting => each.kind === 'detection')
    .flatMap((detecting) => (detecting.limitMs < DOWN_MS ? [tooShort(detecting)] : hiddenByNoise(detecting, app)))

function tooShort(detecting: Detecting): Refusal {
  const { limitMs } = detecting
  return {
    kind: 'refused',
    objective: objectiveId(detecting),
    reason: 'detection-window',
    arithmetic: [
      `an instance that ended: 3 missed collections × 10 s + evaluation 10 s + group wait 5 s + delivery 5 s = ${text(DOWN_MS)}`,
      `promised ${text(limitMs)} < ${text(DOWN_MS)}`,
    ],
    waysOut: [longer(detecting, DOWN_MS)],
  }
}

function hiddenByNoise(detecting: Detecting, app: ResolvedApp): readonly Refusal[] {
  return ruledObjectives(app)
    .map((objective) => symptomOf(objective, detecting.limitMs))
    .filter((symptom): symptom is Symptom => symptom !== null && !symptom.threshold.isAbove(symptom.noise))
    .map((symptom) => {
      const { objective, threshold, noise } = symptom
      const burn = detectionOf(objective, ONE)
      const after = burn.kind === 'never' ? null : burn.ms.plus(Decimal.of(OVERHEAD_MS))
      return {
        kind: 'refused',
        objective: objectiveId(detecting),
        reason: 'detection-noise',
        arithmetic: [
          after === null
            ? `${objectiveId(objective)}: no burn rate fires even when every request fails`
            : `${objectiveId(objective)}: burn rates tell after ${durationText(after)} when every request fails, and ${text(detecting.limitMs)} are promised`,
          `a rule over ${text(SYMPTOM_WINDOW_MS)} needs a threshold ≤ (${text(detecting.limitMs)} − ${text(OVERHEAD_MS)}) ÷ ${text(SYMPTOM_WINDOW_MS)}, at most 50 %: ${threshold.toPercent()}`,
          `of 20 requests ${budgetShare(objective).toPercent()} + 3 σ = ${noise.toPercent()} may fail by chance ≥ ${threshold.toPercent()}`,
        ],
        waysOut: wayOuts([
          quieter(detecting, symptom),
          after === null ? null : longer(detecting, Math.ceil(after.toNumber() / 1_000) * 1_000),
          stricter(symptom),
        ]),
      }
    })
}

/** As long as the threshold needs to be above the noise; null where half of the requests are noise. */
function quieter(detecting: Detecting, { objective, noise }: Symptom): WayOut | null {
  const seconds =
    noise
      .times(Decimal.of(SYMPTOM_WINDOW_MS / 1_000))
      .rounded(0, 'down')
      .toNumber() + 1
  const ms = OVERHEAD_MS + seconds * 1_000
  const other = symptomOf(objective, ms)
  return other !== null && !other.threshold.isAbove(other.noise) ? null : longer(detecting, ms)
}

/** The lowest whole percentage of good requests whose noise stays below the threshold. */
function stricter({ objective, threshold }: Symptom): WayOut | null {
  for (let percent = 1; percent < 100; percent++) {
    const good = Decimal.of(percent).dividedBy(Decimal.of(100), 2)
    if (threshold.isAbove(noiseOf(good.oneMinus()))) return lowered(objective as Reliability, good)
  }
  return null
}

function longer({ promise }: Detecting, ms: number): WayOut {
  return {
    text: `promise detect: '${configDuration(ms)}' in ${promise}`,
    changes: [change(['promises', promise, 'detectMs'], ms)],
  }
}

function text(ms: number): string {
  return durationText(Decimal.of(ms))
}
