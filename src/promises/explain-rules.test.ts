import assert from 'node:assert/strict'
import { test } from 'node:test'
import { explain, explanationsOf } from './explain.ts'
import { explainRules } from './explain-rules.ts'
import { allRules } from './rules.ts'
import { appWith } from './testing.ts'

const app = appWith(
  { trade: { on: { service: 'api' }, availability: '99.9%' } },
  { alerts: { rules: { 'many-series': { when: 'seaworthy_series > 9000', for: '5min', severity: 'P2' } } } },
)
const all = [...explanationsOf(app), ...explainRules(app)]

void test('every alert of an app can be explained, by one answer', () => {
  const names = allRules(app).alerts.map(({ name }) => name)
  assert.deepEqual(
    names.filter((name) => explain(name, all).length !== 1),
    [],
  )
  assert.ok(names.length > 20, String(names.length))
})

void test('a rule of the config is told as it was understood', () => {
  const [rule] = explainRules(app).filter(({ from }) => from === 'alerts.rules')
  assert.equal(rule!.value, 'P2: seaworthy_series > 9000, for 5 min')
})

void test('an alert says what it keeps quiet, and what it does without data', () => {
  const [down] = explain('ServiceDown', all)
  assert.equal(down!.value, 'P0: sum by (service) (seaworthy_instance_up) == 0')
  assert.match(
    down!.arithmetic.join('\n'),
    /^no data when absent\(.*, for 1 min\nkeeps quiet while it fires: .*TradeAvailabilityBurn1h/,
  )
})
