import type { ResolvedApp } from '../config/resolved.ts'

/** Where a service that speaks OpenTelemetry sends its own spans, and under which name; what its config says wins. */
export function telemetryVariables(
  { telemetry, services }: Pick<ResolvedApp, 'telemetry' | 'services'>,
  service: string,
): Readonly<Record<string, string>> {
  const otlp = telemetry?.otlp ?? null
  // What serves static files is ours, and sends none.
  return otlp === null || services[service]!.run.kind === 'static'
    ? {}
    : { OTEL_EXPORTER_OTLP_ENDPOINT: otlp, OTEL_SERVICE_NAME: service }
}
