import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ScaleNote, ScaleStatus } from '../../control/api/scale-methods.ts'
import { notReady } from './scale.ts'

const statusOf = (note: ScaleNote | null): ScaleStatus => ({
  service: 'api',
  wanted: 2,
  running: 2,
  joining: 0,
  leaving: 0,
  min: 1,
  max: 8,
  note,
  measures: [],
})

test('who finds another number than was asked for is told why: a failed check, or who has set it since', () => {
  const failed = { byHand: true, because: 'back to 2: it ended', at: 1, failure: 'it ended' }
  const set = { byHand: true, because: 'set to 2 by otto@host (pid 7)', at: 1, failure: null }
  assert.equal(notReady(statusOf(failed), 4).message, 'api stays at 2: it ended')
  assert.equal(
    notReady(statusOf(set), 4).message,
    'api stays at 2: 4 was asked for, and since then it was set to 2 by otto@host (pid 7)',
  )
  assert.match(notReady(statusOf(null), 4).message, /^api stays at 2: 4 was asked for, and since then .+/)
})
