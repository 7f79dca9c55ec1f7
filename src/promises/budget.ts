import { Decimal, ONE } from './decimal.ts'
import { budgetShare, type Budgeted } from './events.ts'

/** Events of a window; as counts come from series they need not be whole. */
export interface EventCounts {
  readonly bad: number
  readonly total: number
}

/** Decimal digits: it crosses the control API. */
export interface Spending {
  /** Share of the events that were bad. */
  readonly badShare: string
  /** Of the budget; above 1 when it is overspent. Null: there is no budget, and something was bad. */
  readonly spent: string | null
  /** Of the budget; below 0 when it is overspent. */
  readonly left: string | null
}

/** Digits behind the point of a share that does not end. */
const DIGITS = 9

/** How long everything may be bad in the objective's window: 43.2 min of 30 d at 99.9 %. Milliseconds, exact. */
export function budgetMs(objective: Budgeted): Decimal {
  return budgetShare(objective).times(Decimal.of(objective.overMs))
}

/**
 * What the events of the whole window have spent: bad ÷ (all × budget), every request with the same weight. Null without
 * events: nothing is known then.
 */
export function spending(objective: Budgeted, { bad, total }: EventCounts): Spending | null {
  if (!(total >= 0.000_001) || !Number.isFinite(total) || !Number.isFinite(bad)) return null
  const [spoilt, all] = [counted(bad), counted(total)]
  const allowed = all.times(budgetShare(objective))
  const badShare = spoilt.dividedBy(all, DIGITS).toText()
  if (allowed.toText() === '0') {
    return spoilt.toText() === '0' ? { badShare, spent: '0', left: '1' } : { badShare, spent: null, left: null }
  }
  const spent = spoilt.dividedBy(allowed, DIGITS)
  return { badShare, spent: spent.toText(), left: ONE.minus(spent).toText() }
}

/** How many times an overspent budget is spent, such as '1.5', from what is left of it; null when it is not overspent. */
export function timesSpent(left: string): string | null {
  return left.startsWith('-') ? ONE.minus(Decimal.of(left)).rounded(2, 'half-up').toText() : null
}

/** An increase is extrapolated in doubles: a millionth of an event is nothing, and neither is less than none. */
function counted(events: number): Decimal {
  return Decimal.of(Math.max(0, events).toFixed(6))
}
