import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test, type TestContext } from 'node:test'
import { randomFrom } from '../../../../test/seeded/random.ts'
import { LEVELS, matchesQuery, type LogLine, type LogQuery, type StoredLine } from '../line.ts'
import { COUNTS } from './position.ts'
import { LogStore, type StoreOptions } from './store.ts'

const DAY_MS = 24 * 60 * 60_000

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-lines-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

function openStore(t: TestContext, folder: string, options: StoreOptions = {}): LogStore {
  const store = new LogStore(folder, options)
  t.after(() => store.close())
  return store
}

const line = (atMs: number, text: string, more: Partial<LogLine> = {}): LogLine => ({
  atMs,
  service: 'api',
  instance: null,
  release: null,
  level: 'info',
  correlationId: null,
  traceId: null,
  text,
  ...more,
})

function everyLine(store: LogStore, query: LogQuery, limit: number): readonly StoredLine[] {
  const lines: StoredLine[] = []
  let before: string | null = null
  for (let pages = 0; ; pages++) {
    assert.ok(pages < 2_000, 'pages come to an end')
    const page = store.search(query, { limit, before })
    lines.push(...page.lines)
    if (page.next === null) return lines
    before = page.next
  }
}

void test('search finds exactly what matchesQuery says, in the order of time, whatever the pages and the segments', (t) => {
  for (let seed = 1; seed <= 6; seed++) {
    const random = randomFrom(seed)
    const pick = <T>(from: readonly T[]): T => random.pick(from)
    const below = (limit: number): number => random.below(limit)
    const chance = (share: number): boolean => random.chance(share)
    const words = [
      'Order',
      'paid',
      'FAILED',
      'größe',
      'naïve',
      'Ünïcode',
      'a-b',
      '"quoted"',
      "it's",
      'x:y',
      'NEAR',
      '*',
      'time_out',
      '日本語',
      'AND',
    ]
    const services = ['api', 'web', 'Web', 'a b']
    const ids = ['c1', 'C1', 'c"2', '·', null]
    const made: LogLine[] = []
    const store = openStore(t, folderOf(t), { now: () => 1e12 + made.length * 1_000, segmentBytesMax: 120_000 })
    for (let batch = 0; batch < 30; batch++) {
      const lines = Array.from({ length: 10 }, () =>
        line(
          1e12 + (made.length + below(80)) * 10 + below(10),
          Array.from({ length: 4 }, () => pick(words)).join(pick([' ', '-', '\n'])),
          {
            service: pick(services),
            instance: pick(['api@7-3fa9c1d2-1', 'I', null]),
            level: pick(LEVELS),
            correlationId: pick(ids),
            traceId: pick(['4bf92f3577b34da6a3ce929d0e0e4736', null]),
          },
        ),
      )
      made.push(...lines)
      store.append(lines, new Map())
    }
    for (let asked = 0; asked < 40; asked++) {
      const maybe = <T>(value: T): T | undefined => (chance(0.3) ? value : undefined)
      const parts = {
        fromMs: maybe(1e12 + below(3_000)),
        toMs: maybe(1e12 + below(3_000)),
        service: maybe(pick(services)),
        instance: maybe('I'),
        level: maybe(pick(LEVELS)),
        correlationId: maybe(pick(ids.slice(0, -1) as string[])),
        traceId: maybe('4bf92f3577b34da6a3ce929d0e0e4736'),
        text: chance(0.6) ? `${pick(words)} ${chance(0.5) ? pick(words).toUpperCase() : ''}` : undefined,
      }
      const query = Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined)) as LogQuery
      const found = everyLine(store, query, pick([1, 7, 50, 1_000]))
      const expected = made.filter((one) => matchesQuery(one, query))
      const key = ({ atMs, text, service, level, correlationId }: LogLine): string =>
        JSON.stringify([atMs, text, service, level, correlationId])
      assert.deepEqual(found.map(key).toSorted(), expected.map(key).toSorted(), `seed ${seed} ${JSON.stringify(query)}`)
      const times = found.map(({ atMs }) => atMs)
      assert.deepEqual(
        times,
        times.toSorted((one, other) => other - one),
      )
      assert.equal(new Set(found.map(({ id }) => id)).size, found.length)
    }
  }
})

void test('lines and marks are there again after the store was opened anew', (t) => {
  const folder = folderOf(t)
  const mark = { file: '1:2', below: null, self: null, offset: 7, skipping: false, seenMs: 3 }
  const now = (): number => 1e12
  const first = new LogStore(folder, { now })
  const [stored] = first.append(
    [line(1e12, 'kept', { level: 'fatal', correlationId: 'c', release: '7-3fa9c1d2' })],
    new Map([['api', mark]]),
  )
  first.close()
  const again = openStore(t, folder, { now })
  assert.deepEqual(again.mark('api'), mark)
  assert.deepEqual(again.search({ text: 'kept' }).lines, [stored])
  again.append([line(1e12, 'beside')], new Map())
  assert.equal(again.search({}).lines.length, 2)
})

void test('more lines of one millisecond than it has places for go on in the next one', (t) => {
  const folder = folderOf(t)
  const now = (): number => 1e12
  const made = new LogStore(folder, { now })
  made.append([line(1e12, 'first')], new Map())
  made.close()
  const db = new DatabaseSync(join(folder, '000001.db'))
  db.exec(`WITH RECURSIVE keys(key) AS (SELECT 1 UNION ALL SELECT key + 1 FROM keys WHERE key < ${COUNTS - 1})
    INSERT INTO lines SELECT key, 1, 2, NULL, NULL, 'filler' FROM keys`)
  db.close()
  const store = openStore(t, folder, { now })
  const later = ['a', 'b', 'c'].map((text) => line(1e12, text))
  const stored = store.append(later.slice(0, 2), new Map()).concat(store.append(later.slice(2), new Map()))
  const { lines } = store.search({}, { limit: 4 })
  assert.deepEqual(
    lines.map(({ atMs, text }) => [atMs - 1e12, text]),
    [
      [1, 'c'],
      [1, 'b'],
      [1, 'a'],
      [0, 'filler'],
    ],
  )
  assert.deepEqual(
    lines.slice(0, 3).map(({ id }) => id),
    stored.map(({ id }) => id).toReversed(),
  )
})

void test('a batch that fails leaves neither lines nor marks', (t) => {
  const store = openStore(t, folderOf(t), { now: () => 1e3 })
  store.append([line(1, 'before')], new Map())
  const broken = { ...line(2, 'broken'), text: undefined as unknown as string }
  const mark = { file: '1:2', below: null, self: null, offset: 7, skipping: false, seenMs: 3 }
  assert.throws(() => store.append([line(2, 'with it'), broken], new Map([['api', mark]])))
  assert.equal(store.mark('api'), null)
  assert.deepEqual(
    store.search({}).lines.map(({ text }) => text),
    ['before'],
  )
})

void test('thirty days are kept, and no more than the bound', (t) => {
  const folder = folderOf(t)
  let now = 1e12
  const store = openStore(t, folder, { now: () => now, bytesMax: 4_000_000, segmentBytesMax: 1e9 })
  for (let day = 0; day < 40; day++) {
    store.append([line(now, `day ${day}`)], new Map())
    now += DAY_MS
  }
  store.prune()
  const days = everyLine(store, {}, 100).map(({ text }) => text)
  assert.equal(days[0], 'day 39')
  assert.equal(days.length, 30, 'those of the last thirty days')
  const text = Array.from({ length: 8_000 }, (_, index) => `word${index}`).join(' ')
  for (let day = 0; day < 40; day++) {
    store.append([line(now, text)], new Map())
    now += DAY_MS
  }
  store.prune()
  assert.ok(store.bytes() <= 4_000_000, `${store.bytes()} bytes`)
  assert.ok(everyLine(store, {}, 100).length < 35)
  assert.equal(readdirSync(folder).filter((name) => name.endsWith('.db')).length, everyLine(store, {}, 100).length)
})

void test('a question whose time is over says what is certain and where to go on', (t) => {
  let now = 1e12
  let step = 0
  const store = openStore(t, folderOf(t), { now: () => (now += step), segmentBytesMax: 1 })
  for (let index = 0; index < 6; index++) store.append([line(1e12 + index, `line ${index}`)], new Map())
  step = 10
  const texts: string[] = []
  let before: string | null = null
  let partial = 0
  for (;;) {
    const page = store.search({}, { before, withinMs: 25 })
    texts.push(...page.lines.map(({ text }) => text))
    partial += page.partial ? 1 : 0
    if (page.next === null) break
    before = page.next
  }
  assert.ok(partial > 0)
  assert.deepEqual(texts, ['line 5', 'line 4', 'line 3', 'line 2', 'line 1', 'line 0'])
})

void test('a line that came since the last question is found by its time', (t) => {
  const store = openStore(t, folderOf(t), { now: () => 1e3 })
  store.append([line(1, 'one')], new Map())
  const since = (fromMs: number): readonly string[] => store.search({ fromMs }).lines.map(({ text }) => text)
  assert.deepEqual(since(2), [])
  store.append([line(5, 'two')], new Map())
  assert.deepEqual(since(2), ['two'])
})

void test('a damaged file is set aside, the others are searched', (t) => {
  const folder = folderOf(t)
  const first = new LogStore(folder, { now: () => 1e3, segmentBytesMax: 1 })
  first.append([line(1, 'one')], new Map())
  first.append([line(2, 'two')], new Map())
  first.close()
  truncateSync(join(folder, '000001.db'), 100)
  const again = openStore(t, folder)
  assert.deepEqual(
    again.search({}).lines.map(({ text }) => text),
    ['two'],
  )
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.endsWith('damaged')),
    ['000001.db.damaged'],
  )
})

void test('a file that is damaged while it is used is set aside and told, whatever is asked of it first', (t) => {
  const spoil = (folder: string, name: string): void => {
    const path = join(folder, name)
    // All but the first page, which says what there is.
    writeFileSync(path, Buffer.concat([readFileSync(path).subarray(0, 4096), randomBytes(64 * 1024)]))
  }
  const first: Readonly<Record<string, (store: LogStore) => void>> = {
    search: (store) => void store.search({}),
    append: (store) => void store.append([line(5, 'five')], new Map()),
    prune: (store) => store.prune(),
    tidy: (store) => void store.tidy(),
  }
  for (const [what, ask] of Object.entries(first)) {
    const folder = folderOf(t)
    const told: string[] = []
    const segmentBytesMax = what === 'append' ? 1e9 : 1
    const made = new LogStore(folder, { now: () => 1e3, segmentBytesMax })
    for (const at of [1, 2, 3]) made.append([line(at, `at ${at}`)], new Map())
    made.close()
    const store = openStore(t, folder, { now: () => 1e3, segmentBytesMax, onDamaged: (path) => told.push(path) })
    spoil(folder, '000001.db')
    ask(store)
    assert.deepEqual(told, [join(folder, '000001.db.damaged')], what)
    store.append([line(9, 'nine')], new Map())
    const found = store.search({}).lines.map(({ text }) => text)
    assert.deepEqual(found, what === 'append' ? ['nine', 'five'] : ['nine', 'at 3', 'at 2'], what)
  }
})

void test('a file that cannot be opened for now is not taken for a damaged one', (t) => {
  const folder = folderOf(t)
  const first = new LogStore(folder)
  first.append([line(Date.now(), 'one')], new Map())
  first.close()
  mkdirSync(join(folder, '000001.db-wal'))
  assert.throws(() => new LogStore(folder), { errcode: 14 })
  assert.deepEqual(readdirSync(folder).toSorted(), ['000001.db', '000001.db-wal'])
  rmdirSync(join(folder, '000001.db-wal'))
  assert.equal(openStore(t, folder).search({}).lines.length, 1)
})

void test('after the clock was set back lines stand where they were written', (t) => {
  let now = 400 * DAY_MS
  const store = openStore(t, folderOf(t), { now: () => now })
  store.append([line(now, 'too late')], new Map())
  now = 10 * DAY_MS
  store.append([line(now, 'now')], new Map())
  assert.deepEqual(
    store.search({ fromMs: now - 1, toMs: now + 1 }).lines.map(({ text, atMs }) => [text, atMs]),
    [['now', now]],
  )
})

void test('a cursor that is none is refused', (t) => {
  const store = openStore(t, folderOf(t))
  assert.throws(() => store.search({}, { before: "1' OR 1" }), { code: 'logs.cursor' })
})
