import assert from 'node:assert/strict'
import { test } from 'node:test'
import { arrivals } from './arrivals.ts'

void test('constant arrivals have equal gaps and the count of the rate, without drift', () => {
  const all = [...arrivals({ kind: 'constant', perSecond: 300, forMs: 10_000, seed: 1 })]
  assert.equal(all.length, 3000)
  assert.equal(all[0], 0)
  assert.equal(all[1500], 5000)
})

void test('poisson arrivals follow their seed, keep the rate, and vary as they should', () => {
  const schedule = { kind: 'poisson', perSecond: 1000, forMs: 60_000, seed: 7 } as const
  const all = [...arrivals(schedule)]
  assert.deepEqual(all, [...arrivals(schedule)])
  assert.notDeepEqual(all.slice(0, 5), [...arrivals({ ...schedule, seed: 8 })].slice(0, 5))
  // 60 000 expected with a deviation of 245; the gaps of a Poisson row deviate as much as they are long on average.
  assert.ok(Math.abs(all.length - 60_000) < 5 * 245, `${all.length} arrivals`)
  const gaps = all.slice(1).map((at, index) => at - all[index]!)
  const mean = gaps.reduce((sum, one) => sum + one, 0) / gaps.length
  const deviation = Math.sqrt(gaps.reduce((sum, one) => sum + (one - mean) ** 2, 0) / gaps.length)
  assert.ok(Math.abs(deviation / mean - 1) < 0.05, `deviation ${deviation} of mean ${mean}`)
})
