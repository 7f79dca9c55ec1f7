import type { ResolvedApp } from '../../config/resolved.ts'
import { metricsOfRules } from '../../promises/alert-rule.ts'
import { metricOf } from '../../promises/metrics/catalogue.ts'
import type { Rules } from '../../promises/rules.ts'
import type { Artefact, Check } from '../family.ts'
import { deadComponentsIn } from './dead-components.ts'
import { portsMissingIn } from './places.ts'
import { untestedRules } from './rule-tests.ts'

/** What is checked of the files: by ourselves what no tool sees, by each tool what it knows best. */
export function monitoringChecks(app: ResolvedApp, rules: Rules, files: readonly Artefact[]): readonly Check[] {
  const own = (name: string, run: (files: readonly Artefact[]) => readonly string[]): Check => ({
    kind: 'own',
    name,
    run,
  })
  return [
    own('every metric of a rule is measured', () =>
      [
        ...metricsOfRules(
          rules.alerts.filter(({ origin }) => origin.kind !== 'user'),
          rules.recordings,
        ),
      ]
        .filter((metric) => metricOf(metric) === null)
        .map((metric) => `${metric} is in no scrape of ours`),
    ),
    own('every alert has a runbook and unit tests', () => [
      ...rules.alerts.filter(({ runbook }) => runbook === '').map(({ name }) => `${name} has no runbook`),
      ...untestedRules(rules.alerts)
        .filter(({ rule }) => rule.origin.kind !== 'user')
        .map(({ rule, why }) => `${rule.name} has no unit tests: ${why}`),
    ]),
    own('no component that has ended', (all) => all.flatMap(({ path, text }) => deadComponentsIn(path, text))),
    own('ports agree', portsMissingIn),
    ...promtoolChecks(files),
  ]
}

function promtoolChecks(files: readonly Artefact[]): readonly Check[] {
  const tests = files.filter(({ path }) => path.startsWith('monitoring/prometheus/tests/'))
  return [
    {
      kind: 'tool',
      name: 'Prometheus reads its configuration and the rules',
      program: 'promtool',
      argv: ['check', 'config', 'monitoring/prometheus/prometheus.yml'],
    },
    ...tests.map(({ path }): Check => ({
      kind: 'tool',
      name: `rules pass ${path.replace('monitoring/prometheus/', '')}`,
      program: 'promtool',
      argv: ['test', 'rules', path],
      isSlow: true,
    })),
  ]
}
