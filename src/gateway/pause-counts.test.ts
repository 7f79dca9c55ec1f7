import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createCounterSums } from './admin/counter-sums.ts'
import type { Connection } from './admin/connection.ts'
import { NO_COUNTERS } from './counters.ts'
import { isAnyPaused, NO_PAUSE_COUNTS, pauseCountsSince } from './pause-counts.ts'

const connection = (incarnation: string): Connection => ({
  worker: 1,
  pid: 1,
  gateway: '',
  incarnation,
  version: 1,
  send: () => {},
})
const counted = (parts: Partial<typeof NO_PAUSE_COUNTS>) => ({
  ...NO_COUNTERS,
  pause: { ...NO_PAUSE_COUNTS, ...parts },
})

void test('counts are added over workers; what one held when it ended is lost, what it had done stays done', () => {
  const sums = createCounterSums()
  assert.equal(sums.total().pause, undefined)
  sums.take(connection('a'), counted({ held: 3, forwarded: 5 }))
  sums.take(connection('b'), counted({ held: 1, overflowed: 2 }))
  sums.take(connection('c'), NO_COUNTERS)
  assert.deepEqual(sums.total().pause, { ...NO_PAUSE_COUNTS, held: 4, forwarded: 5, overflowed: 2 })
  sums.left(connection('a'))
  assert.deepEqual(sums.total().pause, { ...NO_PAUSE_COUNTS, held: 1, forwarded: 5, overflowed: 2, lost: 3 })
  // It was only away: what it held is there.
  sums.take(connection('a'), counted({ held: 3, forwarded: 5 }))
  assert.equal(sums.total().pause?.lost, 0)
})

void test('since the beginning of a pause: never below zero, and who waits now waits now', () => {
  const before = { ...NO_PAUSE_COUNTS, forwarded: 5, overflowed: 9 }
  const now = { ...NO_PAUSE_COUNTS, forwarded: 7, overflowed: 1, held: 2 }
  assert.deepEqual(pauseCountsSince(before, now), { ...NO_PAUSE_COUNTS, forwarded: 2, held: 2 })
  assert.equal(isAnyPaused(NO_PAUSE_COUNTS), false)
  assert.equal(isAnyPaused(now), true)
})
