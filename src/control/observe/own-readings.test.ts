import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Release } from '../../deploy/release.ts'
import type { SecurityEvent } from '../../guard/event.ts'
import type { Measured } from '../../observe/collect/source.ts'
import type { ScaleStatus } from '../api/scale-methods.ts'
import type { TlsStatus } from '../api/tls-status.ts'
import { Analytics } from '../guard/analytics.ts'
import { certificateReadings, DeployCounts, liveReadings, securityReadings, serviceReadings } from './own-readings.ts'

const valueOf = (all: readonly Measured[], metric: string, label?: string): number | undefined =>
  all.find(
    (one) => one.metric === `seaworthy_${metric}` && (label === undefined || Object.values(one.labels).includes(label)),
  )?.value

void test('security events count by class or by kind, a flood of them whole, and each name once', () => {
  const analytics = new Analytics()
  const event = (parts: Partial<SecurityEvent>): void =>
    analytics.note({ refused: true, class: null, atMs: 0, ...parts } as SecurityEvent)
  event({ kind: 'threat', class: 'sqli' })
  event({ kind: 'protocol', class: 'protocol' })
  event({ kind: 'rate-limited', count: 900 })
  event({ kind: 'login-failed' })
  const all = securityReadings(analytics.totals())
  assert.deepEqual(
    ['sqli', 'xss', 'protocol', 'rate-limited', 'login-failed'].map((name) =>
      valueOf(all, 'security_events_total', name),
    ),
    [1, 0, 1, 900, 1],
  )
  const names = all.map(({ metric, labels }) => `${metric} ${labels['class'] ?? ''}`)
  assert.equal(new Set(names).size, names.length)
})

void test('deploys count when they end while control looks, and no old one for having gone', () => {
  const counts = new DeployCounts()
  const done = (): number | undefined => valueOf(counts.readings(), 'deploys_total', 'done')
  counts.look([{ id: 'd1', state: 'done' }])
  assert.equal(done(), 0, 'before this control')
  counts.look([
    { id: 'd2', state: 'running' },
    { id: 'd1', state: 'done' },
  ])
  counts.look([
    { id: 'd2', state: 'done' },
    { id: 'd1', state: 'done' },
  ])
  counts.look([{ id: 'd2', state: 'done' }])
  counts.look([
    { id: 'd3', state: 'taken-back' },
    { id: 'd2', state: 'done' },
  ])
  assert.equal(done(), 1)
  assert.equal(valueOf(counts.readings(), 'deploys_total', 'taken-back'), 1)
})

void test('a queue is all that waits; a service that none scales has none, and one that is stopped wants no instance', () => {
  const status = (service: string, measures: ScaleStatus['measures']): ScaleStatus =>
    ({ service, wanted: 3, running: 2, measures }) as unknown as ScaleStatus
  const queue = { name: 'queue', value: 7, target: 1, missing: null } as const
  const services = [status('api', [queue]), status('web', [{ ...queue, value: null }]), status('job', [])]
  const all = serviceReadings(services, ['job'], (service) => (service === 'job' ? 0 : 1))
  assert.deepEqual(
    all.map(({ metric, labels, value }) => `${labels['service']} ${metric.replace('seaworthy_service_', '')} ${value}`),
    [
      'api instances 1, api instances_wanted 3, api queue 14',
      'web instances 1, web instances_wanted 3',
      'job instances 0, job instances_wanted 0',
    ]
      .join(', ')
      .split(', '),
  )
})

void test('the live release is named for each of its services', () => {
  const live = { id: '2-b', config: { services: { api: {}, web: {} } } } as unknown as Release
  assert.deepEqual(
    liveReadings(live).map(({ labels }) => labels),
    [
      { service: 'api', release: '2-b' },
      { service: 'web', release: '2-b' },
    ],
  )
  assert.deepEqual(liveReadings(null), [])
})

void test('a certificate says when it expires; no HTTPS, no certificate', () => {
  const tls = { certificate: { names: ['shop.example.com', 'www'], subject: 'CN=x', notAfter: 1_800_000_000_000 } }
  assert.deepEqual(certificateReadings(tls as unknown as TlsStatus), [
    {
      metric: 'seaworthy_certificate_expires_timestamp_seconds',
      labels: { name: 'shop.example.com' },
      value: 1_800_000_000,
    },
  ])
  assert.deepEqual([...certificateReadings(null), ...certificateReadings({ certificate: null } as TlsStatus)], [])
})
