import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Counters } from '../../gateway/admin/protocol.ts'
import { addCounters, createCounterBook } from '../../gateway/counters.ts'
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
