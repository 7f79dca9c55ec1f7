import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HEALTHY_AFTER_MS, nextDelayMs } from './backoff.ts'

const bounds = { minMs: 100, maxMs: 350 }

test('the first restart waits the least, then twice as long each time, up to the most', () => {
  const delays = [0, 1, 2, 3].reduce<number[]>((before) => [...before, nextDelayMs(before.at(-1), 5, bounds)], [])
  assert.deepEqual(delays, [100, 200, 350, 350])
})

test('a child that ran long enough starts over with the least', () => {
  assert.equal(nextDelayMs(350, HEALTHY_AFTER_MS, bounds), 100)
  assert.equal(nextDelayMs(350, HEALTHY_AFTER_MS - 1, bounds), 350)
})

test('a least of nothing does not restart without end', () => {
  assert.equal(nextDelayMs(undefined, 5, { minMs: 0, maxMs: 1000 }), 0)
  assert.equal(nextDelayMs(0, 5, { minMs: 0, maxMs: 1000 }), 50)
})
