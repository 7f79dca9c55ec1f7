import assert from 'node:assert/strict'
import { test } from 'node:test'
import { appWith } from '../testing.ts'
import { capacity } from './capacity.ts'
import { NO_FACTS } from './facts.ts'
import { onlyRefusal } from './testing.ts'

const appFor = (throughput: string) => appWith({ trade: { on: { service: 'api' }, throughput } })
const facts = { ...NO_FACTS, capacity: { api: { perSecond: 85.5, at: '2026-11-20T10:00:00.000Z' } } }

void test('14: more than the most instances have been seen to carry', () => {
  // 4 × 85.5/s × 0.7 = 239.4/s < 300/s; 300 ÷ 59.85 = 5.01: 6 instances.
  const { objective, arithmetic, waysOut } = onlyRefusal(capacity, { app: appFor('300/s'), facts })
  assert.equal(objective, 'trade/throughput')
  assert.deepEqual(arithmetic, [
    '4 instances × 85.5/s (measured 2026-11-20) × (1 − 0.3 headroom) = 239.4/s',
    'promised 300/s > 239.4/s',
  ])
  assert.deepEqual(
    waysOut.map(({ text }) => text),
    ['have up to 6 instances: services.api.scale.max: 6', "promise throughput: '239/1s' in trade"],
  )
  assert.deepEqual(capacity(appFor('239/s'), facts), [], 'the neighbour')
  assert.deepEqual(capacity(appFor('14364/min'), facts), [], '239.4/s exactly')
  assert.equal(capacity(appFor('14365/min'), facts).length, 1)
})

void test('what was never measured is unproven, and not infeasible', () => {
  assert.deepEqual(capacity(appFor('1000000/s'), NO_FACTS), [
    {
      kind: 'unknown',
      objective: 'trade/throughput',
      reason: 'capacity',
      lacks: 'what an instance of api carries: seaworthy load --capacity --service api',
    },
  ])
})
