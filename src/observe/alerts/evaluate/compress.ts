import { SCRAPE_MS } from '../../../core/series/series.ts'
import type { AlertRule } from '../../../promises/alert-rule.ts'
import type { Expression, Selector } from '../../../promises/expression.ts'

/** Three collections: a rate needs two, and one may be missed. */
const WINDOW_MS_MIN = 3 * SCRAPE_MS

/**
 * A rule with its times made shorter, so that a test need not wait for days; thresholds stay. Windows are never shorter than
 * three collections: the factor is exact for the longer ones only, and has to be told with the result.
 */
export function compressed(rule: AlertRule, factor: number): AlertRule {
  if (factor === 1) return rule
  return {
    ...rule,
    expression: shorter(rule.expression, factor),
    forMs: rule.forMs * factor,
    noData:
      rule.noData === null
        ? null
        : {
            ...rule.noData,
            expression: shorter(rule.noData.expression, factor),
            forMs: rule.noData.forMs * factor,
          },
  }
}

function shorter(expression: Expression, factor: number): Expression {
  switch (expression.kind) {
    case 'number':
    case 'time':
      return expression
    case 'selector':
      return nearer(expression, factor)
    case 'absent':
      return { ...expression, of: nearer(expression.of, factor) }
    case 'over':
      return {
        ...expression,
        of: nearer(expression.of, factor),
        windowMs: Math.max(Math.min(WINDOW_MS_MIN, expression.windowMs), expression.windowMs * factor),
      }
    case 'aggregate':
    case 'quantile':
      return { ...expression, of: shorter(expression.of, factor) }
    case 'binary':
      return { ...expression, left: shorter(expression.left, factor), right: shorter(expression.right, factor) }
  }
}

function nearer(selector: Selector, factor: number): Selector {
  return selector.offsetMs === undefined ? selector : { ...selector, offsetMs: selector.offsetMs * factor }
}
