import type { ResolvedApp } from '../../config/resolved.ts'
import { budgetMs } from '../budget.ts'
import { Decimal, ONE } from '../decimal.ts'
import { DOWN_MS } from '../detection.ts'
import { budgetShare } from '../events.ts'
import { configDuration, durationText } from '../figures.ts'
import { objectiveId, type Objective } from '../objective.ts'
import { objectivesOf } from '../objectives.ts'
import { BAD_DEPLOYS, FAULTS_PER_MS, SWITCH_BACK_MS } from './assumptions.ts'
import { change, type Check, type WayOut } from './refusal.ts'
import { lowered, reliabilityOf, wayOuts } from './share.ts'

/** Bad deploys fail every request until they are noticed and taken back; at least one of them has to fit the budget. */
export const badDeploy: Check = (app) => {
  const detect = shortest(app, (each) => each.kind === 'detection')
  const rollback = shortest(app, (each) => each.kind === 'recovery' && each.what === 'rollback')
  if (detect === null && rollback === null) return []
  const [detectMs, rollbackMs] = [detect?.ms ?? DOWN_MS, rollback?.ms ?? SWITCH_BACK_MS]
  return reliabilityOf(app).flatMap((objective) => {
    const often = Decimal.of(BAD_DEPLOYS)
      .times(Decimal.of(objective.overMs))
      .dividedBy(Decimal.of(FAULTS_PER_MS), 3, 'up')
    const times = ONE.isAbove(often) ? ONE : often
    const lost = times.times(Decimal.of(detectMs + rollbackMs))
    const budget = budgetMs(objective)
    if (!lost.isAbove(budget)) return []
    // What one bad deploy may take.
    const each = budget.dividedBy(times, 0, 'down').toNumber()
    const most = lost.dividedBy(Decimal.of(objective.overMs), 12, 'up').oneMinus()
    const waysOut = wayOuts([
      sooner(rollback, each - detectMs, 1_000),
      sooner(detect, each - rollbackMs, DOWN_MS),
      lowered(objective, most),
    ])
    return [
      {
        kind: 'refused',
        objective: objectiveId(objective),
        reason: 'bad-deploy',
        arithmetic: [
          `${times.toText()} bad deploys (assumed) × (detect ${span(detectMs, detect === null)} + rollback ${span(rollbackMs, rollback === null)}) = ${durationText(lost)}`,
          `${durationText(lost)} > ${durationText(budget)}, the budget of ${budgetShare(objective).toPercent()} of ${durationText(Decimal.of(objective.overMs))}`,
        ],
        waysOut,
      },
    ]
  })
}

interface Promised {
  readonly promise: string
  readonly key: 'detect' | 'rollback'
  readonly ms: number
}

/** Whoever keeps the shortest keeps the others. */
function shortest(app: ResolvedApp, wanted: (objective: Objective) => boolean): Promised | null {
  const found = objectivesOf(app)
    .filter(wanted)
    .flatMap((each): Promised[] => {
      if (each.kind === 'detection') return [{ promise: each.promise, key: 'detect', ms: each.limitMs }]
      return each.kind === 'recovery' ? [{ promise: each.promise, key: 'rollback', ms: each.limitMs }] : []
    })
  return found.toSorted((one, other) => one.ms - other.ms)[0] ?? null
}

/** In whole seconds; null where that is not possible, or sooner than `leastMs`. */
function sooner(promised: Promised | null, ms: number, leastMs: number): WayOut | null {
  const whole = Math.floor(ms / 1_000) * 1_000
  if (promised === null || whole < leastMs) return null
  const { promise, key } = promised
  return {
    text: `promise ${key}: '${configDuration(whole)}' in ${promise}`,
    changes: [change(['promises', promise, `${key}Ms`], whole)],
  }
}

function span(ms: number, isAssumed: boolean): string {
  return `${durationText(Decimal.of(ms))}${isAssumed ? ' (assumed)' : ''}`
}
