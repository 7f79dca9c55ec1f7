import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seriesKey } from '../../core/series/labels.ts'
import { STATUS_CLASSES, type Counters, type StatusClass } from '../../gateway/admin/protocol.ts'
import { addCounters, createCounterBook } from '../../gateway/counters.ts'
import { createWatchedBook } from '../../gateway/watched.ts'
import type { Watch } from '../../promises/watches.ts'
import { gatewayReadings, type GatewayView } from './gateway-readings.ts'

const WATCH: Watch = { id: 'trade', service: 'api', match: null, boundsMs: [200] }

/** What one worker reports after these answers. */
function worker(answers: readonly (readonly [StatusClass, number | null, string?])[]): Counters {
  const book = createCounterBook()
  const watched = createWatchedBook()
  watched.apply([WATCH])
  for (const [status, latencyMs, release = '2-b'] of answers) {
    book.count({ service: 'api', release, status, latencyMs, retried: 0 })
    watched.count({ host: '', method: 'GET', path: '/' }, 'api', status, latencyMs)
  }
  return book.snapshot({ connections: 3, requests: 2, watched: watched.snapshot() })
}

function readings(counters: Counters, view: Partial<GatewayView> = {}): ReadonlyMap<string, number> {
  const all = gatewayReadings({
    counters,
    workers: 2,
    releases: new Set(['2-b']),
    serving: [{ service: 'api', release: '2-b' }],
    watches: [WATCH],
    ...view,
  })
  const keys = all.map(({ metric, labels }) => seriesKey(metric, labels))
  assert.equal(new Set(keys).size, keys.length, 'each series once')
  return new Map(all.map(({ value }, index) => [keys[index]!, value]))
}

const requests = (status: string): string => `seaworthy_requests_total{release="2-b",service="api",status="${status}"}`
const bucket = (le: string): string =>
  `seaworthy_request_duration_seconds_bucket{le="${le}",release="2-b",service="api"}`
const watchedBucket = (le: string): string =>
  `seaworthy_watched_duration_seconds_bucket{le="${le}",service="api",watch="trade"}`

void test('before the first request every answer stands at 0, so that the first error is an increase', () => {
  const seen = readings(addCounters([]))
  for (const status of ['2xx', '3xx', '4xx', '5xx', 'aborted', 'client-gone', 'unanswered'])
    assert.equal(seen.get(requests(status)), 0, status)
  assert.equal(seen.get(requests('1xx')), undefined)
  assert.equal(seen.get('seaworthy_limited_requests_total{service="api"}'), 0)
  assert.equal(seen.get('seaworthy_failed_logins_total{service="api"}'), 0)
  for (const status of STATUS_CLASSES)
    assert.equal(seen.get(`seaworthy_watched_requests_total{service="api",status="${status}",watch="trade"}`), 0)
  assert.equal(seen.get('seaworthy_request_duration_seconds_count{release="2-b",service="api"}'), 0)
})

void test('workers are summed; buckets are cumulative, exact at their bounds, and the last holds all', () => {
  const seen = readings(
    addCounters([
      worker([
        ['2xx', 0.5],
        ['2xx', 1],
        ['2xx', 1.01],
        ['1xx', null],
        ['unanswered', 9_000],
      ]),
      worker([
        ['5xx', 200],
        ['aborted', 200.001],
        ['2xx', 70_000],
        ['2xx', 1, '1-a'],
      ]),
    ]),
  )
  assert.deepEqual(
    ['2xx', '5xx', 'aborted', 'unanswered'].map((status) => seen.get(requests(status))),
    [4, 1, 1, 1],
  )
  assert.deepEqual(
    ['0.0005', '0.001', '0.002', '0.128', '0.256', '65.536', '+Inf'].map((le) => seen.get(bucket(le))),
    [1, 2, 3, 3, 5, 5, 6],
  )
  assert.equal(seen.get('seaworthy_request_duration_seconds_count{release="2-b",service="api"}'), 6)
  assert.equal(seen.get('seaworthy_request_duration_seconds_sum{release="2-b",service="api"}'), 70.402511)
  // One more: of the release that is in use no longer, which the watch does not ask.
  assert.deepEqual(
    ['0.2', '+Inf'].map((le) => seen.get(watchedBucket(le))),
    [5, 7],
  )
  assert.equal(seen.get('seaworthy_websockets_opened_total{release="2-b",service="api"}'), 1)
  assert.deepEqual(
    ['connections', 'requests', 'workers'].map((what) => seen.get(`seaworthy_gateway_${what}`)),
    [6, 4, 2],
  )
})

void test('a release that is not in use any more has no series', () => {
  const seen = readings(worker([['2xx', 1, '1-a']]))
  assert.deepEqual(
    [...seen.keys()].filter((key) => key.includes('1-a')),
    [],
  )
})

void test('counts by the bounds of an older table are not mixed in', () => {
  const seen = readings(worker([['2xx', 150]]), { watches: [{ ...WATCH, boundsMs: [300] }] })
  assert.equal(seen.get(watchedBucket('0.3')), 0)
  assert.equal(seen.get(watchedBucket('0.2')), undefined)
})

void test('refusals are told for the service they were for, over all workers', () => {
  const refusing = (limited: number, service: string): Counters => {
    const book = createCounterBook()
    for (let nth = 0; nth < limited; nth++) book.countRefusal('limited', service)
    book.countRefusal('failedLogins', 'api')
    return book.snapshot({ connections: 0, requests: 0 })
  }
  const seen = readings(addCounters([refusing(3, 'api'), refusing(4, 'api'), refusing(2, '')]))
  assert.equal(seen.get('seaworthy_limited_requests_total{service="api"}'), 7)
  assert.equal(seen.get('seaworthy_limited_requests_total'), 2, 'no route would have taken them')
  assert.equal(seen.get('seaworthy_failed_logins_total{service="api"}'), 3)
})
