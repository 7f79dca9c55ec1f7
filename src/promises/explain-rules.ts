import type { ResolvedApp } from '../config/resolved.ts'
import type { AlertRule } from './alert-rule.ts'
import { Decimal } from './decimal.ts'
import type { Explanation } from './explain.ts'
import { promql } from './expression.ts'
import { durationText } from './figures.ts'
import { allRules } from './rules.ts'

/** The alerts that come from no promise: those that every app has, and the config's own. */
export function explainRules(app: ResolvedApp): readonly Explanation[] {
  return allRules(app)
    .alerts.filter(({ origin }) => origin.kind !== 'promise')
    .map((rule) => ({
      what: rule.name,
      value: `${rule.severity}: ${promql(rule.expression)}${forText(rule.forMs)}`,
      from: rule.origin.kind === 'user' ? 'alerts.rules' : 'what every app is asked, for what this one has',
      arithmetic: [...noDataLines(rule), ...quietLines(rule), `what to do: ${rule.runbook}`],
    }))
}

function noDataLines({ noData }: AlertRule): readonly string[] {
  return noData === null
    ? ['its series may be missing: that is not told']
    : [`no data when ${promql(noData.expression)}${forText(noData.forMs)}`]
}

function quietLines({ inhibits }: AlertRule): readonly string[] {
  return inhibits.length === 0 ? [] : [`keeps quiet while it fires: ${inhibits.map(({ rule }) => rule).join(', ')}`]
}

function forText(ms: number): string {
  return ms === 0 ? '' : `, for ${durationText(Decimal.of(ms))}`
}
