import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { createFleet } from './admin/fleet.ts'
import { STATUS_CLASSES, type WatchedCell } from './admin/protocol.ts'
import { checkTable } from './table-check.ts'
import type { WatchedRequests } from './table.ts'
import { startGateway, startUpstream, tableOf, until } from './testing.ts'
import { addWatched, createWatchedBook } from './watched.ts'

const TRADES: WatchedRequests = {
  id: 'trade',
  service: 'api',
  match: { host: null, method: 'POST', path: '/api/trades' },
  boundsMs: [200, 1_000],
}
const ALL: WatchedRequests = { id: 'service/api', service: 'api', match: null, boundsMs: [] }

/** `2xx 3, 5xx 1` */
const statusesOf = (cell: WatchedCell | undefined): string =>
  STATUS_CLASSES.flatMap((status, at) => (cell!.statuses[at] === 0 ? [] : [`${status} ${cell!.statuses[at]}`])).join(
    ', ',
  )

void test('an answer at exactly the bound is within it; one a microsecond above is not', () => {
  const book = createWatchedBook()
  book.apply([TRADES])
  const request = { host: 'a', method: 'POST', path: '/api/trades' }
  for (const ms of [200, 200.001, 1_000, 1_000.001]) book.count(request, 'api', '2xx', ms)
  assert.deepEqual(book.snapshot()[0]!.buckets, [1, 2, 1])
  assert.equal(book.snapshot()[0]!.sumMs, 2_400.002)
})

void test('a request counts for every watch that it falls under, by host, method and path', () => {
  const book = createWatchedBook()
  const hosted: WatchedRequests = {
    ...TRADES,
    id: 'hosted',
    match: { host: 'shop.example.com', method: null, path: '/' },
  }
  book.apply([TRADES, ALL, hosted, { ...ALL, id: 'service/web', service: 'web' }])
  const ask = (method: string, path: string, host = 'a') => book.count({ host, method, path }, 'api', '2xx', 1)
  ask('POST', '/api/trades')
  ask('POST', '/%61pi//trades/7')
  ask('GET', '/api/trades')
  ask('POST', '/api/tradesmen', 'shop.example.com')
  assert.deepEqual(
    book.snapshot().map((cell) => `${cell.watch}: ${statusesOf(cell)}`),
    ['trade: 2xx 2', 'service/api: 2xx 4', 'hosted: 2xx 1', 'service/web: '],
  )
})

void test('who left without an answer has a status and no latency', () => {
  const book = createWatchedBook()
  book.apply([ALL])
  for (const status of STATUS_CLASSES)
    book.count({ host: '', method: 'GET', path: '/' }, 'api', status, status === '1xx' ? null : 5)
  const [cell] = book.snapshot()
  assert.deepEqual(
    cell!.statuses,
    STATUS_CLASSES.map(() => 1),
  )
  assert.deepEqual(cell!.buckets, [STATUS_CLASSES.length - 2])
})

void test('another table goes on with the watches it keeps and begins anew with those that changed', () => {
  const book = createWatchedBook()
  const count = () => book.count({ host: '', method: 'POST', path: '/api/trades' }, 'api', '2xx', 1)
  book.apply([TRADES, ALL])
  count()
  book.apply([{ ...TRADES, boundsMs: [300] }, { ...ALL }])
  count()
  assert.deepEqual(
    book.snapshot().map((cell) => [cell.boundsMs, statusesOf(cell)]),
    [
      [[300], '2xx 1'],
      [[], '2xx 2'],
    ],
  )
})

void test('workers are added up bucket by bucket, and what has other bounds stands beside them', () => {
  const of = (boundsMs: readonly number[], buckets: readonly number[]): WatchedCell => ({
    watch: 'trade',
    service: 'api',
    boundsMs,
    buckets,
    sumMs: 10,
    statuses: STATUS_CLASSES.map((_, at) => at),
  })
  assert.equal(addWatched(undefined, undefined), undefined)
  const sum = addWatched([of([200], [1, 2])], [of([300], [9, 9]), of([200], [3, 4])])!
  assert.deepEqual(
    sum.map(({ boundsMs, buckets, sumMs }) => [boundsMs, buckets, sumMs]),
    [
      [[200], [4, 6], 20],
      [[300], [9, 9], 10],
    ],
  )
  assert.equal(sum[0]!.statuses[4], 8)
})

void test('a worker counts what its table watches and reports it, and which upstreams it has taken out', async (t) => {
  await using upstream = await startUpstream('1', (request, response) => {
    request.resume()
    response.statusCode = request.url === '/api/trades' ? 201 : 500
    response.end('x')
  })
  const dead = { id: 'api@1-dead', host: '127.0.0.1', port: 1, release: '1' }
  const health = {
    path: null,
    expect: { status: null, body: null },
    intervalMs: 20,
    timeoutMs: 500,
    passes: 1,
    failures: 2,
  }
  const gone = { kind: 'upstreams', upstreams: [dead], health } as const
  const table = tableOf([upstream.upstream], { watched: [TRADES, ALL] })
  await using gateway = await startGateway({ ...table, services: { ...table.services, gone } })
  const fleet = await createFleet({
    socketPath: join(gateway.state, 'gateway.sock'),
    expected: () => Promise.resolve([]),
    kill: () => Promise.resolve(),
  })
  t.after(() => fleet.close())
  await until(() => fleet.workers().length === 1)
  await (await fetch(`${gateway.url}/api/trades`, { method: 'POST', body: 'x' })).text()
  await (await fetch(`${gateway.url}/other`)).text()
  await until(async () => (await fleet.report()).watched?.[1]?.statuses.reduce((sum, count) => sum + count) === 2)
  const { watched } = await fleet.report()
  assert.deepEqual(watched!.map(statusesOf), ['2xx 1', '2xx 1, 5xx 1'])
  assert.deepEqual(watched![0]!.buckets, [1, 0, 0])
  await until(async () => ((await fleet.report()).down ?? []).length > 0)
  assert.deepEqual((await fleet.report()).down, ['api@1-dead'])
})

void test('a table says rightly what is watched, or is refused', () => {
  assert.equal(typeof checkTable({ ...tableOf([]), watched: [TRADES, ALL] }), 'object')
  const wrong = { ...TRADES, boundsMs: [0] }
  assert.equal(checkTable({ ...tableOf([]), watched: [wrong] }), 'table.watched[0].boundsMs[0] is not above 0')
})
