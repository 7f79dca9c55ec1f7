import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Backlog } from './backlog.ts'

void test('what is open counts for as long as it is, quarter by quarter, and nothing after the end', () => {
  const backlog = new Backlog(4_000)
  backlog.note(500, 1)
  backlog.note(1_500, 3)
  backlog.note(3_750, 10)
  backlog.note(9_000, 0)
  assert.deepEqual(backlog.means(), { before: 0.5 * 1 + 0.5 * 3, after: 0.75 * 3 + 0.25 * 10 })
})

void test('a run in which nothing was open has no backlog', () => {
  const backlog = new Backlog(1_000)
  backlog.note(1_000, 0)
  assert.deepEqual(backlog.means(), { before: 0, after: 0 })
})
