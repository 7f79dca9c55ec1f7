import type { Artefact } from '../family.ts'
import { yamlText } from '../yaml.ts'
import { loopback } from './places.ts'

/** What Grafana finds when it starts: where to ask, and the dashboards. */
export function grafanaProvisioning(): readonly Artefact[] {
  const source = (name: string, type: string, url: string, isDefault = false): object => ({
    name,
    type,
    uid: type,
    access: 'proxy',
    url: `http://${url}`,
    isDefault,
    editable: false,
  })
  return [
    {
      path: 'monitoring/grafana/provisioning/datasources/sources.yml',
      comment: '#',
      because: [],
      text: yamlText({
        apiVersion: 1,
        datasources: [
          source('Prometheus', 'prometheus', loopback('prometheus'), true),
          source('Loki', 'loki', loopback('loki')),
          source('Jaeger', 'jaeger', loopback('jaeger')),
        ],
      }),
    },
    {
      path: 'monitoring/grafana/provisioning/dashboards/dashboards.yml',
      comment: '#',
      because: [],
      text: yamlText({
        apiVersion: 1,
        providers: [
          { name: 'seaworthy', type: 'file', allowUiUpdates: false, options: { path: '/etc/grafana/dashboards' } },
        ],
      }),
    },
  ]
}
