/** A component whose end has been told: it is never written, and reported where it is found. */
export interface DeadComponent {
  readonly name: string
  /** How it stands in a file. */
  readonly pattern: RegExp
  /** As exactly as the source tells it; null: it tells of no day. */
  readonly ended: string | null
  readonly source: string
  readonly instead: string
}

export const DEAD_COMPONENTS: readonly DeadComponent[] = [
  {
    name: 'Promtail',
    pattern: /\bgrafana\/promtail\b/,
    ended: '2026-03-02',
    source: 'https://grafana.com/docs/loki/latest/send-data/promtail/',
    instead: 'the OpenTelemetry Collector or Alloy',
  },
  {
    name: 'Grafana Agent',
    pattern: /\bgrafana\/agent\b/,
    ended: '2025-11-01',
    source: 'https://grafana.com/docs/agent/latest/',
    instead: 'Alloy',
  },
  {
    name: 'Jaeger v1',
    pattern: /\bjaegertracing\/(?:all-in-one|jaeger-(?:agent|collector|query|ingester)|opentelemetry-all-in-one)\b/,
    ended: '2025-12-31',
    source: 'https://www.jaegertracing.io/download',
    instead: 'Jaeger v2 (jaegertracing/jaeger)',
  },
  {
    name: 'Bitnami images',
    pattern: /(?:image:|FROM)\s*["']?(?:docker\.io\/)?bitnami\//,
    ended: '2025-08-28',
    source: 'https://github.com/bitnami/containers/issues/83267',
    instead: "the project's own images",
  },
  {
    name: 'MinIO images',
    pattern: /(?:image:|FROM)\s*["']?(?:docker\.io\/)?(?:minio\/minio|quay\.io\/minio\/minio)\b/,
    ended: '2025-10',
    source: 'https://github.com/dandi/dandi-archive/pull/2922',
    instead: 'Garage, SeaweedFS or RustFS',
  },
  {
    name: "Alertmanager's match and match_re",
    pattern: /^\s*(?:-\s*)?(?:source_|target_)?match(?:_re)?:/m,
    ended: '2021',
    source: 'https://github.com/voxpupuli/puppet-prometheus/issues/697',
    instead: 'matchers',
  },
  {
    name: "compose's version key",
    pattern: /^version:\s*["']?[23]/m,
    ended: null,
    source: 'https://docs.docker.com/reference/compose-file/version-and-name/',
    instead: 'name',
  },
]

/** A line for each component in a text that has ended. */
export function deadComponentsIn(path: string, text: string): readonly string[] {
  return DEAD_COMPONENTS.filter(({ pattern }) => pattern.test(text)).map(
    ({ name, ended, instead }) =>
      `${path}: ${name} ${ended === null ? 'is obsolete' : `ended ${ended}`}; ${instead} takes its place`,
  )
}
