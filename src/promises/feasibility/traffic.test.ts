import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Json } from '../../config/plain.ts'
import { appWith } from '../testing.ts'
import { NO_FACTS } from './facts.ts'
import { onlyRefusal } from './testing.ts'
import { traffic } from './traffic.ts'

const appFor = (promise: Readonly<Record<string, Json>>) => appWith({ trade: { on: { service: 'api' }, ...promise } })
const refused = (promise: Readonly<Record<string, Json>>) =>
  onlyRefusal(traffic, { app: appFor(promise), facts: NO_FACTS })
const judged = (promise: Readonly<Record<string, Json>>) => traffic(appFor(promise), NO_FACTS)

void test('8: too few requests for any window', () => {
  // 1 in 4 h × 72 h = 18 < 20; 20 ÷ 72 h in 4 h: 1.11, so 2.
  const { reason, arithmetic, waysOut } = refused({ latency: { p95: '200ms' }, throughput: '1/4h' })
  assert.equal(reason, 'traffic-too-small')
  assert.deepEqual(arithmetic, [
    '1 in 4 h × 3d, the longest window = 18 requests',
    '18 < 20, fewer than a rule can judge by',
  ])
  assert.deepEqual(
    waysOut.map(({ text }) => text),
    ["have probes send what is missing, and promise throughput: '2/4h' in trade"],
  )
  assert.deepEqual(judged({ latency: { p95: '200ms' }, throughput: '2/4h' }), [], 'the neighbour')
})

void test('9: a budget of less than one request', () => {
  // 1/h × 720 h = 720 × 0.001 = 0.72 < 1; 1 ÷ 720 = 0.0013888… → 99.8611 %; 1000 h = 41.67 d → 42 d.
  const { reason, arithmetic, waysOut } = refused({ availability: '99.9%', throughput: '1/h' })
  assert.equal(reason, 'budget-below-one')
  assert.deepEqual(arithmetic, [
    '1 in 1 h × 30 d = 720 requests × 0.1 % = 0.72',
    '0.72 < 1: the first failure would break it',
  ])
  assert.deepEqual(
    waysOut.map(({ text }) => text),
    [
      "promise availability: '99.8611%' in trade",
      "measure trade over: '42d'",
      "have probes send what is missing, and promise throughput: '2/1h' in trade",
    ],
  )
  assert.deepEqual(judged({ availability: '99.8611%', throughput: '1/h' }), [], 'the neighbour')
})

void test('without a promised rate nobody can say', () => {
  assert.deepEqual(judged({ availability: '99.9%' }), [])
})

void test('too few requests for what fails to be detected in time', () => {
  const withDetect = (throughput: string, detect: string, availability = '99.9%') =>
    appWith({ trade: { on: { service: 'api' }, availability, throughput }, operate: { on: 'operate', detect } })
  const refusedOf = (...args: Parameters<typeof withDetect>) =>
    onlyRefusal(traffic, { app: withDetect(...args), facts: NO_FACTS })
  // 2 min − 30 s = 90 s; at one a minute 1.5 requests come in it; 2 × 60 ÷ 90 = 1.33, so 2.
  const slow = refusedOf('1/min', '2min')
  assert.deepEqual(slow.arithmetic, [
    'detected in 2 min − 30 s until it is told = 1.5 min',
    '1 in 1 min × 1.5 min = 1.5 < 2 failures, which a burn rate asks for',
  ])
  assert.match(slow.waysOut[0]!.text, /throughput: '2\/1min' in trade$/)
  // Within a minute only the rule of one minute tells, and that judges by 20.
  const few = refusedOf('19/min', '1min')
  assert.equal(few.reason, 'traffic-too-slow')
  assert.equal(few.arithmetic[1], '19 in 1 min × 1 min = 19 < 20 requests, which a rule of 1 min asks for')
  for (const enough of [withDetect('20/min', '1min'), withDetect('2/90s', '2min'), withDetect('1/min', '1h', '99%')])
    assert.deepEqual(traffic(enough, NO_FACTS), [])
})
