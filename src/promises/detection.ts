import { SCRAPE_MS } from '../core/series/series.ts'
import { firingRates, type BurnRate } from './burn-rate.ts'
import { Decimal } from './decimal.ts'
import { budgetShare, type Budgeted } from './events.ts'
import { GROUP_WAIT_MS } from './group-wait.ts'

/** How long one try to deliver a message may take. */
export const DELIVERY_MS = 5_000
/** From what has become true to the message: it is collected, evaluated, grouped and delivered. */
export const OVERHEAD_MS = SCRAPE_MS + SCRAPE_MS + GROUP_WAIT_MS.P0 + DELIVERY_MS
/** Collections that an instance has to miss to be down. */
const MISSED = 3
/**
 * From the end of an instance to the message at the latest: three collections missed, one evaluation, group wait, delivery.
 * The gateway often knows sooner.
 */
export const DOWN_MS = MISSED * SCRAPE_MS + SCRAPE_MS + GROUP_WAIT_MS.P0 + DELIVERY_MS

export type Detection =
  /** Milliseconds until the rule's condition holds, on a clean window with steady traffic; the message is OVERHEAD_MS later. */
  { readonly kind: 'after'; readonly by: BurnRate; readonly ms: Decimal } | { readonly kind: 'never' }

/**
 * When the burn-rate rules see that the share `errors` of the events is bad: B · budget · window ÷ errors, by the fastest
 * rule that can fire at all. B · window grows from rule to rule, so that no slower one is sooner.
 */
export function detectionOf(objective: Budgeted, errors: Decimal): Detection {
  const by = firingRates(objective).find(({ threshold }) => errors.isAbove(threshold))
  if (by === undefined) return { kind: 'never' }
  const spent = Decimal.of(by.window.share).times(Decimal.of(objective.overMs)).times(budgetShare(objective))
  return { kind: 'after', by, ms: spent.dividedBy(errors, 0, 'up') }
}
