import assert from 'node:assert/strict'
import { test } from 'node:test'
import { objectiveId, PROMISE_STATES, refusalLines, wantsDrill, worst } from './objective.ts'

void test('each part of a promise has a name of its own', () => {
  const part = { promise: 'trade', subject: { kind: 'operate' }, overMs: 1 } as const
  assert.deepEqual(
    [
      objectiveId({ ...part, kind: 'availability', target: '0.999' }),
      objectiveId({ ...part, kind: 'latency', target: '0.95', limitMs: 200 }),
      objectiveId({ ...part, kind: 'recovery', what: 'rpo', limitMs: 1 }),
      objectiveId({ ...part, kind: 'without', need: 'cache', p95Ms: 400, budget: null }),
    ],
    ['trade/availability', 'trade/latency-0.95', 'trade/rpo', 'trade/without-cache'],
  )
})

void test('what nobody can see is not met', () => {
  assert.equal(worst(['met', null]), null)
  assert.equal(worst(['met', null, 'at-risk']), 'at-risk')
  assert.equal(worst(['broken', 'at-risk']), 'broken')
  assert.equal(worst(['met']), 'met')
  assert.equal(worst([]), null)
})

void test('a drill helps what has no valid evidence', () => {
  assert.deepEqual(PROMISE_STATES.filter(wantsDrill), ['unproven', 'stale'])
})

void test('a refusal shows its arithmetic before the ways out', () => {
  const lines = refusalLines({
    objective: 'a/availability',
    reason: 'dependency-ceiling',
    arithmetic: ['99.95 % × 99.9 % = 99.85 %'],
    waysOut: ['make db optional'],
  })
  assert.deepEqual(lines, [
    'a/availability: dependency-ceiling',
    '  99.95 % × 99.9 % = 99.85 %',
    '  or: make db optional',
  ])
})
