import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Counters } from '../../gateway/admin/protocol.ts'
import { addCounters, createCounterBook } from '../../gateway/counters.ts'
import { createWatchedBook, type WatchedBook } from '../../gateway/watched.ts'
import { GatewaySource } from './gateway-source.ts'

/** So many good answers of the live release. */
function answers(count: number): Counters {
  const book = createCounterBook()
  for (let nth = 0; nth < count; nth++)
    book.count({ service: 'api', release: '1-a', status: '2xx', latencyMs: 3, retried: 0 })
  return book.snapshot({ connections: 5, requests: 0 })
}

function sourceOf(counters: () => Counters, report: () => Promise<Counters> = async () => counters()) {
  return new GatewaySource({
    fleet: { report, counters, workers: () => [1, 2] },
    view: () => ({ releases: new Set(['1-a']), serving: [], watches: [] }),
    waitMs: 20,
  })
}

const valueOf = async (source: GatewaySource, metric: string): Promise<number | undefined> =>
  (await source.read()).find((one) => one.metric === metric && (one.labels['status'] ?? '2xx') === '2xx')?.value

void test('a control that comes later begins at 0: what ended before it is no loss, and what stood before it no growth', async () => {
  // The first control knows of a worker that has ended; the second does not.
  const alive = answers(30)
  const first = sourceOf(() => addCounters([alive, answers(70)]))
  assert.equal(await valueOf(first, 'seaworthy_requests_total'), 100)
  let now = alive
  const second = sourceOf(() => now)
  await second.begin()
  assert.equal(await valueOf(second, 'seaworthy_requests_total'), 0)
  assert.equal(await valueOf(second, 'seaworthy_gateway_connections'), 5, 'what does not grow is as it is')
  now = answers(34)
  assert.equal(await valueOf(second, 'seaworthy_requests_total'), 4)
  assert.equal(await valueOf(second, 'seaworthy_request_duration_seconds_count'), 4)
  assert.ok(Math.abs((await valueOf(second, 'seaworthy_request_duration_seconds_sum'))! - 0.012) < 1e-9)
})

void test('a worker that does not answer takes nobody else away', async () => {
  const source = sourceOf(
    () => answers(7),
    () => new Promise(() => {}),
  )
  assert.equal(await valueOf(source, 'seaworthy_requests_total'), 7)
})

void test('a watch that is counted anew, since its promise has changed, is not blind until it has caught up', async () => {
  const watch = (boundsMs: readonly number[]) => ({ id: 'trade', service: 'api', match: null, boundsMs })
  const failed = (book: WatchedBook, count: number): Counters => {
    for (let nth = 0; nth < count; nth++) book.count({ host: '', method: 'GET', path: '/' }, 'api', '5xx', 3)
    return { ...answers(0), watched: book.snapshot() }
  }
  const book = createWatchedBook()
  let watches = [watch([200])]
  book.apply(watches)
  let now = failed(book, 1_000)
  const fleet = { report: async () => now, counters: () => now, workers: () => [1] }
  const source = new GatewaySource({ fleet, view: () => ({ releases: new Set(), serving: [], watches }) })
  await source.begin()
  const errors = async (): Promise<number | undefined> =>
    (await source.read()).find(
      ({ metric, labels }) => metric === 'seaworthy_watched_requests_total' && labels['status'] === '5xx',
    )?.value
  watches = [watch([300])]
  book.apply(watches)
  now = failed(book, 1)
  const before = (await errors())!
  now = failed(book, 10)
  assert.deepEqual([before, await errors()], [0, 10])
})
