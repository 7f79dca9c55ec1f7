import type { ResolvedApp } from '../../config/resolved.ts'
import { allRules } from '../../promises/rules.ts'
import type { Artefact, Family } from '../family.ts'
import { alertmanagerConfig } from './alertmanager.ts'
import { monitoringChecks } from './checks.ts'
import { dashboards } from './dashboards/dashboards.ts'
import { prometheusConfig } from './prometheus.ts'
import { ruleTests } from './rule-tests.ts'
import { ruleFiles } from './rules.ts'

/** Prometheus, Alertmanager, Grafana, collector, Loki and Jaeger, all from the app's promises and needs. */
export const monitoring: Family = {
  name: 'monitoring',
  about: 'Prometheus, Alertmanager, Grafana, logs and traces, as plain files and compose files',
  files: filesFor,
  checks: (app) => monitoringChecks(app, allRules(app), filesFor(app)),
}

function filesFor(app: ResolvedApp): readonly Artefact[] {
  const rules = allRules(app)
  return [
    prometheusConfig(app),
    alertmanagerConfig(app, rules.alerts),
    ...ruleFiles(rules),
    ...ruleTests(rules.alerts),
    ...dashboards(app),
  ]
}
