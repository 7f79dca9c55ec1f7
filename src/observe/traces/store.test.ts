import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test, type TestContext } from 'node:test'
import type { Trace } from './span.ts'
import { TRACES_KEPT_MS, TRACES_PER_ROUTE_MAX, TraceStore } from './store.ts'

function openStore(t: TestContext, now: () => number): TraceStore {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-traces-'))
  const store = new TraceStore(join(folder, 'traces.db'), now)
  t.after(() => {
    store.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return store
}

const trace = (id: number, startMs: number, durationMs: number, more: Partial<Trace> = {}): Trace => {
  const traceId = id.toString(16).padStart(32, '0')
  const parts = { name: 'GET /', kind: 'server', status: 'unset', attributes: {} } as const
  return {
    traceId,
    correlationId: `c${id}`,
    service: 'api',
    instance: null,
    release: '1-aaaaaaaa',
    route: 'GET /',
    because: 'slow',
    sampled: true,
    spans: [{ ...parts, traceId, spanId: 'f'.repeat(16), parentSpanId: null, startMs, durationMs }],
    ...more,
  }
}

void test('traces are listed newest first, or the slowest first, by route, reason and time', (t) => {
  const store = openStore(t, () => 10_000)
  store.add([trace(1, 1_000, 5), trace(2, 2_000, 50), trace(3, 3_000, 20, { because: 'failed', route: 'POST /a' })])
  const ids = (query: Parameters<TraceStore['list']>[0]): readonly string[] =>
    store.list(query).traces.map(({ correlationId }) => correlationId)
  assert.deepEqual(ids({}), ['c3', 'c2', 'c1'])
  assert.deepEqual(ids({ because: 'slow' }), ['c2', 'c1'])
  assert.deepEqual(ids({ route: 'POST /a' }), ['c3'])
  assert.deepEqual(ids({ fromMs: 2_000, toMs: 2_500 }), ['c2'])
  assert.deepEqual(ids({ limit: 1 }), ['c3'])
  assert.deepEqual(store.get(trace(2, 0, 0).traceId), [trace(2, 2_000, 50)])
  store.add([trace(0xabc, 4_000, 1)])
  assert.equal(store.get(trace(0xabc, 0, 0).traceId.toUpperCase()).length, 1)
  assert.deepEqual(store.get('c2'), [trace(2, 2_000, 50)])
  assert.deepEqual(store.get('C2'), [], 'a correlation id is its letters')
  assert.deepEqual(store.get('0'.repeat(32)), [])
})

void test('each route keeps its newest, and none longer than seven days', (t) => {
  let now = 1_000
  const store = openStore(t, () => now)
  store.add([trace(1, 1_000, 1, { route: 'GET /rare' })])
  store.add(Array.from({ length: TRACES_PER_ROUTE_MAX + 50 }, (_, index) => trace(10 + index, 1_000 + index, 1)))
  assert.equal(store.list({ route: 'GET /', limit: 200 }).traces.length, TRACES_PER_ROUTE_MAX)
  assert.equal(store.get(trace(10, 0, 0).traceId).length, 0)
  assert.equal(store.list({ route: 'GET /rare' }).traces.length, 1)
  now = 1_001 + TRACES_KEPT_MS
  store.add([trace(9_999, now, 1)])
  assert.equal(store.list({ route: 'GET /rare' }).traces.length, 0)
})

void test('a file that is none any more is put aside, and what comes from then on is kept', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-traces-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'traces.db')
  writeFileSync(path, 'no database at all, and longer than the head of one would be: '.repeat(4))
  const told: string[] = []
  for (let round = 0; round < 2; round++) {
    const store = new TraceStore(
      path,
      () => 10_000,
      (aside) => told.push(aside),
    )
    store.add([trace(round, 1_000, 5)])
    assert.equal(store.list({}).traces.length, round + 1)
    store.close()
  }
  assert.deepEqual(told, [`${path}.damaged`])
  assert.match(readFileSync(told[0]!, 'utf8'), /^no database/)
})

void test('where no new file can be begun, it is tried again with the next traces', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-traces-'))
  const path = join(folder, 'traces.db')
  const store = new TraceStore(path)
  t.after(() => {
    store.close()
    rmSync(folder, { recursive: true, force: true })
  })
  store.add([trace(1, Date.now(), 5)])
  const other = new DatabaseSync(path)
  other.exec("UPDATE traces SET value = 'no trace'")
  other.close()
  // What is not there cannot be put aside.
  renameSync(path, `${path}.moved`)
  assert.throws(() => store.list({}), /ENOENT/)
  store.add([trace(2, Date.now(), 5)])
  assert.equal(store.list({}).traces.length, 1)
})
