import assert from 'node:assert/strict'
import { test } from 'node:test'
import { driftOf, planOutput, writtenAfter } from './output-plan.ts'

const wanted = new Map([
  ['a', 'A'],
  ['b', 'B'],
])

void test('a file is missing, unchanged, out of date or somebody’s own work', () => {
  const first = planOutput(wanted, {}, new Map())
  assert.deepEqual(first.missing, ['a', 'b'])
  const written = writtenAfter(wanted, {}, first)

  const again = planOutput(wanted, written, wanted)
  assert.deepEqual([again.unchanged, driftOf(again)], [['a', 'b'], []])

  const next = new Map([...wanted, ['a', 'A2']])
  assert.deepEqual(planOutput(next, written, wanted).outdated, ['a'])

  const edited = new Map([...wanted, ['a', 'mine']])
  assert.deepEqual(planOutput(wanted, written, edited).changedByHand, ['a'])
  assert.deepEqual(planOutput(next, written, edited).changedByHand, ['a'])
  assert.deepEqual(driftOf(planOutput(wanted, written, edited)), ['a: changed by hand'])
})

void test('a file that was there before the first run is somebody’s, unless it says the same', () => {
  const there = new Map([
    ['a', 'theirs'],
    ['b', 'B'],
  ])
  const plan = planOutput(wanted, {}, there)
  assert.deepEqual([plan.changedByHand, plan.unchanged], [['a'], ['b']])
})

void test('what is wanted no more is told of until it is gone', () => {
  const written = writtenAfter(wanted, {}, planOutput(wanted, {}, new Map()))
  const fewer = new Map([['a', 'A']])
  const plan = planOutput(fewer, written, wanted)
  assert.deepEqual(driftOf(plan), ['b: left over'])
  const after = writtenAfter(fewer, written, plan)
  assert.deepEqual(Object.keys(after), ['a', 'b'])
  const removed = planOutput(fewer, after, fewer)
  assert.deepEqual(driftOf(removed), [])
  assert.deepEqual(Object.keys(writtenAfter(fewer, after, removed)), ['a'])
})
