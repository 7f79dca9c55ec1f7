import { SEVERITIES, type AlertRule } from './alert-rule.ts'

/**
 * The alert of its own that a rule has for the absence of its series: `ServiceDownNoData`, one severity lower, since nobody
 * knows that anything is wrong. Null where absence is fine, or another rule tells of it.
 */
export function noDataRule(rule: AlertRule): AlertRule | null {
  const { name, noData, severity, origin } = rule
  const alert = noDataAlert(rule)
  if (noData === null || alert === null || noData.isToldElsewhere === true) return null
  const what = origin.kind === 'promise' ? `${origin.objective} is kept` : `${name} holds`
  return {
    ...rule,
    name: alert,
    severity: SEVERITIES[Math.min(SEVERITIES.indexOf(severity) + 1, SEVERITIES.length - 1)]!,
    expression: noData.expression,
    forMs: noData.forMs,
    summary: `Nobody knows whether ${what}: what it reads is not collected.`,
    noData: null,
    inhibits: [],
  }
}

/** The alert that tells of the absence of a rule's series, be it this rule's own or shared with others. */
export function noDataAlert({ name, noData }: Pick<AlertRule, 'name' | 'noData'>): string | null {
  return noData === null ? null : (noData.alert ?? `${name}NoData`)
}
