import assert from 'node:assert/strict'
import { test } from 'node:test'
import { leastState, stateOf, type Evidence } from './state.ts'

const evidence: Evidence = { release: '7-abc', takenAtMs: 1_000, validUntilMs: 2_000 }

void test('evidence proves one release for a time', () => {
  assert.equal(stateOf(false, null, { release: '7-abc', nowMs: 1_500 }), 'unproven')
  assert.equal(stateOf(false, evidence, { release: '7-abc', nowMs: 1_999 }), 'proven')
  assert.equal(stateOf(false, evidence, { release: '7-abc', nowMs: 2_000 }), 'stale')
  assert.equal(stateOf(false, evidence, { release: '8-def', nowMs: 1_500 }), 'stale')
  assert.equal(stateOf(false, evidence, { release: null, nowMs: 1_500 }), 'stale')
  assert.equal(stateOf(true, evidence, { release: '7-abc', nowMs: 1_500 }), 'infeasible')
})

void test('a promise is as good as the least of its parts', () => {
  assert.equal(leastState(['proven', 'unproven', 'stale']), 'unproven')
  assert.equal(leastState(['proven', 'stale']), 'stale')
  assert.equal(leastState(['proven', 'infeasible']), 'infeasible')
  assert.equal(leastState([]), 'declared')
})
