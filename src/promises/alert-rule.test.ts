import assert from 'node:assert/strict'
import { test } from 'node:test'
import { metricsOfRules, type AlertRule } from './alert-rule.ts'
import type { Expression } from './expression.ts'

const selector = (metric: string) => ({ kind: 'selector', metric, matchers: [] }) as const

void test('the metrics of rules are those of conditions, absences and recordings, without what is recorded', () => {
  const rule: AlertRule = {
    name: 'Down',
    origin: { kind: 'built-in' },
    category: 'critical',
    severity: 'P0',
    expression: selector('app:ratio'),
    forMs: 0,
    labels: {},
    summary: '',
    runbook: '',
    noData: { expression: { kind: 'absent', of: selector('up') }, forMs: 60_000 },
    inhibits: [],
  }
  const ratio: Expression = { kind: 'binary', op: '/', left: selector('bad'), right: selector('all'), on: null }
  const recording = { record: 'app:ratio', expression: ratio, labels: {} }
  assert.deepEqual([...metricsOfRules([rule], [recording])], ['up', 'bad', 'all'])
  assert.deepEqual([...metricsOfRules([{ ...rule, noData: null }], [])], ['app:ratio'])
})
