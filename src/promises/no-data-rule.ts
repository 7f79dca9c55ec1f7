import { SEVERITIES, type AlertRule } from './alert-rule.ts'

/**
 * The alert of its own that a rule has for the absence of its series: `ServiceDownNoData`, one severity lower, since nobody
 * knows that anything is wrong. Null where absence is fine.
 */
export function noDataRule(rule: AlertRule): AlertRule | null {
  const { name, noData, severity } = rule
  if (noData === null) return null
  return {
    ...rule,
    name: `${name}NoData`,
    severity: SEVERITIES[Math.min(SEVERITIES.indexOf(severity) + 1, SEVERITIES.length - 1)]!,
    expression: noData.expression,
    forMs: noData.forMs,
    summary: `Nobody knows whether ${name} holds: what it reads is not collected.`,
    noData: null,
    inhibits: [],
  }
}
