import { timesSpent } from '../promises/budget.ts'
import { Decimal } from '../promises/decimal.ts'
import { refusalLines } from '../promises/objective.ts'
import type { ObjectiveView, PromiseView } from '../promises/view.ts'
import type { Explanation } from '../promises/explain.ts'
import { table } from './output.ts'

/** The promises of an environment with their states, parts and arithmetic. `because`: why traffic shows nothing. */
export function describePromises(views: readonly PromiseView[], because: string | null): string {
  if (views.length === 0) return 'nothing is promised: add promises to the config'
  const blocks = views.map(({ promise, state, standing, objectives }) => {
    const rows = objectives.map((each) => [`  ${each.id}`, each.state, standingText(each), each.owed])
    return [`${promise}: ${state}, ${standing ?? 'not watched'}`, table(rows), ...objectives.flatMap(linesOf)].join(
      '\n',
    )
  })
  return [...blocks, ...(because === null ? [] : [`traffic shows nothing: ${because}`])].join('\n\n')
}

/** Answers of `explain`, each with what it comes from. */
export function describeExplanations(found: readonly Explanation[]): string {
  return found
    .map(({ what, value, from, arithmetic }) =>
      [`${what}: ${value}`, `  from ${from}`, ...arithmetic.map((line) => `  ${line}`)].join('\n'),
    )
    .join('\n\n')
}

/** What nobody has seen is unknown, and never met. */
function standingText({ standing, shownBy, budget }: ObjectiveView): string {
  if (budget === null) return standing ?? (shownBy === null ? '-' : 'unknown')
  const left = budget.left === null ? '' : `, ${leftText(budget.left)}`
  return `${standing ?? (shownBy === null ? 'not watched' : 'unknown')}, budget ${budget.time}${left}`
}

function leftText(left: string): string {
  const times = timesSpent(left)
  return times === null ? `${Decimal.of(left).rounded(4, 'down').toPercent()} left` : `${times} times spent`
}

function linesOf({ id, shownBy, refusals, lacks }: ObjectiveView): readonly string[] {
  return [
    ...(shownBy === null ? [] : [`  ${id}: ${shownBy}`]),
    ...refusals.flatMap(refusalLines).map((line) => `  ${line}`),
    ...lacks.map((lack) => `  ${id} is not decided without ${lack}`),
  ]
}
