import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stepsOf } from './query.ts'

void test('a range holds both its ends where a step meets them', () => {
  assert.equal(stepsOf({ startMs: 0, endMs: 60_000, stepMs: 10_000 }), 7)
  assert.equal(stepsOf({ startMs: 0, endMs: 59_999, stepMs: 10_000 }), 6)
  assert.equal(stepsOf({ startMs: 5, endMs: 5, stepMs: 10_000 }), 1)
  assert.equal(stepsOf({ startMs: 6, endMs: 5, stepMs: 10_000 }), 0)
  assert.equal(stepsOf({ startMs: 0, endMs: 5, stepMs: 0 }), 0)
})
