import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Expression, OverTime } from '../../../promises/expression.ts'
import { evaluate } from './evaluate.ts'
import type { Track } from './track.ts'

const MINUTE_MS = 60_000
const requests = (service: string, status: string, ...levels: readonly number[]): Track => ({
  metric: 'requests_total',
  labels: { service, status },
  kind: 'counter',
  phases: levels.map((level, index) => ({ fromMs: index * 10 * MINUTE_MS, level })),
})
const over = (call: OverTime, status: string, windowMs: number, offsetMs = 0): Expression => ({
  kind: 'over',
  call,
  windowMs,
  of: {
    kind: 'selector',
    metric: 'requests_total',
    matchers: [{ label: 'status', op: '=~', value: status }],
    offsetMs,
  },
})
const sumBy = (of: Expression, ...by: readonly string[]): Expression => ({ kind: 'aggregate', call: 'sum', of, by })

void test('a window sees of each phase its share', () => {
  // Ten minutes at 1/s, then at 3/s.
  const world = { tracks: [requests('api', '5xx', 1, 3)], stepMs: 10_000 }
  const value = (expression: Expression, atMin: number): unknown => evaluate(expression, world, atMin * MINUTE_MS)
  const labels = { service: 'api', status: '5xx' }
  assert.deepEqual(value(over('rate', '5xx', 4 * MINUTE_MS), 11), [{ labels, value: 1 * 0.75 + 3 * 0.25 }])
  assert.deepEqual(value(over('increase', '5xx', 4 * MINUTE_MS), 20), [{ labels, value: 720 }])
  assert.deepEqual(value(over('rate', '5xx', MINUTE_MS, 10 * MINUTE_MS), 15), [{ labels, value: 1 }])
  assert.deepEqual(value(over('rate', '2xx', MINUTE_MS), 15), [])
})

void test('ratios match by label, comparisons keep the left value, no traffic is no answer', () => {
  const ratio: Expression = {
    kind: 'binary',
    op: '/',
    on: null,
    left: sumBy(over('rate', '5xx', MINUTE_MS), 'service'),
    right: sumBy(over('rate', '.+', MINUTE_MS), 'service'),
  }
  const above = (digits: string): Expression => ({
    kind: 'binary',
    op: '>',
    on: null,
    left: ratio,
    right: { kind: 'number', digits },
  })
  const tracks = [requests('api', '5xx', 1), requests('api', '2xx', 3), requests('web', '2xx', 0)]
  const value = (digits: string): unknown => evaluate(above(digits), { tracks, stepMs: 10_000 }, 5 * MINUTE_MS)
  assert.deepEqual(value('0.2'), [{ labels: { service: 'api' }, value: 0.25 }])
  assert.deepEqual(value('0.25'), [])
})

void test('what is absent has the labels that it was asked by', () => {
  const absent: Expression = {
    kind: 'absent',
    of: { kind: 'selector', metric: 'up', matchers: [{ label: 'need', op: '=', value: 'db' }] },
  }
  assert.deepEqual(evaluate(absent, { tracks: [], stepMs: 10_000 }, 0), [{ labels: { need: 'db' }, value: 1 }])
})
