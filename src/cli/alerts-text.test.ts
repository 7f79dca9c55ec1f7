import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { IncidentRecord } from '../observe/alerts/incident-record.ts'
import { describeAlerts, describeIncidents, incidentMarkdown } from './alerts-text.ts'
import { parseMatcher } from './matchers.ts'

const MINUTE_MS = 60_000
const INCIDENT: IncidentRecord = {
  id: 'i7',
  group: 'service/api',
  severity: 'P0',
  title: 'No instance of api | answers.',
  openedAtMs: 0,
  acknowledgedAtMs: MINUTE_MS,
  resolvedAtMs: 5 * MINUTE_MS,
  known: [],
  told: ['ops', 'mail'],
  toldAtMs: 0,
  messages: 1,
  escalated: [],
  reopened: 0,
  quietSinceMs: null,
  cause: 'the disk was full',
  resolvedBy: 'anna',
  runbook: 'docs/guides/alerts.md#servicedown',
}

void test('what fires comes first, with why nobody is told of it', () => {
  const times = { activeAtMs: 0, firedAtMs: 0, resolvedAtMs: null, value: 0 }
  const own = { severity: 'P1', runbook: '', labels: {}, ...times } as const
  const because = { kind: 'hold', stage: 'inhibit', because: 'ServiceDown explains it', untilMs: null } as const
  const alerts = [
    { ...own, rule: 'QueueGrows', state: 'pending', summary: '12 wait.', held: null },
    { ...own, rule: 'InstanceDown', state: 'firing', summary: 'api-1 does not answer.', held: because },
  ] as const
  const rest = { rules: [], silences: [], evaluatedAtMs: 50_000, isWatchedOutside: true }
  assert.deepEqual(describeAlerts({ ...rest, alerts }, MINUTE_MS).split('\n'), [
    'firing   P1  InstanceDown  1 min ago  api-1 does not answer. (inhibit: ServiceDown explains it)',
    'pending  P1  QueueGrows    1 min ago  12 wait.',
    '0 rules, last evaluated 10 s ago.',
  ])
  assert.match(describeAlerts({ ...rest, alerts: [] }, MINUTE_MS), /^Nothing fires\. 0 rules/)
})

void test('an incident is a line in a list and a document in an export', () => {
  assert.equal(describeIncidents([INCIDENT], 3_600_000), 'i7  P0  resolved  1.0 h ago  No instance of api | answers.')
  const markdown = incidentMarkdown(INCIDENT, [
    { atMs: 0, by: 'control', kind: 'alert', rule: 'ServiceDown', state: 'firing' },
    { atMs: 1_000, by: 'control', kind: 'notification', channel: 'ops', outcome: 'failed' },
    { atMs: 2_000, by: 'anna', kind: 'note', text: 'a | b\nc' },
  ])
  assert.match(markdown, /^# Incident i7: No instance of api \| answers\.\n/)
  assert.ok(markdown.includes('| Duration | 5 min |\n| Cause | the disk was full |\n| Told | ops, mail |'))
  assert.ok(markdown.includes('| 1970-01-01T00:00:00.000Z | control | ServiceDown is firing |'))
  assert.ok(markdown.includes('| ops: could not be told |'))
  assert.ok(markdown.includes('| anna | a \\| b c |'), 'no note breaks the table')
})

void test('a matcher is a label, how it is compared, and with what', () => {
  assert.deepEqual(parseMatcher('service=api'), { label: 'service', op: '=', value: 'api' })
  assert.deepEqual(parseMatcher('alertname=~"High.*"'), { label: 'alertname', op: '=~', value: 'High.*' })
  assert.deepEqual(parseMatcher('instance!=api-1'), { label: 'instance', op: '!=', value: 'api-1' })
  for (const text of ['service', '=api', 'a b=c']) assert.throws(() => parseMatcher(text), { code: 'cli.usage' }, text)
})
