/** Ports of the loopback on which everything of this family is found, each at its program's own usual number. */
export const PORTS = {
  /** Control's `/metrics`. */
  control: 9464,
  prometheus: 9090,
  alertmanager: 9093,
  grafana: 3000,
  loki: 3100,
  jaeger: 16686,
  otlpHttp: 4318,
  otlpGrpc: 4317,
  nodeExporter: 9100,
  postgresExporter: 9187,
  redisExporter: 9121,
  /** The machine's own mail relay. */
  smtp: 25,
} as const

export function loopback(port: keyof typeof PORTS): string {
  return `127.0.0.1:${PORTS[port]}`
}

/** The kinds of needs that have an exporter, with its job. */
export const EXPORTERS = [
  { kind: 'postgres', job: 'postgres', port: 'postgresExporter' },
  { kind: 'redis', job: 'redis', port: 'redisExporter' },
] as const

/** Addresses of the loopback in the files that no program of this family listens on, but for those of the app's own. */
export function portsMissingIn(files: readonly { readonly path: string; readonly text: string }[]): readonly string[] {
  const known = new Set<number>(Object.values(PORTS))
  return files.flatMap(({ path, text }) =>
    [...text.matchAll(/127\.0\.0\.1:(\d+)/g)]
      .map(([, port]) => Number(port))
      .filter((port) => !known.has(port))
      .map((port) => `${path}: nothing of this family is at port ${port}`),
  )
}
