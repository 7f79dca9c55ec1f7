import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gaugeIn } from './queue-metric.ts'

const TEXT = `# HELP orders Orders that wait.
# TYPE orders gauge
orders{shop="a } b",kind="x\\"y"} 3
orders{shop="c"} 4.5 1700000000000
orders_done 99
plain 7
broken NaN
`

void test('a gauge is the sum over its label sets, and no other metric of a like name', () => {
  assert.equal(gaugeIn(TEXT, 'orders'), 7.5)
  assert.equal(gaugeIn(TEXT, 'plain'), 7)
  assert.equal(gaugeIn(TEXT, 'orders_done'), 99)
})

void test('what is absent, or no number, is no data and not zero', () => {
  for (const [text, metric] of [
    [TEXT, 'order'],
    [TEXT, 'broken'],
    ['', 'orders'],
    ['<html>orders 5</html>', 'orders'],
    ['orders +Inf', 'orders'],
  ] as const) {
    assert.equal(gaugeIn(text, metric), null, metric)
  }
})
