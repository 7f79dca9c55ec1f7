import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CRASH_WINDOW_MS, restartAfter, RESTART_MAX_MS } from './backoff.ts'

test('the first end is answered at once, each further one waits twice as long', () => {
  const waits = [1, 2, 3, 4].map(
    (ends) =>
      restartAfter(
        Array.from({ length: ends }, () => 1000),
        1000,
      ).afterMs,
  )
  assert.deepEqual(waits, [0, 500, 1000, 2000])
})

test('five ends within a minute are a crash loop, and waiting has a longest time', () => {
  assert.equal(restartAfter([1, 2, 3, 4], 5).crashLoop, false)
  assert.equal(restartAfter([1, 2, 3, 4, 5], 5).crashLoop, true)
  assert.equal(
    restartAfter(
      Array.from({ length: 50 }, () => 1),
      5,
    ).afterMs,
    RESTART_MAX_MS,
  )
})

test('ends older than the window are forgotten', () => {
  assert.deepEqual(restartAfter([0, 1, 2, 3, 4], CRASH_WINDOW_MS + 10), { afterMs: 0, crashLoop: false })
})
