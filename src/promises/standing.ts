import type { ResolvedApp } from '../config/resolved.ts'
import { spending } from './budget.ts'
import { BAD_EVENTS_ABOVE, BAD_EVENTS_MIN, EVENTS_MIN, firingRates } from './burn-rate.ts'
import { eventsOf, isBudgeted } from './events.ts'
import type { Expression } from './expression.ts'
import { objectiveId, type Objective, type Standing } from './objective.ts'
import { objectivesOf } from './objectives.ts'
import { burnCondition } from './promise-rules.ts'
import { freshnessQuestion, freshnessStanding, type FreshnessQuestion } from './shown/freshness.ts'
import { NOT_WATCHED, type Stood } from './stood.ts'

/** What has to be asked of the series to know where an objective stands. */
export type Question = { readonly objective: string } & (
  | {
      readonly kind: 'budget'
      /** Events of the whole window. */
      readonly count: Expression
      readonly badCount: Expression
      /** Yields something while the budget is spent too fast. */
      readonly burning: readonly Expression[]
    }
  /** How old the newest point is that could be restored to. */
  | { readonly kind: 'age'; readonly seconds: Expression }
  /** How far something is behind. */
  | ({ readonly kind: 'lag' } & FreshnessQuestion)
)

/** What came back; null: nothing, which is not zero. */
export type Answer =
  | {
      readonly kind: 'budget'
      readonly count: number | null
      readonly badCount: number | null
      readonly burns: boolean
    }
  | { readonly kind: 'age'; readonly seconds: number | null }
  | { readonly kind: 'lag'; readonly now: number | null; readonly worst: number | null }

/** What an app's objectives ask at one instant. What only an occasion shows (a rush, an outage) is asked of a whole day: shown/. */
export function questionsOf(app: Pick<ResolvedApp, 'promises'>): readonly Question[] {
  return objectivesOf(app).flatMap((objective): Question[] => {
    const id = objectiveId(objective)
    if (isBudgeted(objective)) {
      const { count, badCount } = eventsOf(objective, objective.overMs)
      const burning = firingRates(objective).map((rate) => burnCondition(objective, rate))
      return objective.overMs > 0 ? [{ objective: id, kind: 'budget', count, badCount, burning }] : []
    }
    if (objective.kind === 'freshness') {
      const lag = freshnessQuestion(objective)
      return lag === null ? [] : [{ objective: id, kind: 'lag', ...lag }]
    }
    if (objective.kind !== 'recovery' || objective.what !== 'rpo' || objective.subject.kind !== 'need') return []
    return [{ objective: id, kind: 'age', seconds: ageOf(objective.subject.need) }]
  })
}

/**
 * Met while there is budget left, at risk while it is spent too fast, broken when it is spent; null when nobody can see. What
 * would be no alert for want of events breaks nothing either: a budget is spent by as many as a rule judges by.
 */
export function standingOf(objective: Objective, answer: Answer): Stood {
  if (answer.kind === 'age') return { standing: ageStanding(objective, answer.seconds), spending: null }
  if (answer.kind === 'lag') return objective.kind === 'freshness' ? freshnessStanding(objective, answer) : NOT_WATCHED
  if (!isBudgeted(objective) || answer.count === null) return NOT_WATCHED
  const spent = spending(objective, { bad: answer.badCount ?? 0, total: answer.count })
  if (spent === null) return NOT_WATCHED
  const isBroken = spent.left === null || spent.left.startsWith('-')
  if (isBroken && isTooFew(answer)) return { standing: null, spending: spent, shownBy: tooFewText(answer) }
  return { standing: isBroken ? 'broken' : answer.burns ? 'at-risk' : 'met', spending: spent }
}

type Counted = Pick<Extract<Answer, { readonly kind: 'budget' }>, 'count' | 'badCount'>

function isTooFew({ count, badCount }: Counted): boolean {
  return (count ?? 0) < EVENTS_MIN || (badCount ?? 0) <= Number(BAD_EVENTS_ABOVE)
}

function tooFewText({ count, badCount }: Counted): string {
  const [bad, all] = [badCount ?? 0, count ?? 0].map(Math.round)
  return `${bad} of ${all} bad: with fewer than ${EVENTS_MIN} events, or ${BAD_EVENTS_MIN} bad ones, nobody can say`
}

function ageStanding(objective: Objective, seconds: number | null): Standing {
  if (objective.kind !== 'recovery' || seconds === null || !Number.isFinite(seconds)) return null
  return seconds * 1_000 <= objective.limitMs ? 'met' : 'broken'
}

function ageOf(need: string): Expression {
  const newest: Expression = {
    kind: 'selector',
    metric: 'seaworthy_backup_newest_timestamp_seconds',
    matchers: [{ label: 'need', op: '=', value: need }],
  }
  return { kind: 'binary', op: '-', left: { kind: 'time' }, right: newest, on: null }
}
