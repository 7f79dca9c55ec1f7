import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Json } from '../config/plain.ts'
import { burnRates, fastestThreshold, leftOutLine } from './burn-rate.ts'
import { isBudgeted, type Budgeted } from './events.ts'
import { objectivesWith } from './testing.ts'

const one = (promise: Readonly<Record<string, Json>>): Budgeted => objectivesWith(promise).filter(isBudgeted)[0]!
const ratesOver = (over: string): readonly string[] =>
  burnRates(one({ over, availability: '99.9%' })).map(({ rate }) => rate.toText())

void test('burn rates come from the period of the promise itself', () => {
  // share × period ÷ window, by hand: 0.02·720 h/1 h, 0.05·720/6, 0.1·720/24, 0.1·720/72; the same with 168, 672, 2160 h.
  assert.deepEqual(ratesOver('30d'), ['14.4', '6', '3', '1'])
  assert.deepEqual(ratesOver('28d'), ['13.44', '5.6', '2.8', '0.933333333333'])
  assert.deepEqual(ratesOver('7d'), ['3.36', '1.4', '0.7', '0.233333333333'])
  assert.deepEqual(ratesOver('90d'), ['43.2', '18', '9', '3'])
})

void test('thresholds are rate × budget, in digits', () => {
  const thresholds = (availability: string, over = '30d') =>
    burnRates(one({ over, availability })).map(({ threshold }) => threshold.toText())
  assert.deepEqual(thresholds('99.9%'), ['0.0144', '0.006', '0.003', '0.001'])
  assert.deepEqual(thresholds('99.95%'), ['0.0072', '0.003', '0.0015', '0.0005'])
  assert.deepEqual(thresholds('99.9%', '28d'), ['0.01344', '0.0056', '0.0028', '0.000933333333'])
  assert.equal(String(14.4 * (1 - 0.999)), '0.014400000000000013', 'the control: what doubles print')
})

void test('a rule that could never fire is left out: 93.06 % is where the page ends', () => {
  const leftOut = (availability: string) => burnRates(one({ availability })).map((rate) => rate.leftOut)
  // 14.4 × 0.0694 = 0.99936 < 1, 14.4 × 0.0695 = 1.0008 ≥ 1; 6 × 0.17 ≥ 1; 3 × 0.34 ≥ 1.
  assert.deepEqual(leftOut('93.06%'), [null, null, null, null])
  assert.deepEqual(leftOut('93.05%'), ['never', null, null, null])
  assert.deepEqual(leftOut('83%'), ['never', 'never', null, null])
  assert.deepEqual(leftOut('66%'), ['never', 'never', 'never', null])
  assert.deepEqual(leftOut('0%'), ['never', 'never', 'never', 'never'])
  const lines = burnRates(one({ availability: '90%' })).map((rate) => leftOutLine(one({ availability: '90%' }), rate))
  assert.equal(lines[0], 'trade/availability, 1h: burn rate 14.4 × 10 % = 144 % ≥ 100 %: it could never fire')
})

void test('a rule that tells of what keeps the promise is left out: the slow ones of short periods', () => {
  const objective = one({ over: '7d', availability: '99.9%' })
  const rates = burnRates(objective)
  assert.deepEqual(
    rates.map(({ leftOut }) => leftOut),
    [null, null, 'kept', 'kept'],
  )
  assert.equal(
    leftOutLine(objective, rates[2]!),
    'trade/availability, 1d: burn rate 0.7 < 0.9: it would tell of what keeps the promise',
  )
  // 0.02 × 45 h ÷ 1 h = 0.9 exactly.
  assert.equal(burnRates(one({ over: '45h', availability: '99.9%' }))[0]!.leftOut, null)
  assert.equal(burnRates(one({ over: '2699min', availability: '99.9%' }))[0]!.leftOut, 'kept')
})

void test('latency and errors have budgets of their own', () => {
  assert.equal(fastestThreshold(one({ latency: { p95: '200ms' } })).toText(), '0.72')
  assert.equal(fastestThreshold(one({ latency: { p99: '200ms' } })).toText(), '0.144')
  assert.equal(fastestThreshold(one({ errors: '0.1%' })).toText(), '0.0144')
  assert.equal(fastestThreshold(one({ availability: '0%' })).toText(), '1', 'no rule: nothing is above')
})
