import { Decimal, ONE } from './decimal.ts'
import { budgetShare, type Budgeted } from './events.ts'

/** Events of a window; as counts come from series they need not be whole. */
export interface EventCounts {
  readonly bad: number
  readonly total: number
}

export interface Spending {
  /** Share of the events that were bad. */
  readonly badShare: Decimal
  /** Of the budget; above 1 when it is overspent. Null: there is no budget, and something was bad. */
  readonly spent: Decimal | null
  /** Of the budget; below 0 when it is overspent. */
  readonly left: Decimal | null
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
  if (!(total > 0) || !Number.isFinite(total) || !Number.isFinite(bad)) return null
  const [spoilt, all] = [Decimal.of(bad), Decimal.of(total)]
  const allowed = all.times(budgetShare(objective))
  const badShare = spoilt.dividedBy(all, DIGITS)
  if (allowed.toText() === '0') {
    const spent = bad === 0 ? Decimal.of(0) : null
    return { badShare, spent, left: spent }
  }
  const spent = spoilt.dividedBy(allowed, DIGITS)
  return { badShare, spent, left: ONE.minus(spent) }
}
