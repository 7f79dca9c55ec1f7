import type { ResolvedApp } from '../config/resolved.ts'

/** Where a service that speaks OpenTelemetry sends its own spans, and under which name; what its config says wins. */
export function telemetryVariables(
  { telemetry }: Pick<ResolvedApp, 'telemetry'>,
  service: string,
): Readonly<Record<string, string>> {
  const otlp = telemetry?.otlp ?? null
  return otlp === null ? {} : { OTEL_EXPORTER_OTLP_ENDPOINT: otlp, OTEL_SERVICE_NAME: service }
}
