import assert from 'node:assert/strict'
import { test } from 'node:test'
import { metricsOf, promql, promqlDuration, type Expression } from './expression.ts'

const rateOf = (metric: string, windowMs: number): Expression => ({
  kind: 'aggregate',
  call: 'sum',
  by: ['service'],
  of: {
    kind: 'over',
    call: 'rate',
    windowMs,
    of: { kind: 'selector', metric, matchers: [{ label: 'status', op: '=~', value: '5xx|aborted' }] },
  },
})

void test('a burn-rate condition reads as a person would write it', () => {
  const ratio: Expression = {
    kind: 'binary',
    op: '/',
    left: rateOf('bad_total', 300_000),
    right: rateOf('all_total', 300_000),
    on: null,
  }
  const burns: Expression = {
    kind: 'binary',
    op: '>',
    left: ratio,
    right: { kind: 'number', digits: '0.0144' },
    on: null,
  }
  assert.equal(
    promql(burns),
    '(sum by (service) (rate(bad_total{status=~"5xx|aborted"}[5m])) / sum by (service) (rate(all_total{status=~"5xx|aborted"}[5m]))) > 0.0144',
  )
  assert.deepEqual(metricsOf(burns), ['bad_total', 'all_total'])
})

void test('offsets stand behind the window, quotes are escaped, matching names its labels', () => {
  const selector = {
    kind: 'selector',
    metric: 'm',
    matchers: [{ label: 'a', op: '!=', value: 'x"\\' }],
    offsetMs: 90_000,
  } as const
  assert.equal(promql(selector), 'm{a!="x\\"\\\\"} offset 1m30s')
  assert.equal(
    promql({ kind: 'over', call: 'max_over_time', of: selector, windowMs: 500 }),
    'max_over_time(m{a!="x\\"\\\\"}[500ms] offset 1m30s)',
  )
  assert.equal(
    promql({
      kind: 'binary',
      op: 'unless',
      left: { kind: 'absent', of: selector },
      right: { kind: 'time' },
      on: ['a'],
    }),
    'absent(m{a!="x\\"\\\\"} offset 1m30s) unless on (a) time()',
  )
  assert.equal(
    promql({ kind: 'quantile', digits: '0.95', of: { kind: 'aggregate', call: 'max', of: selector, by: null } }),
    'histogram_quantile(0.95, max(m{a!="x\\"\\\\"} offset 1m30s))',
  )
})

void test('durations are whole units, the largest first', () => {
  assert.deepEqual([0, 1, 1_500, 300_000, 5_400_000, 259_200_000].map(promqlDuration), [
    '0s',
    '1ms',
    '1s500ms',
    '5m',
    '1h30m',
    '3d',
  ])
})
