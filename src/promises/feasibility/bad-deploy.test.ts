import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Json } from '../../config/plain.ts'
import { appWith } from '../testing.ts'
import { badDeploy } from './bad-deploy.ts'
import { NO_FACTS } from './facts.ts'
import { onlyRefusal } from './testing.ts'

const appFor = (availability: string, operate: Readonly<Record<string, Json>>, over = '30d') =>
  appWith({ trade: { on: { service: 'api' }, over, availability }, operate: { on: 'operate', ...operate } })

void test('16: two bad deploys are more than four nines allow', () => {
  // 2 × (2 min + 5 min) = 14 min > 4.32 min (and < 43.2 min). 4.32 min ÷ 2 − 2 min = 9.6 s: 9 s.
  const operate = { detect: '2min', rollback: '5min' }
  const { reason, arithmetic, waysOut } = onlyRefusal(badDeploy, { app: appFor('99.99%', operate), facts: NO_FACTS })
  assert.equal(reason, 'bad-deploy')
  assert.deepEqual(arithmetic, [
    '2 bad deploys (assumed) × (detect 2 min + rollback 5 min) = 14 min',
    '14 min > 4.32 min, the budget of 0.01 % of 30 d',
  ])
  // 840 s ÷ 2 592 000 s = 0.032407… %: 99.9675 %, down to six digits of the share.
  assert.deepEqual(
    waysOut.map(({ text }) => text),
    ["promise rollback: '9s' in operate", "promise availability: '99.9675%' in trade"],
  )
  assert.deepEqual(badDeploy(appFor('99.9%', operate), NO_FACTS), [], 'the neighbour')
  assert.deepEqual(badDeploy(appFor('99.99%', { detect: '2min', rollback: '9s' }), NO_FACTS), [])
})

void test('of a short window one bad deploy is enough', () => {
  // 2 × 7/30 = 0.467 is not one. 1 × (55 s + 10 s) = 65 s > 60.48 s.
  const app = appFor('99.99%', { detect: '55s' }, '7d')
  const { arithmetic } = onlyRefusal(badDeploy, { app, facts: NO_FACTS })
  assert.equal(arithmetic[0], '1 bad deploys (assumed) × (detect 55 s + rollback 10 s (assumed)) = 1.083 min')
})

void test('where neither detection nor rollback is promised there is nothing to hold against the budget', () => {
  assert.deepEqual(badDeploy(appFor('99.99%', { deploy: { failed: 0 } }), NO_FACTS), [])
})
