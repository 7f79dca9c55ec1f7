import type { ResolvedApp } from '../../config/resolved.ts'
import { SCRAPE_MS } from '../../core/series/series.ts'
import { promqlDuration } from '../../promises/expression.ts'
import type { Artefact } from '../family.ts'
import { yamlSections } from '../yaml.ts'
import { RULE_FILES } from './rules.ts'
import { EXPORTERS, loopback, type PORTS } from './places.ts'

/** Prometheus' own configuration: whom it scrapes, by which rules it judges, whom it tells. */
export function prometheusConfig(app: ResolvedApp): Artefact {
  const every = promqlDuration(SCRAPE_MS)
  const text = yamlSections([
    {
      about: 'As often as the embedded evaluation: both fire within one step of each other.',
      value: {
        global: {
          scrape_interval: every,
          scrape_timeout: promqlDuration(SCRAPE_MS / 2),
          evaluation_interval: every,
          external_labels: { app: app.name, environment: app.environment },
        },
      },
    },
    { value: { rule_files: [RULE_FILES] } },
    { value: { alerting: { alertmanagers: [{ static_configs: [{ targets: [loopback('alertmanager')] }] }] } } },
    {
      about: [
        'Control has every series that a rule or a panel names, those of the instances among them: their ports change with',
        'each deploy, so that control is asked and not they. Its labels service and instance are the real ones (honor_labels).',
        'The exporters are optional, and no rule depends on one.',
      ].join('\n'),
      value: { scrape_configs: jobsOf(app) },
    },
  ])
  return {
    path: 'monitoring/prometheus/prometheus.yml',
    text,
    comment: '#',
    because: [
      { what: 'global.external_labels.app', from: 'name' },
      { what: 'global.external_labels.environment', from: `environments.${app.environment}` },
      ...exportersOf(app).map(({ job, need }) => ({ what: `scrape_configs ${job}`, from: `needs.${need}` })),
    ],
  }
}

/** The exporters that the app's needs have, each with the first need that asks for it. */
export function exportersOf({ needs }: Pick<ResolvedApp, 'needs'>): readonly {
  readonly job: 'postgres' | 'redis'
  readonly port: keyof typeof PORTS
  readonly need: string
}[] {
  return EXPORTERS.flatMap(({ kind, job, port }) => {
    const [need] = Object.keys(needs).filter((name) => needs[name]!.kind === kind)
    return need === undefined ? [] : [{ job, port, need }]
  })
}

function jobsOf(app: ResolvedApp): readonly object[] {
  const job = (name: string, port: keyof typeof PORTS): object => ({
    job_name: name,
    static_configs: [{ targets: [loopback(port)] }],
  })
  return [
    { ...job('seaworthy', 'control'), honor_labels: true },
    job('prometheus', 'prometheus'),
    job('alertmanager', 'alertmanager'),
    job('node', 'nodeExporter'),
    ...exportersOf(app).map(({ job: name, port }) => job(name, port)),
  ]
}
