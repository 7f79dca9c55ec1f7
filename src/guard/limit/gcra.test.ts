import assert from 'node:assert/strict'
import { test } from 'node:test'
import { levelAt, quotaOf, TICKS_PER_MS, tokensAt, waitFor, windowOf } from './gcra.ts'
import type { Quota } from './gcra.ts'
import { brokenSpan, seededRandom } from './testing.ts'
import type { Admission } from './testing.ts'

void test('a quota gives its burst at once and then one token an interval', () => {
  const quota = quotaOf({ count: 5, perMs: 300_000, burst: 5 })
  assert.deepEqual(quota, { interval: 60_000 * TICKS_PER_MS, burst: 5 })
  let arrival = 0
  for (let nth = 1; nth <= 5; nth++) arrival = taken(arrival, 1_000, quota)!
  assert.equal(taken(arrival, 1_000, quota), null)
  const wait = waitFor(1, levelAt(arrival, 1_000, quota), quota)
  assert.equal(wait, quota.interval)
  assert.equal(taken(arrival, 1_000 + wait - 1, quota), null, 'one tick too early')
  assert.notEqual(taken(arrival, 1_000 + wait, quota), null, 'waiting is enough')
})

void test('intervals that are no whole number are rounded to the strict side', () => {
  const quota = quotaOf({ count: 7, perMs: 1_000, burst: 1 })
  assert.equal(quota.interval, 2_285_715)
  assert.ok(quota.interval * 7 >= 1_000 * TICKS_PER_MS)
})

void test('a burst that would not come back within years is cut to what can be counted', () => {
  const quota = quotaOf({ count: 1, perMs: 86_400_000, burst: 1_000_000_000 })
  assert.ok(Number.isSafeInteger(windowOf(quota)) && quota.burst >= 800)
})

void test('a clock that is set back costs at most one window', () => {
  const quota = quotaOf({ count: 10, perMs: 1_000, burst: 20 })
  const dayAhead = 86_400_000 * TICKS_PER_MS
  assert.equal(levelAt(dayAhead, 0, quota), windowOf(quota))
  assert.equal(waitFor(1, levelAt(dayAhead, 0, quota), quota), quota.interval)
})

void test('a clock that jumps ahead gives back no more than the burst', () => {
  const quota = quotaOf({ count: 10, perMs: 1_000, burst: 20 })
  assert.equal(tokensAt(levelAt(5, 1e15, quota), quota), 20)
})

void test('over random traffic it is the exact bucket, and no span of time holds more than burst + span / interval', () => {
  const seed = 20_261_121
  for (let round = 0; round < 60; round++) {
    const random = seededRandom(seed + round)
    const count = 1 + Math.floor(random() * 50)
    const perMs = 1 + Math.floor(random() * 5_000)
    const quota = quotaOf({ count, perMs, burst: 1 + Math.floor(random() * 40) })
    const log: Admission[] = []
    let [now, arrival] = [1_000, 0]
    // The model: tokens as an exact fraction of ticks that come back, counted by hand.
    let [model, modelAt] = [windowOf(quota), now]
    for (let request = 0; request < 400; request++) {
      now += Math.floor(random() ** 3 * quota.interval * 3)
      const cost = 1 + Math.floor(random() * Math.min(3, quota.burst))
      model = Math.min(windowOf(quota), model + now - modelAt)
      modelAt = now
      const next = taken(arrival, now, quota, cost)
      assert.equal(next !== null, model >= cost * quota.interval, `seed ${seed + round}, request ${request}`)
      if (next === null) continue
      arrival = next
      model -= cost * quota.interval
      log.push({ at: now, tokens: cost })
    }
    assert.ok(log.length > 10)
    assert.equal(brokenSpan(log, quota), null, `seed ${seed + round}`)
  }
})

void test('the check of spans finds one request too many', () => {
  const quota = quotaOf({ count: 10, perMs: 1_000, burst: 3 })
  const at = 5
  assert.equal(
    brokenSpan(
      [1, 1, 1].map((tokens) => ({ at, tokens })),
      quota,
    ),
    null,
  )
  assert.notEqual(
    brokenSpan(
      [1, 1, 1, 1].map((tokens) => ({ at, tokens })),
      quota,
    ),
    null,
  )
  const late = { at: at + quota.interval - 1, tokens: 1 }
  assert.notEqual(brokenSpan([{ at, tokens: 3 }, late], quota), null, 'a tick before the next token')
})

/** The next arrival time, or null where it is refused. */
function taken(arrival: number, now: number, quota: Quota, cost = 1): number | null {
  const level = levelAt(arrival, now, quota)
  return waitFor(cost, level, quota) > 0 ? null : now + level + cost * quota.interval
}
