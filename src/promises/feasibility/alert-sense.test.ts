import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Json } from '../../config/plain.ts'
import { appWith } from '../testing.ts'
import { alertSense } from './alert-sense.ts'
import { NO_FACTS } from './facts.ts'
import { onlyRefusal } from './testing.ts'

const appFor = (promise: Readonly<Record<string, Json>>) => appWith({ trade: { on: { service: 'api' }, ...promise } })
const refused = (promise: Readonly<Record<string, Json>>) =>
  onlyRefusal(alertSense, { app: appFor(promise), facts: NO_FACTS })

void test('5: half of the answers over 90 d: no share of slow ones is above any threshold', () => {
  // 0.02·2160/1 = 43.2, 0.05·2160/6 = 18, 0.1·2160/24 = 9, 0.1·2160/72 = 3; × 0.5 = 21.6, 9, 4.5, 1.5.
  const { objective, arithmetic, waysOut } = refused({ over: '90d', latency: { p50: '50ms' } })
  assert.equal(objective, 'trade/latency-0.5')
  assert.deepEqual(arithmetic, [
    'trade/latency-0.5, 1h: burn rate 43.2 × 50 % = 2160 % ≥ 100 %: it could never fire',
    'trade/latency-0.5, 6h: burn rate 18 × 50 % = 900 % ≥ 100 %: it could never fire',
    'trade/latency-0.5, 1d: burn rate 9 × 50 % = 450 % ≥ 100 %: it could never fire',
    'trade/latency-0.5, 3d: burn rate 3 × 50 % = 150 % ≥ 100 %: it could never fire',
  ])
  // 0.1 · x/72 h · 0.5 < 1 for x < 1440 h = 60 d.
  assert.deepEqual(
    waysOut.map(({ text }) => text),
    ["measure trade over: '59d'"],
  )
  assert.equal(alertSense(appFor({ over: '60d', latency: { p50: '50ms' } }), NO_FACTS).length, 1)
  assert.deepEqual(alertSense(appFor({ over: '59d', latency: { p50: '50ms' } }), NO_FACTS), [], 'the neighbour')
})

void test('6: a day is too short for windows of an hour and more', () => {
  // 0.02·24/1 = 0.48, 0.05·24/6 = 0.2, 0.1·24/24 = 0.1, 0.1·24/72 = 0.033: all below 0.9.
  const { arithmetic, waysOut } = refused({ over: '1d', availability: '99.9%' })
  assert.equal(arithmetic[0], 'trade/availability, 1h: burn rate 0.48 < 0.9: it would tell of what keeps the promise')
  assert.equal(arithmetic.length, 4)
  assert.deepEqual(
    waysOut.map(({ text }) => text),
    ["measure trade over: '45h'"],
  )
  assert.deepEqual(alertSense(appFor({ over: '45h', availability: '99.9%' }), NO_FACTS), [], 'the neighbour')
})

void test('7: nothing promised is nothing to tell', () => {
  // 1 × 100 % = 100 % ≥ 100 %: at 99 % the rule of three days is left.
  const { arithmetic, waysOut } = refused({ errors: '100%' })
  assert.equal(arithmetic[3], 'trade/errors, 3d: burn rate 1 × 100 % = 100 % ≥ 100 %: it could never fire')
  assert.deepEqual(
    waysOut.map(({ text }) => text),
    ["measure trade over: '29d'", "promise errors: '99%' in trade"],
  )
  assert.deepEqual(alertSense(appFor({ errors: '99%' }), NO_FACTS), [], 'the neighbour')
})

void test('a window of a second has no rule, and its way out has one', () => {
  assert.match(refused({ over: '1s', availability: '99.9%' }).waysOut[0]!.text, /45h/)
})
