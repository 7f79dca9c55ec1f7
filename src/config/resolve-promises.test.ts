import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkConfig, resolveEnvironment } from './index.ts'
import type { Json } from './plain.ts'
import type { ResolvedApp } from './resolved.ts'

function resolve(keys: Readonly<Record<string, Json>>): ResolvedApp {
  const app: Json = {
    name: 'shop',
    needs: { db: { kind: 'postgres' }, cache: { kind: 'redis', role: 'cache' } },
    services: { api: { start: 'node main.ts', routes: ['/api'], uses: { db: 'required', cache: 'optional' } } },
    environments: {
      local: { target: 'process', prometheus: 'http://127.0.0.1:9090' },
    },
    ...keys,
  }
  return resolveEnvironment(checkConfig(app, '/app/seaworthy.config.ts'), 'local')
}

void test('a promise on a route has its quantities parsed, and null for what is not promised', () => {
  const { promises } = resolve({
    promises: {
      trade: {
        on: { service: 'api', route: 'POST /api/trades' },
        availability: '99.95%',
        latency: { p95: '200ms' },
        throughput: '300/s',
        without: { cache: { p95: '400ms' } },
      },
    },
  })
  assert.deepEqual(promises?.['trade'], {
    on: { kind: 'service', service: 'api', match: { method: 'POST', host: null, path: '/api/trades' } },
    overMs: 30 * 86_400_000,
    availability: 0.9995,
    latencyMs: { p50: null, p95: 200, p99: null },
    errors: null,
    throughput: { count: 300, perMs: 1_000 },
    freshnessMs: null,
    without: { cache: { p95Ms: 400, errors: null } },
    rpoMs: null,
    rtoMs: null,
    keepMs: null,
    detectMs: null,
    rollbackMs: null,
    deployFailed: null,
  })
})

void test('promises on needs and on operating are told apart from a service', () => {
  const { promises } = resolve({
    promises: {
      data: { on: 'db', rpo: '6h' },
      operate: { on: 'operate', detect: '1min', deploy: { failed: 0 } },
      all: { on: { service: 'api' }, errors: '0.1%', freshness: '10s' },
      queue: { on: { service: 'api' }, freshness: { within: '1min', metric: 'orders_lag_seconds' } },
    },
  })
  assert.deepEqual(
    Object.values(promises ?? {}).map(({ on }) => on),
    [
      { kind: 'need', need: 'db' },
      { kind: 'operate' },
      { kind: 'service', service: 'api', match: null },
      { kind: 'service', service: 'api', match: null },
    ],
  )
  assert.deepEqual([promises?.['all']?.freshnessMs, promises?.['all']?.freshnessMetric], [10_000, undefined])
  assert.deepEqual(
    [promises?.['queue']?.freshnessMs, promises?.['queue']?.freshnessMetric],
    [60_000, 'orders_lag_seconds'],
  )
  assert.equal(promises?.['data']?.rpoMs, 6 * 3_600_000)
  assert.equal(promises?.['operate']?.deployFailed, 0)
})

void test('alerts name every kind of channel, and say who is told when', () => {
  const { alerts, telemetry } = resolve({
    alerts: {
      channels: { mail: { email: ['a@example.com'], smtp: 'SMTP_URL' }, duty: { pagerduty: 'KEY' } },
      routes: [{ severity: ['P0'], to: ['mail'], escalate: [{ after: '10min', to: ['duty'] }] }],
      maintenance: [{ from: '2026-01-01T00:00:00Z', to: '2026-01-01T02:00:00Z', why: 'move' }],
      rules: { disk: { when: 'x > 1', severity: 'P2' } },
    },
  })
  assert.deepEqual(alerts, {
    channels: {
      mail: { kind: 'email', to: ['a@example.com'], secret: 'SMTP_URL' },
      duty: { kind: 'pagerduty', secret: 'KEY' },
    },
    pager: null,
    heartbeat: null,
    routes: [{ severities: ['P0'], to: ['mail'], escalate: [{ afterMs: 600_000, to: ['duty'] }] }],
    maintenance: [
      { fromMs: Date.parse('2026-01-01T00:00:00Z'), toMs: Date.parse('2026-01-01T02:00:00Z'), why: 'move' },
    ],
    rules: { disk: { when: 'x > 1', forMs: 0, severity: 'P2', runbook: null } },
  })
  assert.deepEqual(telemetry, { prometheus: 'http://127.0.0.1:9090', loki: null, otlp: null })
})
