import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HealthReport } from '../control/api/health-methods.ts'
import { describeHealth } from './status-text.ts'

const NOW = Date.parse('2026-11-21T12:00:00Z')
const report: HealthReport = {
  at: NOW,
  state: 'broken',
  since: NOW - 45_000,
  reasons: [
    { state: 'broken', kind: 'service', name: 'api', text: 'no instance of api runs' },
    { state: 'at-risk', kind: 'need', name: 'db', text: 'db is unhealthy' },
  ],
  changes: [{ at: NOW - 105_000, kind: 'action', text: 'service.scale api 1 by anna@host: done' }],
  incidents: [
    { id: 'i1', severity: 'P0', title: 'No instance of api answers.', openedAt: NOW - 30_000, acknowledgedAt: null },
  ],
  firing: [
    {
      rule: 'ServiceDown',
      severity: 'P0',
      summary: 'No instance of api answers.',
      value: 0,
      firedAt: NOW - 30_000,
      held: null,
    },
  ],
  promises: [
    { objective: 'trade/availability', standing: 'met', left: '0.98765' },
    { objective: 'trade/errors', standing: 'broken', left: '-999' },
    { objective: 'data/rpo', standing: null, left: null },
    { objective: 'rare/errors', standing: null, left: '-39' },
  ],
  services: [
    {
      service: 'api',
      wanted: 1,
      running: 0,
      stopped: false,
      perSecond: 12.345,
      errorShare: 0.5,
      p95Ms: 123.4,
      sampledAt: NOW - 9_000,
    },
  ],
  host: { loadPerCore: 0.5, memoryUsed: 0.25, diskUsed: null },
  measuredAt: NOW - 8_000,
}

void test('one screen: what is wrong, since when, what changed, and what it stands on', () => {
  assert.equal(
    describeHealth(report, []),
    [
      'broken     no instance of api runs',
      '           at risk: db is unhealthy',
      'since      2026-11-21 11:59:15, 45 s ago',
      'changed    nothing was deployed in the hour before',
      '           60 s before: service.scale api 1 by anna@host: done',
      'incidents  i1 P0 No instance of api answers. (open, 30 s)',
      'alerts     P0 ServiceDown fires, 30 s',
      'promises   trade/availability met (98.76 % of its budget left); trade/errors broken (1000 times its budget spent); data/rpo not known; rare/errors not known: too few requests',
      'services   api: 0 of 1 instances, 12.3 requests/s, 50 % failed, p95 123 ms, sampled 9 s ago',
      'host       load 0.5 for each core, memory 25 % used, disk not known',
      'measured   8 s ago',
    ].join('\n'),
  )
})

void test('what is not known is never a number', () => {
  const [service] = report.services
  const unknown = { ...service!, perSecond: null, errorShare: null, p95Ms: null, sampledAt: null }
  const text = describeHealth({ ...report, services: [unknown], promises: [], measuredAt: null }, [])
  assert.match(text, /^services +api: 0 of 1 instances, traffic not known, not sampled$/m)
  assert.match(text, /^promises +none is watched$/m)
  assert.match(text, /^measured +not yet$/m)
})
