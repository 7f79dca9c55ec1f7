import type { ResolvedApp } from '../config/resolved.ts'
import { budgetMs } from './budget.ts'
import { budgetShare, isBudgeted } from './events.ts'
import type { Facts } from './feasibility/facts.ts'
import { judge } from './feasibility/judge.ts'
import { infeasible, type Change } from './feasibility/refusal.ts'
import { durationText } from './figures.ts'
import { objectiveId, worst, type Infeasible, type Objective, type PromiseState, type Standing } from './objective.ts'
import { configPathOf, objectivesOf } from './objectives.ts'
import { owedText } from './owed.ts'
import { promiseRules } from './promise-rules.ts'
import { freshnessStanding } from './shown/freshness.ts'
import { isOccasional } from './shown/occasional.ts'
import { throughputByCapacity } from './shown/throughput.ts'
import { NOT_WATCHED, type Stood } from './stood.ts'
import { leastState, stateOf } from './state.ts'

/** One objective as people and programs read it. */
export interface ObjectiveView {
  readonly id: string
  /** The line of the config. */
  readonly from: string
  readonly owed: string
  readonly state: PromiseState
  readonly standing: Standing
  /** What shows where it stands, in words; null: its budget does, or nothing. */
  readonly shownBy: string | null
  /** Null: it is no share of anything. */
  readonly budget: {
    /** Decimal digits of the share of events that may be bad. */
    readonly share: string
    /** How long everything may be bad. */
    readonly time: string
    /** Decimal digits of the share of the budget; null: not known. */
    readonly left: string | null
  } | null
  /** The alerts that speak for it, the most urgent first. */
  readonly alerts: readonly string[]
  readonly refusals: readonly (Infeasible & { readonly changes: readonly (readonly Change[])[] })[]
  /** What would have to be known to say more. */
  readonly lacks: readonly string[]
}

export interface PromiseView {
  readonly promise: string
  readonly state: PromiseState
  /** Of the parts that traffic shows; null where one of them cannot be seen, or none can. */
  readonly standing: Standing
  readonly objectives: readonly ObjectiveView[]
}

/** Everything that is known of an app's promises. `stood`: by objective, what traffic shows; absent: not watched. */
export function promiseViews(
  app: ResolvedApp,
  facts: Facts,
  stood: ReadonlyMap<string, Stood>,
): readonly PromiseView[] {
  const { refusals, unknown } = judge(app, facts)
  const rules = promiseRules(app)
  const views = objectivesOf(app).map((objective): ObjectiveView & { readonly promise: string } => {
    const id = objectiveId(objective)
    const own = refusals.filter((refusal) => refusal.objective === id)
    const { standing, spending, shownBy = null } = shownOf(objective, app, facts, stood.get(id))
    return {
      promise: objective.promise,
      id,
      from: configPathOf(objective),
      owed: owedText(objective),
      state: stateOf(own.length > 0, null, { release: null, nowMs: 0 }),
      standing,
      shownBy,
      budget: isBudgeted(objective)
        ? {
            share: budgetShare(objective).toText(),
            time: durationText(budgetMs(objective)),
            left: spending?.left ?? null,
          }
        : null,
      alerts: rules
        .filter(({ origin }) => origin.kind === 'promise' && origin.objective === id)
        .map(({ name }) => name),
      refusals: own.map((refusal) => ({
        ...infeasible(refusal),
        changes: refusal.waysOut.map(({ changes }) => changes),
      })),
      lacks: unknown.filter((each) => each.objective === id).map(({ lacks }) => lacks),
    }
  })
  const occasional = new Set(objectivesOf(app).filter(isOccasional).map(objectiveId))
  return Object.keys(app.promises ?? {}).map((promise) => {
    const objectives = views.filter((view) => view.promise === promise).map(({ promise: _promise, ...view }) => view)
    // What has had no occasion to show itself, no rush and no outage, takes nothing from what is seen.
    const watched = objectives.filter(
      (each) => each.budget !== null || each.standing !== null || (stood.has(each.id) && !occasional.has(each.id)),
    )
    return {
      promise,
      state: leastState(objectives.map(({ state }) => state)),
      standing: worst(watched.map(({ standing }) => standing)),
      objectives,
    }
  })
}

const NO_LAG = { now: null, worst: null }

/** Traffic speaks first: it is what users met. Where it says nothing of a rate, a measurement of `load` may. */
function shownOf(objective: Objective, app: ResolvedApp, facts: Facts, stood: Stood = NOT_WATCHED): Stood {
  if (objective.kind === 'freshness' && objective.metric === null) return freshnessStanding(objective, NO_LAG)
  if (objective.kind !== 'throughput' || stood.standing !== null) return stood
  const measured = throughputByCapacity(objective, app, facts)
  if (measured === null) return stood
  return { ...measured, shownBy: [measured.shownBy, stood.shownBy].filter((each) => each !== undefined).join('; ') }
}

/** Whether somebody has to do something: a promise cannot be kept, or is not. */
export function isBroken(views: readonly PromiseView[]): boolean {
  return views.some(({ state, standing }) => state === 'infeasible' || standing === 'broken')
}
