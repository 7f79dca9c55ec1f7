import type { ResolvedApp } from '../../config/resolved.ts'
import { metricsOfRules, SEVERITIES } from '../../promises/alert-rule.ts'
import { metricOf } from '../../promises/metrics/catalogue.ts'
import type { Rules } from '../../promises/rules.ts'
import type { Artefact, Check } from '../family.ts'
import { DEAD_MAN, routedTo } from './alertmanager.ts'
import { composeTrapsIn } from './compose-traps.ts'
import { metricsOfBoard, type Board } from './dashboards/board.ts'
import { boardsOf } from './dashboards/dashboards.ts'
import { deadComponentsIn } from './dead-components.ts'
import { undocumentedKeysIn } from './documented-keys.ts'
import { portsMissingIn } from './places.ts'
import { untestedRules } from './rule-tests.ts'
import { WATCHDOG } from './rules.ts'

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
    own('every metric of a panel is measured or recorded', () => unknownMetrics(boardsOf(app), rules)),
    own('every alert has a runbook and unit tests', () => [
      ...rules.alerts.filter(({ runbook }) => runbook === '').map(({ name }) => `${name} has no runbook`),
      ...untestedRules(rules.alerts)
        .filter(({ rule }) => rule.origin.kind !== 'user')
        .map(({ rule, why }) => `${rule.name} has no unit tests: ${why}`),
    ]),
    own('no component that has ended', (all) => all.flatMap(({ path, text }) => deadComponentsIn(path, text))),
    own('ports agree', portsMissingIn),
    own('compose can start what is in its files', composeTrapsIn),
    own('every key of collector, Loki and Jaeger is documented', undocumentedKeysIn),
    ...COMPOSE_FILES.map((name): Check => ({
      kind: 'tool',
      name: `compose reads ${name}`,
      program: 'docker',
      argv: ['compose', '-f', `monitoring/${name}`, 'config', '-q', '--no-interpolate'],
      needs: "unknown shorthand flag: 'f'",
    })),
    ...promtoolChecks(files),
    ...amtoolChecks(app, files),
  ]
}

const COMPOSE_FILES = ['compose.yml', 'compose.telemetry.yml', 'compose.exporters.yml']

/** Metrics of panels that nobody measures and no rule records. */
export function unknownMetrics(boards: readonly Board[], { recordings }: Rules): readonly string[] {
  const recorded = new Set(recordings.map(({ record }) => record))
  return boards.flatMap((board) =>
    [...metricsOfBoard(board)]
      .filter((metric) => metricOf(metric) === null && !recorded.has(metric))
      .map((metric) => `${board.title}: ${metric} is in no scrape of ours`),
  )
}

/**
 * Before 0.26 (Debian 12 has 0.25) amtool does not know `url_file` of a webhook: such a one is shown the same file with a
 * stand-in for each, which leaves nothing else unread.
 */
function amtoolChecks(app: ResolvedApp, files: readonly Artefact[]): readonly Check[] {
  const path = 'monitoring/alertmanager/alertmanager.yml'
  const copy = {
    path: 'monitoring/alertmanager/with-stand-ins.yml',
    text: files.find((file) => file.path === path)!.text.replaceAll(/\burl_file: .*/g, 'url: http://127.0.0.1/'),
  }
  const tool = (name: string, argv: readonly string[]): Check => ({
    kind: 'tool',
    name,
    program: 'amtool',
    argv,
    with: copy,
  })
  const routed = (labels: string, receivers: readonly string[]): Check =>
    tool(`Alertmanager tells ${receivers.join(', ')} of ${labels}`, [
      'config',
      'routes',
      'test',
      `--config.file=${copy.path}`,
      `--verify.receivers=${receivers.join(',')}`,
      ...labels.split(' '),
    ])
  return [
    {
      kind: 'tool',
      name: 'Alertmanager reads its configuration',
      program: 'amtool',
      argv: ['check-config', path],
      needs: 'field url_file not found',
    },
    tool('Alertmanager reads its configuration, with stand-ins for url_file', ['check-config', copy.path]),
    ...SEVERITIES.map((severity) => routed(`severity=${severity}`, routedTo(app, severity))),
    routed(`alertname=${WATCHDOG}`, [DEAD_MAN]),
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
