import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PauseStatus } from '../control/api/pause-methods.ts'
import { describeCounts, describePaused } from './pause-text.ts'

const counts = { held: 0, forwarded: 0, overflowed: 0, timedOut: 0, left: 0, lost: 0, turnedAway: 0 }
const pause: PauseStatus = { kind: 'hold', services: null, waitMs: null, hasPage: false, since: 0, by: 'a@b', counts }

test('a pause is described by what it does to whom', () => {
  assert.equal(describePaused(pause), 'every service is held')
  assert.equal(describePaused({ ...pause, services: ['api', 'web'] }), 'api, web are held')
  assert.equal(describePaused({ ...pause, kind: 'maintenance', services: ['web'] }), 'web is in maintenance')
})

test('of its counts, what has not happened is left out', () => {
  assert.equal(describeCounts(pause), '0 waiting')
  assert.equal(describeCounts({ ...pause, counts: { ...counts, held: 3 } }, true), '3 go on now')
  assert.equal(
    describeCounts({ ...pause, counts: { ...counts, held: 3, overflowed: 2, lost: 1 } }),
    '3 waiting, 2 found no room, 1 lost with their worker',
  )
  assert.equal(describeCounts({ ...pause, kind: 'maintenance', counts: { ...counts, turnedAway: 5 } }), '5 turned away')
})
