import { SCRAPE_MS } from '../../core/series/series.ts'
import { alertLabelsOf, type AlertRule, type RecordingRule } from '../../promises/alert-rule.ts'
import { promql, promqlDuration } from '../../promises/expression.ts'
import { noDataRule } from '../../promises/no-data-rule.ts'
import type { Rules } from '../../promises/rules.ts'
import type { Artefact } from '../family.ts'
import { yamlText } from '../yaml.ts'

/** Where Prometheus finds all of them, from its own configuration. */
export const RULE_FILES = 'rules/*.yml'
/** The alert that always fires: who is told of it and hears nothing knows that nothing would be told. */
export const WATCHDOG = 'Watchdog'

/** The rules of Prometheus, from the very values that are evaluated embedded: a file for each promise and each category. */
export function ruleFiles({ alerts, recordings }: Rules): readonly Artefact[] {
  return [
    ...[...Map.groupBy(alerts, ruleSetOf)].map(([set, rules]) =>
      fileOf(set, rules.flatMap(alerting), rules.map(reasonOf)),
    ),
    ...(recordings.length === 0
      ? []
      : [fileOf('recordings', recordings.map(recording), [{ what: 'recording rules', from: 'promises' }])]),
    fileOf('watchdog', [WATCHDOG_RULE], [{ what: WATCHDOG, from: 'the built-in alerts' }]),
  ]
}

const WATCHDOG_RULE = {
  alert: WATCHDOG,
  expr: 'vector(1)',
  labels: { severity: 'none' },
  annotations: { summary: 'Fires always. When it is not told any more, the path of the alerts is broken.' },
}

/** Which rules stand in one file: small ones are read, and tested, faster. */
export function ruleSetOf({ origin, category }: AlertRule): string {
  return origin.kind === 'promise' ? `promise-${promiseOf(origin.objective)}` : category
}

/** Below the folder of Prometheus' own configuration. */
export function ruleFileOf(set: string): string {
  return `rules/${set}.yml`
}

function promiseOf(objective: string): string {
  return objective.split('/')[0]!
}

function fileOf(set: string, rules: readonly object[], because: Artefact['because']): Artefact {
  const group = { name: `seaworthy-${set}`, interval: promqlDuration(SCRAPE_MS), rules }
  return {
    path: `monitoring/prometheus/${ruleFileOf(set)}`,
    text: yamlText({ groups: [group] }),
    comment: '#',
    because,
  }
}

function reasonOf(rule: AlertRule): { what: string; from: string } {
  return { what: rule.name, from: originOf(rule) }
}

/** Which line of the config, or which built-in set, a rule comes from. */
export function originOf({ origin, name }: AlertRule): string {
  switch (origin.kind) {
    case 'promise':
      return `promises.${promiseOf(origin.objective)}`
    case 'built-in':
      return 'the built-in alerts'
    case 'user':
      return `alerts.rules (${name})`
  }
}

function recording({ record, expression, labels }: RecordingRule): object {
  return { record, expr: promql(expression), ...(Object.keys(labels).length === 0 ? {} : { labels }) }
}

function alerting(rule: AlertRule): readonly object[] {
  return [rule, noDataRule(rule)]
    .filter((each) => each !== null)
    .map((each) => ({
      alert: each.name,
      expr: promql(each.expression),
      for: promqlDuration(each.forMs),
      labels: alertLabelsOf(each),
      annotations: { summary: each.summary, runbook_url: each.runbook },
    }))
}
