import type { ResolvedApp } from '../../config/resolved.ts'
import { allRules } from '../../promises/rules.ts'
import type { Artefact, Family } from '../family.ts'
import { alertmanagerConfig } from './alertmanager.ts'
import { monitoringChecks } from './checks.ts'
import { composeFiles } from './compose.ts'
import { dashboards } from './dashboards/dashboards.ts'
import { figuresIn } from './figures.ts'
import { grafanaProvisioning } from './grafana.ts'
import { prometheusConfig } from './prometheus.ts'
import { readme } from './readme.ts'
import { ruleTests } from './rule-tests.ts'
import { ruleFiles } from './rules.ts'
import { telemetryFiles } from './telemetry.ts'

/** Prometheus, Alertmanager, Grafana, collector, Loki and Jaeger, all from the app's promises and needs. */
export const monitoring: Family = {
  name: 'monitoring',
  about: 'Prometheus, Alertmanager, Grafana, logs and traces, as plain files and compose files',
  files: filesFor,
  checks: (app) => monitoringChecks(app, allRules(app), filesFor(app)),
  figures: figuresIn,
}

function filesFor(app: ResolvedApp): readonly Artefact[] {
  const rules = allRules(app)
  return [
    readme(app, rules),
    prometheusConfig(app),
    ...ruleFiles(rules),
    ...ruleTests(rules.alerts),
    alertmanagerConfig(app, rules.alerts),
    ...grafanaProvisioning(),
    ...dashboards(app),
    ...telemetryFiles(app),
    ...composeFiles(app),
  ]
}
