import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bucketOf, LATENCY_BOUNDS_MS } from '../core/histogram.ts'
import type { CounterCell, Counters, StatusClass } from '../gateway/admin/protocol.ts'
import { CounterHistory, sampleOf, upgradesOf } from './counter-history.ts'

function cell(release: string, status: StatusClass, count: number, ms: number): CounterCell {
  const buckets = Array.from({ length: LATENCY_BOUNDS_MS.length + 1 }, () => 0)
  buckets[bucketOf(ms)] = count
  return { service: 'api', release, status, count, buckets, sumMs: count * ms, retried: 0 }
}
const counters = (...cells: CounterCell[]): Counters => ({ cells, unrouted: 0, openConnections: 0, openRequests: 0 })

test('a sample counts one release: failures are 5xx and answers broken off, never clients that left; WebSockets are no answers', () => {
  const all = counters(
    cell('2-x', '2xx', 90, 10),
    cell('2-x', '5xx', 7, 10),
    cell('2-x', 'aborted', 3, 10),
    cell('2-x', 'client-gone', 50, 10),
    cell('2-x', '1xx', 5, 0),
    cell('1-x', '5xx', 100, 10),
  )
  const { answers, errors } = sampleOf('2-x', all, 0)
  assert.deepEqual([answers, errors, upgradesOf('2-x', all)], [150, 10, 5])
})

test('a client that waited a second in vain is no answer and no error, one that left at once is nothing', () => {
  const all = counters(
    cell('2-x', '2xx', 90, 10),
    cell('2-x', 'unanswered', 40, 5_000),
    cell('2-x', 'unanswered', 5, 300),
  )
  const { answers, errors, buckets, unanswered } = sampleOf('2-x', all, 0)
  const inBuckets = buckets.reduce((sum, count) => sum + count, 0)
  assert.deepEqual([answers, errors, inBuckets, unanswered], [90, 0, 90, 40])
})

test('a baseline is what the old release did within the last minute, not since the beginning', () => {
  const history = new CounterHistory()
  history.note(0, counters(cell('1-x', '5xx', 500, 1000)))
  history.note(70_000, counters(cell('1-x', '5xx', 500, 1000)))
  const now = counters(cell('1-x', '5xx', 500, 1000), cell('1-x', '2xx', 200, 20))
  const baseline = history.baselineOf('1-x', now)
  assert.deepEqual([baseline.answers, baseline.errors], [200, 0])
  assert.ok(baseline.p95Ms! > 15 && baseline.p95Ms! < 25, `p95 ${baseline.p95Ms}`)
})

test('no data is not zero: without answers there is no p95', () => {
  assert.equal(new CounterHistory().baselineOf('1-x', counters()).p95Ms, null)
})
