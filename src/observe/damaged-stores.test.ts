import assert from 'node:assert/strict'
import { closeSync, mkdtempSync, openSync, readdirSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test, type TestContext } from 'node:test'
import { randomFrom } from '../../test/seeded/random.ts'
import { boundDamaged, DAMAGED_KEPT, putAside } from '../core/damaged.ts'
import { createLogger } from '../core/logger.ts'
import { parseExpression } from '../promises/expression/parse.ts'
import { HOUR_MS } from './series/store/hours.ts'
import { SeriesStore } from './series/store/store.ts'
import { SeriesThread } from './series/store/thread.ts'
import { LogStore } from './logs/store/store.ts'
import { TraceStore } from './traces/store.ts'

const START = 20_000 * 24 * HOUR_MS

function inFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-damaged-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** Overwrites everything behind the first page: the file opens, and its tables are not there. */
function damage(path: string, fromByte = 4_096): void {
  const bytes = statSync(path).size - fromByte
  assert.ok(bytes > 0, `${path} is one page`)
  const file = openSync(path, 'r+')
  writeSync(file, Buffer.alloc(bytes, 0xa5), 0, bytes, fromByte)
  closeSync(file)
}

const damagedIn = (folder: string): readonly string[] => readdirSync(folder).filter((name) => name.includes('.damaged'))

void test('series go on when their file is damaged behind its first page, with the newest hours, and say so', async (t) => {
  const folder = inFolder(t)
  const path = join(folder, 'series.db')
  const nowMs = START + 3.5 * HOUR_MS
  const before = new SeriesStore({ path })
  const random = randomFrom(7)
  const others = Array.from({ length: 30 }, (_, index) => `m${index}`)
  for (let atMs = START; atMs < nowMs; atMs += 10_000) {
    // More than the pages that stay in memory.
    for (const metric of ['a', ...others]) before.take(before.entryOf(metric, {}), atMs, random.below(2 ** 31) / 7)
    before.commit()
  }
  before.close()
  const told: string[] = []
  const logger = createLogger('test', () => {})
  const thread = new SeriesThread({ path, logger, onDamaged: (text) => void told.push(text) })
  t.after(() => thread.close())
  const asked = parseExpression('count_over_time(a[5m])')
  assert.equal((await thread.instant(asked, nowMs))[0]?.value, 29)
  damage(path)
  const old = await thread.instant(parseExpression('count_over_time(a[3h])'), nowMs).catch(() => [])
  assert.deepEqual([told.length, damagedIn(folder)], [1, ['series.db.damaged']])
  assert.match(told[0]!, /series\.db\.damaged/)
  assert.ok((old[0]?.value ?? 0) > 150, 'the hour in memory is there')
  assert.equal((await thread.instant(asked, nowMs))[0]?.value, 29)
  for (let step = 0; step < 3; step++)
    thread.append([{ metric: 'a', labels: {}, atMs: nowMs + step * 10_000, value: step }])
  assert.equal((await thread.instant(parseExpression('a'), nowMs + 20_000))[0]?.value, 2)
  assert.equal(thread.counts.dropped['late'], 0)
  await thread.close()
  const again = new SeriesThread({ path, logger })
  t.after(() => again.close())
  assert.equal((await again.instant(parseExpression('a'), nowMs + 20_000))[0]?.value, 2)
})

void test('series whose journal cannot be decoded, and samples that come while the file is damaged, are no end of it', async (t) => {
  const folder = inFolder(t)
  const path = join(folder, 'series.db')
  const logger = createLogger('test', () => {})
  const told: string[] = []
  const begin = (): SeriesThread => {
    const thread = new SeriesThread({ path, logger, onDamaged: (text) => void told.push(text) })
    t.after(() => thread.close())
    return thread
  }
  const first = begin()
  for (let index = 0; index < 400; index++)
    first.append([{ metric: `m${index}`, labels: { a: 'x'.repeat(40) }, atMs: START, value: index / 7 }])
  await first.series('m1', [])
  await first.close()
  const db = new DatabaseSync(path)
  db.exec("UPDATE journal SET data = x'ffffffffff' WHERE sequence = 3")
  db.close()
  const second = begin()
  second.append([{ metric: 'm1', labels: {}, atMs: START + 10_000, value: 1 }])
  assert.equal((await second.instant(parseExpression('m1'), START + 10_000))[0]?.value, 1)
  assert.equal(told.length, 1)
  await second.close()
  damage(path)
  const third = begin()
  third.append([{ metric: 'm1', labels: {}, atMs: START + 20_000, value: 2 }])
  assert.equal((await third.instant(parseExpression('m1'), START + 20_000))[0]?.value, 2)
  assert.deepEqual([told.length, damagedIn(folder).length], [2, 2])
})

void test('traces go on when their file is damaged behind its first page', (t) => {
  const folder = inFolder(t)
  const path = join(folder, 'traces.db')
  const told: string[] = []
  const begin = (): TraceStore =>
    new TraceStore(
      path,
      () => START,
      (aside) => told.push(aside),
    )
  const span = { name: 'GET /', kind: 'server', status: 'unset', attributes: {}, parentSpanId: null } as const
  const traces = (count: number) =>
    Array.from({ length: count }, (_, id) => {
      const traceId = id.toString(16).padStart(32, '0')
      const about = { correlationId: `c${id}`, service: 'api', instance: null, release: '1-a', route: 'GET /' }
      const spans = [{ ...span, traceId, spanId: 'f'.repeat(16), startMs: START, durationMs: 1 }]
      return { traceId, ...about, because: 'slow', sampled: true, spans } as const
    })
  for (const [round, ask] of [
    (store: TraceStore) => assert.deepEqual(store.list({}).traces, []),
    (store: TraceStore) => assert.deepEqual(store.get('c1'), []),
    (store: TraceStore) => {
      store.add(traces(2))
      assert.equal(store.list({}).traces.length, 2)
    },
  ].entries()) {
    const before = begin()
    before.add(traces(150))
    before.close()
    damage(path)
    const store = begin()
    ask(store)
    assert.equal(told.length, round + 1)
    store.add(traces(3))
    assert.ok(store.list({}).traces.length >= 3)
    store.close()
  }
  assert.equal(damagedIn(folder).length, DAMAGED_KEPT)
})

void test('lines go on when the newest of their files is damaged behind its first page', (t) => {
  const folder = inFolder(t)
  let damages = 0
  const begin = (): LogStore => new LogStore(folder, { now: () => START, onDamaged: () => (damages += 1) })
  const about = {
    service: 'api',
    instance: null,
    release: null,
    level: 'info',
    correlationId: null,
    traceId: null,
  } as const
  const lines = Array.from({ length: 500 }, (_, index) => ({ ...about, atMs: START, text: `line ${index}` }))
  const marks = new Map([['api', { seenMs: 0, offset: 0 } as never]])
  const before = begin()
  before.append(lines, marks)
  before.close()
  damage(join(folder, '000001.db'))
  const store = begin()
  store.append(lines.slice(0, 10), marks)
  assert.equal(store.search({}).lines.length, 10)
  assert.equal(damages, 1)
  store.close()
  const db = new DatabaseSync(join(folder, '000001.db'))
  db.exec("UPDATE marks SET mark = '{'")
  db.close()
  const again = begin()
  again.append(lines.slice(0, 5), marks)
  assert.deepEqual([again.search({}).lines.length, damages], [5, 2])
  again.close()
})

void test('of files that were put aside the newest are kept, within what is left of the bound', (t) => {
  const folder = inFolder(t)
  const path = join(folder, 'x.db')
  const asides = [1, 2, 3].map((round) => {
    writeFileSync(path, 'x'.repeat(round * 100))
    return putAside(path)
  })
  assert.equal(new Set(asides).size, 3)
  writeFileSync(join(folder, 'y.db.damaged'), 'of another')
  assert.equal(boundDamaged(folder, 'x.db', 1_000), 500)
  assert.deepEqual(damagedIn(folder), ['x.db.damaged.1', 'x.db.damaged.2', 'y.db.damaged'])
  assert.equal(boundDamaged(folder, 'x.db', 450), 300)
  assert.equal(boundDamaged(folder, 'x.db', 0), 0)
  assert.deepEqual(damagedIn(folder), ['y.db.damaged'])
})
