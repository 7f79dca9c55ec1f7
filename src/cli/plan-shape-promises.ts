import { either, list, number, oneOf, orNone, orNull, record, shape, text } from './plan-shape-checks.ts'

const severity = oneOf(['P0', 'P1', 'P2', 'P3'])
const match = shape({ method: orNull(text), host: orNull(text), path: text })

/** What a config says of promises, and of who is told and where it is seen. */
export const promisesShape = record(
  shape({
    on: either(
      shape({ kind: oneOf(['service']), service: text, match: orNull(match) }),
      shape({ kind: oneOf(['need']), need: text }),
      shape({ kind: oneOf(['operate']) }),
    ),
    overMs: number,
    availability: orNull(number),
    latencyMs: shape({ p50: orNull(number), p95: orNull(number), p99: orNull(number) }),
    errors: orNull(number),
    throughput: orNull(shape({ count: number, perMs: number })),
    freshnessMs: orNull(number),
    freshnessMetric: orNone(text),
    without: record(shape({ p95Ms: orNull(number), errors: orNull(number) })),
    rpoMs: orNull(number),
    rtoMs: orNull(number),
    keepMs: orNull(number),
    detectMs: orNull(number),
    rollbackMs: orNull(number),
    deployFailed: orNull(number),
  }),
)

export const alertsShape = shape({
  channels: record(
    either(
      shape({ kind: oneOf(['webhook', 'slack', 'pagerduty']), secret: text }),
      shape({ kind: oneOf(['email']), to: list(text), secret: text }),
    ),
  ),
  pager: orNull(text),
  heartbeat: orNull(text),
  routes: list(
    shape({
      severities: orNull(list(severity)),
      to: list(text),
      escalate: list(shape({ afterMs: number, to: list(text) })),
    }),
  ),
  maintenance: list(shape({ fromMs: number, toMs: number, why: text })),
  rules: record(shape({ when: text, forMs: number, severity, runbook: orNull(text) })),
})

export const backupsShape = record(
  shape({
    every: orNull(text),
    to: list(text),
    keepMs: orNull(number),
    verify: oneOf(['each', 'daily', 'weekly']),
  }),
)

export const telemetryShape = shape({ prometheus: orNull(text), loki: orNull(text), otlp: orNull(text) })
