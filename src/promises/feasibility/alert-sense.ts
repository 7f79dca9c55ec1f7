import { burnRates, firingRates, leftOutLine } from '../burn-rate.ts'
import { Decimal } from '../decimal.ts'
import { budgetedOf, type Budgeted } from '../events.ts'
import { configDuration, configRatio } from '../figures.ts'
import { objectiveId } from '../objective.ts'
import { change, shareChange, type Check, type WayOut } from './refusal.ts'
import { wayOuts } from './share.ts'

const HOUR_MS = 3_600_000
/** Periods that are proposed: the shortest with a rule, and whole days up to a year. */
const PERIODS_MS: readonly number[] = [
  45 * HOUR_MS,
  ...Array.from({ length: 364 }, (_, index) => (index + 2) * 24 * HOUR_MS),
]

/** An objective that no rule can speak for would be broken without anybody being told. */
export const alertSense: Check = (app) =>
  budgetedOf(app)
    .filter((objective) => firingRates(objective).length === 0)
    .map((objective) => ({
      kind: 'refused',
      objective: objectiveId(objective),
      reason: 'alert-sense',
      arithmetic: burnRates(objective).map((rate) => leftOutLine(objective, rate)),
      waysOut: wayOuts([otherPeriod(objective), stricter(objective)]),
    }))

function otherPeriod(objective: Budgeted): WayOut | null {
  const near = PERIODS_MS.toSorted(
    (one, other) => Math.abs(one - objective.overMs) - Math.abs(other - objective.overMs),
  ).find((overMs) => firingRates({ ...objective, overMs }).length > 0)
  if (near === undefined) return null
  return {
    text: `measure ${objective.promise} over: '${configDuration(near)}'`,
    changes: [change(['promises', objective.promise, 'overMs'], near)],
  }
}

/** The largest budget in whole percent with which a rule fires; a percentile has no other. */
function stricter(objective: Budgeted): WayOut | null {
  if (objective.kind === 'latency') return null
  for (let percent = 99; percent > 0; percent--) {
    const budget = Decimal.of(percent).dividedBy(Decimal.of(100), 2)
    const share = objective.kind === 'errors' ? budget : budget.oneMinus()
    const other = {
      ...objective,
      ...(objective.kind === 'errors' ? { budget: share.toText() } : { target: share.toText() }),
    }
    if (firingRates(other).length === 0) continue
    return {
      text: `promise ${objective.kind}: '${configRatio(share)}' in ${objective.promise}`,
      changes: [shareChange(['promises', objective.promise, objective.kind], share)],
    }
  }
  return null
}
