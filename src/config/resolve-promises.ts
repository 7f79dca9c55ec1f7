import type { ResolvedAlerts, ResolvedBackup, ResolvedPromise } from './resolved-promises.ts'
import type { FilledApp } from './schema/app.ts'

type FilledPromise = FilledApp['promises'][string]

export function resolvePromises({ promises }: FilledApp): Readonly<Record<string, ResolvedPromise>> {
  return Object.fromEntries(Object.entries(promises).map(([name, promise]) => [name, resolvePromise(promise)]))
}

export function resolveAlerts({ alerts, owner }: FilledApp): ResolvedAlerts {
  return {
    channels: Object.fromEntries(
      Object.entries(alerts?.channels ?? {}).map(([name, channel]) => [name, resolveChannel(channel)]),
    ),
    pager: owner?.pager ?? null,
    heartbeat: alerts?.heartbeat ?? null,
    routes: (alerts?.routes ?? []).map(({ severity, to, escalate }) => ({
      severities: severity ?? null,
      to,
      escalate: escalate.map((step) => ({ afterMs: step.after, to: step.to })),
    })),
    maintenance: (alerts?.maintenance ?? []).map(({ from, to, why }) => ({
      fromMs: Date.parse(from),
      toMs: Date.parse(to),
      why,
    })),
    rules: Object.fromEntries(
      Object.entries(alerts?.rules ?? {}).map(([name, rule]) => [
        name,
        { when: rule.when, forMs: rule.for, severity: rule.severity, runbook: rule.runbook ?? null },
      ]),
    ),
  }
}

export function resolveBackups({ backups }: FilledApp): Readonly<Record<string, ResolvedBackup>> {
  return Object.fromEntries(
    Object.entries(backups).map(([need, { every, to, keep, verify }]) => [
      need,
      { every: every ?? null, to, keepMs: keep ?? null, verify },
    ]),
  )
}

function resolvePromise(promise: FilledPromise): ResolvedPromise {
  return {
    on: resolveSubject(promise.on),
    overMs: promise.over,
    availability: promise.availability ?? null,
    latencyMs: {
      p50: promise.latency?.p50 ?? null,
      p95: promise.latency?.p95 ?? null,
      p99: promise.latency?.p99 ?? null,
    },
    errors: promise.errors ?? null,
    throughput: promise.throughput ?? null,
    freshnessMs: promise.freshness?.within ?? null,
    ...(promise.freshness?.metric === undefined ? {} : { freshnessMetric: promise.freshness.metric }),
    without: Object.fromEntries(
      Object.entries(promise.without ?? {}).map(([need, { p95, errors }]) => [
        need,
        { p95Ms: p95 ?? null, errors: errors ?? null },
      ]),
    ),
    rpoMs: promise.rpo ?? null,
    rtoMs: promise.rto ?? null,
    keepMs: promise.keep ?? null,
    detectMs: promise.detect ?? null,
    rollbackMs: promise.rollback ?? null,
    deployFailed: promise.deploy?.failed ?? null,
  }
}

function resolveSubject(on: FilledPromise['on']): ResolvedPromise['on'] {
  if (on === 'operate') return { kind: 'operate' }
  if (typeof on === 'string') return { kind: 'need', need: on }
  return { kind: 'service', service: on.service, match: on.route === undefined ? null : on.route }
}

function resolveChannel(
  channel: NonNullable<FilledApp['alerts']>['channels'][string],
): ResolvedAlerts['channels'][string] {
  if ('email' in channel) return { kind: 'email', to: channel.email, secret: channel.smtp }
  if ('slack' in channel) return { kind: 'slack', secret: channel.slack }
  if ('pagerduty' in channel) return { kind: 'pagerduty', secret: channel.pagerduty }
  return { kind: 'webhook', secret: channel.webhook }
}
