/** An image that compose starts, and where its tag was seen: none of them is written from memory. */
export interface Image {
  readonly image: string
  /** A page of the project, or of somebody who runs it, that names this very tag or release. */
  readonly source: string
}

/** Tags as they were on 2026-11-21; a digest is the user's to pin, where their registry can be asked. */
export const IMAGES = {
  // The line with long-term support until July 2027.
  prometheus: {
    image: 'prom/prometheus:v3.13.3',
    source: 'https://sourceforge.net/projects/prometheus.mirror/files/v3.14.0/',
  },
  alertmanager: {
    image: 'prom/alertmanager:v0.31.1',
    source: 'https://github.com/prometheus/alertmanager/releases',
  },
  // Before 12.4.2 strangers could run code in it: CVE-2026-27876.
  grafana: {
    image: 'grafana/grafana:12.4.10',
    source: 'https://github.com/NethServer/ns8-metrics/releases/tag/1.4.0',
  },
  // From 0.144 on it calls its exporter otlp_http.
  collector: {
    image: 'otel/opentelemetry-collector-contrib:0.158.0',
    source: 'https://github.com/XRPLF/rippled/pull/6494',
  },
  loki: {
    image: 'grafana/loki:3.7.4',
    source: 'https://github.com/grafana-community/helm-charts/releases/tag/loki-18.5.2',
  },
  jaeger: { image: 'jaegertracing/jaeger:2.15.0', source: 'https://www.jaegertracing.io/download' },
  node: { image: 'prom/node-exporter:v1.11.1', source: 'https://github.com/prometheus/node_exporter/releases' },
  postgres: {
    image: 'quay.io/prometheuscommunity/postgres-exporter:v0.20.0',
    source: 'https://github.com/prometheus-community/helm-charts/releases/tag/prometheus-postgres-exporter-8.1.0',
  },
  redis: {
    image: 'oliver006/redis_exporter:v1.89.0',
    source: 'https://github.com/oliver006/redis_exporter/releases',
  },
} as const satisfies Readonly<Record<string, Image>>
