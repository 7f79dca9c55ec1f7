import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { randomFrom } from '../../../../test/seeded/random.ts'
import { parseExpression } from '../../../promises/expression/parse.ts'
import { MemoryStore } from '../memory-store.ts'
import { decodeBatch, encodeBatch } from './batch.ts'
import { decodeChunk, encodeChunk } from './chunk.ts'
import { HOUR_MS } from './hours.ts'
import { SeriesStore } from './store.ts'

const folder = mkdtempSync(join(tmpdir(), 'seaworthy-series-'))
after(() => rmSync(folder, { recursive: true, force: true }))
let files = 0
const path = (): string => join(folder, `series-${++files}.db`)

const SCRAPE = 10_000
/** A day begins here. */
const START = 20_000 * 24 * HOUR_MS

void test('what a chunk holds is what was put in, whatever the numbers', () => {
  const random = randomFrom(3)
  const kinds = [
    () => random.below(100),
    () => -random.below(2 ** 31),
    () => random.below(10_000) / 100,
    () => random.below(2 ** 31) / 7,
    () => random.pick([NaN, Infinity, -Infinity, 0, -0, 1e300, 5e-324, 2 ** 53, 2 ** 60]),
    () => 42,
  ]
  for (let index = 0; index < 500; index++) {
    const count = random.below(50)
    const next = random.pick(kinds)
    let atMs = START + random.below(1_000)
    const times = Float64Array.from(
      { length: count },
      () => (atMs += random.chance(0.8) ? SCRAPE : random.below(100_000)),
    )
    const values = Float64Array.from({ length: count }, () => (random.chance(0.3) ? 42 : next()))
    const ends = Float64Array.from({ length: random.below(3) }, () => (atMs += 1))
    const read = decodeChunk(encodeChunk({ times, values, ends }))
    assert.deepEqual(read, { times, values, ends })
    const batch = { ids: values.map((_, id) => id * 3), times, values, endIds: ends.map((_, id) => id), endTimes: ends }
    assert.deepEqual(decodeBatch(encodeBatch(batch)), batch)
  }
})

/** Feeds both the same, an hour more than is kept whole. */
function fed(hours: number, store: SeriesStore, memory: MemoryStore): void {
  let [requests, size] = [0, 1_000]
  const random = randomFrom(11)
  for (let atMs = START; atMs < START + hours * HOUR_MS; atMs += SCRAPE) {
    requests = random.chance(0.001) ? 0 : requests + random.below(5)
    size += random.below(21) - 10
    const readings = [
      { metric: 'requests_total', labels: { service: 'api' }, atMs, value: requests },
      { metric: 'size', labels: { service: 'api' }, atMs, value: size / 8 },
    ]
    memory.append(readings)
    for (const { metric, labels, value } of readings) store.take(store.entryOf(metric, labels), atMs, value)
    store.commit()
  }
}

void test('chunks, journal and head answer as one, also after they were opened again', async () => {
  const file = path()
  const memory = new MemoryStore()
  let store = new SeriesStore({ path: file })
  fed(3.5, store, memory)
  const nowMs = START + 3.5 * HOUR_MS - 1
  const range = { startMs: START, endMs: nowMs, stepMs: 60_000 }
  for (const text of ['rate(requests_total[5m])', 'size', 'avg_over_time(size[1h])', 'increase(requests_total[3h])']) {
    const expression = parseExpression(text)
    assert.deepEqual(store.range(expression, range), await memory.range(expression, range), text)
  }
  store.close()
  store = new SeriesStore({ path: file })
  const expression = parseExpression('sum(rate(requests_total[1h])) / sum(size)')
  assert.deepEqual(store.range(expression, range), await memory.range(expression, range))
  const selector = { kind: 'selector', metric: 'size', matchers: [] } as const
  const within = { fromMs: START + HOUR_MS, toMs: nowMs }
  assert.deepEqual(store.raw(selector, within), await memory.raw(selector, within))
  assert.deepEqual(store.counts, { living: 2, known: 2, dropped: { series: 0, late: 0, rate: 0, disk: 0 } })
  store.close()
})

void test('after a day one sample of five minutes is left, which keeps growth and spread', async () => {
  const memory = new MemoryStore()
  const store = new SeriesStore({ path: path() })
  fed(49, store, memory)
  const nowMs = START + 49 * HOUR_MS
  const ask = async (text: string, atMs: number) => {
    const expression = parseExpression(text)
    const [[ours], [whole]] = [store.instant(expression, atMs), await memory.instant(expression, atMs)]
    return [ours!.value, whole!.value] as const
  }
  for (const atMs of [START + 20 * HOUR_MS, nowMs - 1]) {
    // Twenty hours with a dozen resets.
    const [ours, whole] = await ask(`increase(requests_total[${atMs < nowMs - 1 ? '20h' : '48h'}])`, atMs)
    assert.ok(Math.abs(ours / whole - 1) < 0.005, `${ours} instead of ${whole}`)
  }
  const early = START + 20 * HOUR_MS + 290_000
  assert.deepEqual(...(await ask('max_over_time(size[6h])', early)))
  assert.deepEqual(...(await ask('min_over_time(size[6h])', early)))
  const [mean, wholeMean] = await ask('avg_over_time(size[6h])', early)
  assert.ok(Math.abs(mean / wholeMean - 1) < 0.001)
  // Whole samples are gone there, and are there for the last day.
  for (const text of ['rate(requests_total[5m])', 'changes(size[1h])', 'avg_over_time(requests_total[1h])'])
    assert.throws(() => store.instant(parseExpression(text), early), { code: 'series.too-coarse' }, text)
  assert.deepEqual(...(await ask('rate(requests_total[5m])', nowMs - 23 * HOUR_MS)))
  const selector = { kind: 'selector', metric: 'size', matchers: [] } as const
  assert.deepEqual(store.raw(selector, { fromMs: START, toMs: START + 20 * HOUR_MS }), [])
  store.close()
})

void test('what is older than the newest of its series, or too much, is dropped and counted', () => {
  const store = new SeriesStore({ path: path(), seriesMax: 2 })
  const take = (name: string, atMs: number, value: number | null) => {
    store.take(store.entryOf('m', { name }), START + atMs, value)
    store.commit()
  }
  take('a', 0, 1)
  take('a', 0, 2)
  take('a', -5, 3)
  assert.equal(store.counts.dropped.late, 2)
  take('b', 0, 1)
  take('c', 0, 1)
  assert.deepEqual(store.counts, { living: 2, known: 2, dropped: { series: 1, late: 2, rate: 0, disk: 0 } })
  // One that ended makes room.
  take('b', 10, null)
  take('c', 10, 1)
  assert.equal(store.counts.living, 2)
  take('b', 20, 1)
  assert.equal(store.counts.dropped.series, 2)
  for (let index = 0; index < 5_000; index++) store.take(store.entryOf('m', { name: 'a' }), START + 100 + index, index)
  assert.equal(store.counts.dropped.rate, 1_001)
  store.close()
})

void test('an app with ever new labels leaves room for what alerts stand on, living and gone', () => {
  const store = new SeriesStore({ path: path(), seriesMax: 10 })
  let at = START
  const take = (metric: string, name: string, value: number | null): void =>
    store.take(store.entryOf(metric, { name }), at, value)
  for (let index = 0; index < 20; index++) take('app_hits', `living ${index}`, 1)
  take('seaworthy_instance_up', 'first', 1)
  store.commit()
  assert.deepEqual([store.counts.living, store.counts.dropped.series], [9, 12])
  for (let round = 0; round < 100; round++) {
    at += SCRAPE
    for (let index = 0; index < 8; index++) take('app_hits', `round ${round - 1} ${index}`, null)
    for (let index = 0; index < 8; index++) take('app_hits', `living ${index}`, null)
    for (let index = 0; index < 7; index++) take('app_hits', `round ${round} ${index}`, 1)
    store.commit()
  }
  assert.ok(store.counts.known <= 81, `${store.counts.known} known`)
  at += SCRAPE
  take('seaworthy_instance_up', 'second', 1)
  const up = store.instant(parseExpression('seaworthy_instance_up{name="second"}'), at)
  assert.deepEqual(
    up.map(({ value }) => value),
    [1],
  )
  store.close()
})

void test('a file that grows too large forgets its oldest hours first', () => {
  const store = new SeriesStore({ path: path(), bytesMax: 300_000 })
  const random = randomFrom(5)
  for (let atMs = START; atMs < START + 10 * HOUR_MS; atMs += SCRAPE) {
    for (let index = 0; index < 20; index++)
      store.take(store.entryOf('m', { index: String(index) }), atMs, random.below(2 ** 31) / 7)
    store.commit()
  }
  assert.ok(store.sizeBytes < 1_500_000, `${store.sizeBytes} bytes with the journal of the open hour`)
  const [newest] = store.instant(parseExpression('m{index="3"}'), START + 10 * HOUR_MS)
  assert.ok(newest !== undefined)
  assert.throws(() => store.instant(parseExpression('max_over_time(m[1m])'), START + HOUR_MS), {
    code: 'series.too-coarse',
  })
  store.close()
})

void test('a series that has been gone for thirty days is not known any more', () => {
  const store = new SeriesStore({ path: path() })
  const take = (name: string, hours: number) => {
    store.take(store.entryOf('m', { name }), START + hours * HOUR_MS, 1)
    store.commit()
  }
  take('old', 0)
  take('new', 24)
  take('new', 24 * 30)
  assert.equal(store.counts.known, 2)
  take('new', 24 * 30 + 2)
  assert.deepEqual(store.series('m', []), [{ metric: 'm', labels: { name: 'new' } }])
  store.close()
})
