import type { Severity } from './alert-rule.ts'
import { Decimal, ONE } from './decimal.ts'
import { budgetShare, type Budgeted } from './events.ts'
import { objectiveId } from './objective.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** A share of the budget that, spent within `longMs`, is told. `shortMs` lets it end soon after the fault has. */
export interface BurnWindow {
  readonly name: '1h' | '6h' | '1d' | '3d'
  readonly share: string
  readonly longMs: number
  readonly shortMs: number
  readonly severity: Severity
}

/** Shares and windows of the SRE workbook, chapter 5, "Multiwindow, Multi-Burn-Rate Alerts". Fastest first. */
export const BURN_WINDOWS: readonly BurnWindow[] = [
  { name: '1h', share: '0.02', longMs: HOUR_MS, shortMs: 5 * MINUTE_MS, severity: 'P0' },
  { name: '6h', share: '0.05', longMs: 6 * HOUR_MS, shortMs: 30 * MINUTE_MS, severity: 'P1' },
  { name: '1d', share: '0.1', longMs: DAY_MS, shortMs: 2 * HOUR_MS, severity: 'P2' },
  { name: '3d', share: '0.1', longMs: 3 * DAY_MS, shortMs: 6 * HOUR_MS, severity: 'P2' },
]

/**
 * Below this burn rate a rule tells of a fault with which the promise is still kept: at 0.9 all along, a tenth of the
 * budget is left at the end. 28 d at three days is 0.93 and stays.
 */
export const BURN_RATE_MIN = '0.9'
/** Fewer events in the long window say nothing: with ten, one failure is a tenth of them. */
export const EVENTS_MIN = 20
/** A single bad event says nothing either: at 99.9 % it is above the 1.44 % of up to 69. */
export const BAD_EVENTS_MIN = 2
/**
 * How that is asked for, since `increase` yields no whole numbers: it continues what it sees to the ends of its window, by
 * 1.1 intervals at each at most. With six samples in the window and more one event becomes at most 1.44 and two are never
 * less than 2, so that neither depends on where the samples lie.
 */
export const BAD_EVENTS_ABOVE = '1.5'
/** Digits behind the point of a rate or a threshold that does not end: 28 d in three days is 0.9333… */
const DIGITS = 12

/** How many times faster than evenly the budget is spent when `window.share` of it goes in its long window. */
export interface BurnRate {
  readonly window: BurnWindow
  /** share × period ÷ long window; 14.4 for 2 % of 30 d in 1 h. */
  readonly rate: Decimal
  /** rate × budget: the share of bad events above which the rule fires. */
  readonly threshold: Decimal
  /** Null: it is a rule. `never`: no share of events is above the threshold. `kept`: the promise is kept at that rate. */
  readonly leftOut: 'never' | 'kept' | null
}

/** The burn rates of an objective, fastest first, with those that make no rule. */
export function burnRates(objective: Budgeted): readonly BurnRate[] {
  const budget = budgetShare(objective)
  return BURN_WINDOWS.map((window) => {
    // Undivided, so that the comparisons are exact.
    const spent = Decimal.of(window.share).times(Decimal.of(objective.overMs))
    const long = Decimal.of(window.longMs)
    const below = Decimal.of(BURN_RATE_MIN).times(long).isAbove(spent)
    const fires = long.isAbove(spent.times(budget))
    return {
      window,
      rate: spent.dividedBy(long, DIGITS),
      threshold: spent.times(budget).dividedBy(long, DIGITS),
      leftOut: fires ? (below ? 'kept' : null) : 'never',
    }
  })
}

/**
 * Whether a rule has to ask for more than one bad event: where its threshold of the fewest events it judges by is more than
 * that anyway, the question would never decide anything.
 */
export function asksForBadEvents(threshold: Decimal): boolean {
  return Decimal.of(BAD_EVENTS_ABOVE).isAbove(threshold.times(Decimal.of(EVENTS_MIN)))
}

/** Those that are rules. */
export function firingRates(objective: Budgeted): readonly BurnRate[] {
  return burnRates(objective).filter(({ leftOut }) => leftOut === null)
}

/** Why a rate makes no rule, with its arithmetic. */
export function leftOutLine(objective: Budgeted, { window, rate, threshold, leftOut }: BurnRate): string {
  const what = `${objectiveId(objective)}, ${window.name}: burn rate ${rate.rounded(3).toText()}`
  return leftOut === 'kept'
    ? `${what} < ${BURN_RATE_MIN}: it would tell of what keeps the promise`
    : `${what} × ${budgetShare(objective).toPercent()} = ${threshold.times(Decimal.of(100)).rounded(3).toText()} % ≥ 100 %: it could never fire`
}

/** Above which share of the events the fastest rule fires; 1 where no rule does. */
export function fastestThreshold(objective: Budgeted): Decimal {
  return firingRates(objective)[0]?.threshold ?? ONE
}
