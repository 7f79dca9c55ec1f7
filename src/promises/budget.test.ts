import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Json } from '../config/plain.ts'
import { budgetMs, spending } from './budget.ts'
import { isBudgeted, type Budgeted } from './events.ts'
import { objectivesWith } from './testing.ts'

const one = (promise: Readonly<Record<string, Json>>): Budgeted => objectivesWith(promise).filter(isBudgeted)[0]!
const minutes = (over: string, availability: string) => budgetMs(one({ over, availability })).toNumber() / 60_000

void test('the budget of a period is exact', () => {
  // minutes of the period × (1 − target): 43 200 min × 0.001 and so on.
  assert.equal(minutes('30d', '99.9%'), 43.2)
  assert.equal(minutes('30d', '99.95%'), 21.6)
  assert.equal(minutes('30d', '99.99%'), 4.32)
  assert.equal(minutes('7d', '99.9%'), 10.08)
  assert.equal(minutes('28d', '99.9%'), 40.32)
  assert.equal(minutes('90d', '99.9%'), 129.6)
  assert.equal(budgetMs(one({ over: '28d', availability: '99.99%' })).toText(), '241920')
})

void test('what is spent is counted by request', () => {
  const objective = one({ availability: '99.9%' })
  const at = (bad: number, total: number) => {
    const { spent, left } = spending(objective, { bad, total })!
    return [spent, left]
  }
  assert.deepEqual(at(0, 1_000_000), ['0', '1'])
  assert.deepEqual(at(250, 1_000_000), ['0.25', '0.75'])
  assert.deepEqual(at(1_000, 1_000_000), ['1', '0'])
  assert.deepEqual(at(1_500, 1_000_000), ['1.5', '-0.5'])
  assert.deepEqual(at(33.5, 1_000_000), ['0.0335', '0.9665'])
  // A night of 10 requests with 5 bad, a day of 990 without: 5 ‰, and not the mean of 50 % and 0 %.
  assert.equal(spending(objective, { bad: 5, total: 1_000 })!.badShare, '0.005')
})

void test('no events are no answer, and no budget has none left', () => {
  const objective = one({ availability: '99.9%' })
  assert.equal(spending(objective, { bad: 0, total: 0 }), null)
  assert.equal(spending(objective, { bad: NaN, total: 1 }), null)
  const all = one({ availability: '100%' })
  assert.deepEqual(spending(all, { bad: 0, total: 5 }), { badShare: '0', spent: '0', left: '1' })
  assert.equal(spending(all, { bad: 1, total: 5 })!.spent, null)
})
