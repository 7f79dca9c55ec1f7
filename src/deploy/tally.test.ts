import assert from 'node:assert/strict'
import { test } from 'node:test'
import { count, EMPTY_TALLY, isFlipBack, type Observation } from './tally.ts'

const answer = (beganNs: number, release: string, tookNs = 10): Observation => ({
  beganNs,
  endedNs: beganNs + tookNs,
  at: beganNs / 1e6,
  failure: null,
  release,
})
const switches = [{ to: 'new', firstAckNs: 1000, lastAckNs: 1010 }]

test('an old answer to a request begun before the last acknowledgement is normal', () => {
  assert.equal(isFlipBack(answer(1005, 'old'), switches), false)
})

test('an old answer to a request begun after the last acknowledgement is a flip-back', () => {
  assert.equal(isFlipBack(answer(1011, 'old'), switches), true)
  assert.equal(isFlipBack(answer(1011, 'new'), switches), false)
})

test('a failed answer of the old release after the switch is a flip-back too', () => {
  const seen = { ...answer(1011, 'old'), failure: 'GET /: status 500' }
  const { failed, flipBacks } = count(EMPTY_TALLY, seen, switches)
  assert.deepEqual({ failed, flipBacks }, { failed: 1, flipBacks: 1 })
})

test('between the two acknowledgements of a switch back both answers are normal', () => {
  const back = [...switches, { to: 'old', firstAckNs: 2000, lastAckNs: 2010 }]
  assert.equal(isFlipBack(answer(1995, 'old', 10), back), false)
  assert.equal(isFlipBack(answer(1900, 'old', 10), back), true, 'the answer came before the first worker went back')
  assert.equal(isFlipBack(answer(2011, 'new'), back), true)
})

test('failures are counted and named, and the longest gap is between good answers', () => {
  const ms = 1e6
  const tally = [
    answer(0, 'old'),
    { ...answer(5 * ms, 'old'), failure: 'GET /: connection refused' },
    answer(20 * ms, 'new'),
  ].reduce((sum, seen) => count(sum, seen, []), EMPTY_TALLY)
  assert.equal(tally.sent, 3)
  assert.equal(tally.ok, 2)
  assert.deepEqual(tally.failures, ['GET /: connection refused'])
  assert.equal(Math.round(tally.longestGapMs), 20)
  assert.deepEqual(Object.keys(tally.releases), ['old', 'new'])
})
