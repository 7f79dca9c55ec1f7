import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Sample } from './watch.ts'
import { verdictOf } from './watch-end.ts'

const look = (answers: number, errors: number): Sample => ({ at: 0, answers, errors, buckets: [] })

test('what was answered before the watch is no part of its verdict', () => {
  const { verdict, ...counts } = verdictOf([look(100, 5), look(120, 6)], 20)
  assert.deepEqual([verdict, counts], ['passed', { answers: 20, errors: 1, p95Ms: null }])
})

test('too few answers say nothing', () => {
  assert.deepEqual(verdictOf([look(100, 5), look(119, 6)], 20), { verdict: 'inconclusive', answers: 19, needed: 20 })
})
