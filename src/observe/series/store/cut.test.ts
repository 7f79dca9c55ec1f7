import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createLogger } from '../../../core/logger.ts'
import { SCRAPE_MS } from '../../../core/series/series.ts'
import { parseExpression } from '../../../promises/expression/parse.ts'
import { Collector } from '../../collect/collector.ts'
import { MemoryStore } from '../memory-store.ts'
import { HOUR_MS } from './hours.ts'
import { SeriesStore } from './store.ts'
import { SeriesThread } from './thread.ts'

const folder = mkdtempSync(join(tmpdir(), 'seaworthy-cut-'))
after(() => rmSync(folder, { recursive: true, force: true }))
/** A day begins here. */
const START = 20_000 * 24 * HOUR_MS

/** Feeds both the same from one instant to another: a counter, a gauge, and one that ends at half of it. */
function feed(store: SeriesStore, memory: MemoryStore, fromMs: number, toMs: number): void {
  for (let atMs = fromMs; atMs < toMs; atMs += SCRAPE_MS) {
    const tick = (atMs - START) / SCRAPE_MS
    const readings = [
      { metric: 'requests_total', labels: { service: 'api' }, atMs, value: tick * 3 },
      { metric: 'size', labels: { service: 'api' }, atMs, value: (tick % 17) / 8 },
    ]
    memory.append(readings)
    for (const { metric, labels, value } of readings) store.take(store.entryOf(metric, labels), atMs, value)
    store.commit()
  }
}

for (const [what, backMs] of [
  ['within the hour', 20 * 60_000],
  ['into an hour that was closed', 2 * HOUR_MS],
  ['by days', 50 * HOUR_MS],
] as const) {
  void test(`a clock set back ${what} goes on at once, and what was before it stays, also when opened again`, async () => {
    const path = join(folder, `${backMs}.db`)
    const memory = new MemoryStore()
    let store = new SeriesStore({ path })
    const wrongMs = START + (backMs > 24 * HOUR_MS ? 60 : 5.7) * HOUR_MS
    // Closed hours far ahead of the time of the day are kept for a day only.
    feed(store, memory, wrongMs - 10 * HOUR_MS < START ? START : wrongMs - 60 * HOUR_MS, wrongMs)
    const nowMs = wrongMs - backMs
    assert.equal(store.cutFrom(nowMs), wrongMs - SCRAPE_MS)
    memory.cutFrom(nowMs)
    assert.equal(store.cutFrom(nowMs), null, 'nothing is left to forget')
    const check = async (toMs: number): Promise<void> => {
      const range = { startMs: nowMs - 30 * 60_000, endMs: toMs, stepMs: SCRAPE_MS }
      for (const text of ['size', 'requests_total', 'rate(requests_total[5m])', 'avg_over_time(size[10m])']) {
        const expression = parseExpression(text)
        assert.deepEqual(store.range(expression, range), await memory.range(expression, range), text)
      }
    }
    if (backMs < 24 * HOUR_MS) await check(nowMs)
    feed(store, memory, nowMs, nowMs + 1.5 * HOUR_MS)
    const { dropped, living } = store.counts
    assert.deepEqual([dropped, living], [{ series: 0, late: 0, rate: 0, disk: 0 }, 2])
    if (backMs < 24 * HOUR_MS) await check(nowMs + 1.5 * HOUR_MS)
    store.close()
    store = new SeriesStore({ path })
    if (backMs < 24 * HOUR_MS) await check(nowMs + 1.5 * HOUR_MS)
    assert.equal(store.counts.living, 2)
    const long = parseExpression('increase(requests_total[50m])')
    const atMs = nowMs + HOUR_MS
    assert.deepEqual(store.instant(long, atMs), await memory.instant(long, atMs))
    store.close()
  })
}

void test('what had ended after the time the clock was set back to does not live again', () => {
  const path = join(folder, 'ended.db')
  let store = new SeriesStore({ path })
  store.take(store.entryOf('up', {}), START, 1)
  store.take(store.entryOf('up', {}), START + 100_000, null)
  store.take(store.entryOf('other', {}), START + 110_000, 1)
  store.take(store.entryOf('again', {}), START + 10_000, null)
  store.take(store.entryOf('again', {}), START + 20_000, 1)
  store.commit()
  store.cutFrom(START + 60_000)
  for (let round = 0; round < 2; round++) {
    assert.deepEqual(store.instant(parseExpression('up'), START + 60_000), [])
    store.close()
    store = new SeriesStore({ path })
    assert.equal(store.counts.living, 1, 'the one that came again')
  }
  store.close()
})

void test('a folded day loses its hours from then on, and no others', () => {
  const store = new SeriesStore({ path: join(folder, 'folded.db') })
  const memory = new MemoryStore()
  feed(store, memory, START, START + 40 * HOUR_MS)
  const nowMs = START + 30.5 * HOUR_MS
  store.cutFrom(nowMs)
  memory.cutFrom(nowMs)
  feed(store, memory, nowMs, START + 60 * HOUR_MS)
  const [ours] = store.instant(parseExpression('increase(requests_total[50h])'), START + 60 * HOUR_MS - 1)
  const ticks = (50 * HOUR_MS) / SCRAPE_MS
  assert.ok(Math.abs(ours!.value / (ticks * 3) - 1) < 0.01, `${ours!.value} instead of ${ticks * 3}`)
  store.close()
})

void test('collecting goes on over a clock set back, and over one set back while nobody collected; the log says it once', async (t) => {
  const path = join(folder, 'thread.db')
  const lines: string[] = []
  const begin = () => {
    const sink = new SeriesThread({ path, logger: createLogger('test', (line) => void lines.push(line)) })
    t.after(() => sink.close())
    let value = 0
    const source = { name: 'x', target: 'x', read: async () => [{ metric: 'm', labels: {}, value: value++ }] }
    return { sink, collector: new Collector({ sources: () => [source], sink }) }
  }
  const samplesOf = async (sink: SeriesThread): Promise<readonly number[]> => {
    const selector = { kind: 'selector', metric: 'm', matchers: [] } as const
    const [series] = await sink.raw(selector, { fromMs: 0, toMs: START + 100 * HOUR_MS })
    return series!.samples.map(({ atMs }) => (atMs - START) / SCRAPE_MS)
  }
  const first = begin()
  for (const step of [1, 2, 300, 301, 302]) await first.collector.collect(START + step * SCRAPE_MS)
  for (const step of [3, 4]) await first.collector.collect(START + step * SCRAPE_MS)
  // Known between two beats.
  first.collector.note({ name: 'x', target: 'x' }, [{ metric: 'm', labels: {}, value: 99 }], START + 4.5 * SCRAPE_MS)
  assert.deepEqual(await samplesOf(first.sink), [1, 2, 3, 4, 4.5])
  await first.collector.collect(START + 302 * SCRAPE_MS)
  await first.sink.close()
  assert.equal(lines.filter((line) => line.includes('set back')).length, 1)

  const second = begin()
  for (const step of [5, 6]) await second.collector.collect(START + step * SCRAPE_MS)
  assert.deepEqual(await samplesOf(second.sink), [1, 2, 3, 4, 4.5, 5, 6])
  const { late } = second.sink.counts.dropped
  await second.sink.close()
  assert.equal(late, 0)
  assert.equal(lines.filter((line) => line.includes('set back')).length, 2)
})

void test('a clock set back by more than an hour gives up nothing: what was measured is put aside whole', async () => {
  const path = join(folder, 'far.db')
  const told: string[] = []
  const sink = new SeriesThread({
    path,
    logger: createLogger('test', () => {}),
    onDamaged: (text) => void told.push(text),
  })
  const collector = new Collector({
    sources: () => [{ name: 'x', target: 'x', read: async () => [{ metric: 'm', labels: {}, value: 1 }] }],
    sink,
  })
  const aheadMs = START + 30 * 24 * HOUR_MS
  for (const atMs of [aheadMs, aheadMs + SCRAPE_MS, START, START + SCRAPE_MS]) await collector.collect(atMs)
  const selector = { kind: 'selector', metric: 'm', matchers: [] } as const
  const timesOf = async (of: SeriesThread): Promise<readonly number[]> => {
    const [series] = await of.raw(selector, { fromMs: 0, toMs: aheadMs + HOUR_MS })
    return series!.samples.map(({ atMs }) => atMs)
  }
  assert.deepEqual(await timesOf(sink), [START, START + SCRAPE_MS])
  assert.match(told.join(), /^the clock was set far back: .*far\.db\.damaged$/)
  await sink.close()
  const aside = new SeriesThread({ path: `${path}.damaged`, logger: createLogger('test', () => {}) })
  assert.deepEqual(await timesOf(aside), [aheadMs, aheadMs + SCRAPE_MS])
  await aside.close()
})
