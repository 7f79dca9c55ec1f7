import assert from 'node:assert/strict'
import { test } from 'node:test'
import { count, EMPTY_TALLY, isFlipBack, type Observation } from './tally.ts'

const answer = (beganNs: number, release: string, tookNs = 10): Observation => ({
  beganNs,
  endedNs: beganNs + tookNs,
  at: beganNs / 1e6,
  failure: null,
  release,
  request: 'GET /',
  status: 200,
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

test('a 404 counts as failed where the release before answered the same request, and only there', () => {
  const seen = (beganNs: number, release: string, request: string, status: number): Observation => ({
    ...answer(beganNs, release),
    request,
    status,
  })
  const tally = [
    seen(0, 'old', 'GET /', 200),
    seen(1, 'old', 'GET /soon', 404),
    seen(2, 'new', 'GET /', 404),
    seen(3, 'new', 'GET /soon', 404),
    seen(4, 'new', 'GET /soon', 200),
    seen(5, 'old', 'GET /soon', 404),
    seen(6, 'new', 'GET /later', 404),
    seen(7, 'old', 'GET /', 404),
  ].reduce((sum, one) => count(sum, one, []), EMPTY_TALLY)
  assert.deepEqual(tally.failures, ['1970-01-01T00:00:00.000Z GET /: status 404 of new, which old answers'])
  assert.deepEqual({ sent: tally.sent, ok: tally.ok, failed: tally.failed }, { sent: 8, ok: 7, failed: 1 })
})

test("a 404 of the gateway's own, for a route that is gone, counts as failed too", () => {
  const gone = { ...answer(1, 'new'), release: null, status: 404 }
  const { failures } = [answer(0, 'old'), gone].reduce((sum, one) => count(sum, one, []), EMPTY_TALLY)
  assert.match(failures[0]!, /GET \/: status 404 of the gateway, which old answers$/)
})

test('what a failed answer leaves behind is not compared with', () => {
  const lost = { ...answer(0, 'old'), failure: 'GET /: connection refused', release: null, status: null }
  const tally = [lost, { ...answer(1, 'new'), status: 404 }].reduce((sum, one) => count(sum, one, []), EMPTY_TALLY)
  assert.equal(tally.failed, 1)
})
