import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'
import { test } from 'node:test'
import type { Reading } from '../../core/series/series.ts'
import { seriesKey } from '../../core/series/labels.ts'
import { nextBeat } from './beat.ts'
import { Collector } from './collector.ts'
import { READINGS_MAX, type Measured, type Source } from './source.ts'

const one = (metric: string, value: number, labels = {}): Measured => ({ metric, labels, value })

/** A collector over these sources, and all that it has handed on, without what it says of itself. */
function collecting(sources: Source[], readMs?: number) {
  const taken: Reading[] = []
  const turns: string[] = []
  const collector = new Collector({
    sources: () => sources,
    sink: { append: (readings) => void taken.push(...readings) },
    onTurn: (source, target, because) => turns.push(`${source} ${target}: ${because ?? 'back'}`),
    ...(readMs === undefined ? {} : { readMs }),
  })
  const own = (): string[] =>
    taken
      .filter(({ metric }) => !metric.startsWith('seaworthy_scrape'))
      .map((each) => `${each.metric} ${each.atMs} ${each.value}`)
  return { collector, taken, turns, own }
}

const upOf = (taken: readonly Reading[], source: string): readonly (number | null)[] =>
  taken
    .filter(({ metric, labels }) => metric === 'seaworthy_scrape_up' && labels['source'] === source)
    .map(({ value }) => value)

void test('at the end every series ends, so that nobody who begins anew takes the last word for news', async () => {
  const { collector, taken, own } = collecting([{ name: 'x', target: 'x', read: async () => [one('up', 1)] }])
  await collector.collect(10_000)
  collector.end(12_000)
  collector.end(13_000)
  assert.deepEqual(own(), ['up 10000 1', 'up 12000 null'])
  assert.deepEqual(upOf(taken, 'x'), [1, null])
  assert.deepEqual(collector.current(), [])
})

void test('a server that takes the connection and says nothing delays nobody and is not asked twice at once', async (t) => {
  let asked = 0
  const silent = createServer(() => (asked += 1))
  silent.listen(0, '127.0.0.1')
  await once(silent, 'listening')
  t.after(() => silent.close())
  const hanging: Source = {
    name: 'hanging',
    target: 'x',
    whenLost: () => [one('x_up', 0)],
    // It does not even listen to the signal.
    read: () =>
      new Promise((_resolve, reject) => {
        const socket = connect((silent.address() as AddressInfo).port, '127.0.0.1')
        socket.on('error', reject)
        t.after(() => socket.destroy())
      }),
  }
  const { collector, taken, turns } = collecting(
    [hanging, { name: 'quick', target: 'y', read: async () => [one('y', 1)] }],
    300,
  )
  const whole = collector.collect(10_000)
  // The quick one is there while the other hangs.
  while (!taken.some(({ metric }) => metric === 'y')) await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual(upOf(taken, 'hanging'), [])
  await whole
  assert.deepEqual([upOf(taken, 'hanging'), upOf(taken, 'quick')], [[0], [1]])
  await collector.collect(20_000)
  assert.deepEqual([upOf(taken, 'hanging'), upOf(taken, 'quick'), asked], [[0, 0], [1, 1], 1])
  assert.deepEqual(
    taken.filter(({ metric }) => metric === 'x_up').map(({ atMs, value }) => [atMs, value]),
    [
      [10_000, 0],
      [20_000, 0],
    ],
  )
  assert.deepEqual(turns, ['hanging x: no answer within 300 ms'])
})

void test('series end at once when they are not there any more, when their source fails and when it is gone', async () => {
  let yields: (() => readonly Measured[]) | null = () => [one('a', 1), one('b', 2)]
  const sources: Source[] = [
    {
      name: 's',
      target: 't',
      read: async () => {
        if (yields === null) throw new Error('gone')
        return yields()
      },
    },
  ]
  const { collector, own, turns, taken } = collecting(sources)
  await collector.collect(10_000)
  yields = () => [one('a', 3)]
  await collector.collect(20_000)
  yields = null
  await collector.collect(30_000)
  yields = () => [one('a', 4)]
  await collector.collect(40_000)
  sources.pop()
  await collector.collect(50_000)
  assert.deepEqual(own(), [
    'a 10000 1',
    'b 10000 2',
    'a 20000 3',
    'b 20000 null',
    'a 30000 null',
    'a 40000 4',
    'a 50000 null',
  ])
  assert.deepEqual(turns, ['s t: gone', 's t: back'])
  assert.deepEqual(upOf(taken, 's'), [1, 1, 0, 1, null])
  assert.deepEqual(collector.current(), [])
})

void test('no instant of a series has two values: the first word stands, and what is noted is not taken back by an older beat', async () => {
  let release = (): void => {}
  let value = 1
  const source: Source = {
    name: 's',
    target: 't',
    read: async () => {
      const seen = value
      await new Promise<void>((resolve) => (release = resolve))
      return [one('up', seen)]
    },
  }
  const { collector, taken, own } = collecting([source])
  const first = collector.collect(10_000)
  await new Promise((resolve) => setImmediate(resolve))
  value = 0
  collector.note(source, [one('up', 0)], 10_004)
  collector.note(source, [one('up', 0)], 10_005)
  release()
  await first
  assert.deepEqual(own(), ['up 10004 0'])
  // The same instant once more, as after a clock that was set back.
  for (const at of [20_000, 20_000]) {
    const again = collector.collect(at)
    await new Promise((resolve) => setImmediate(resolve))
    value += 1
    release()
    await again
  }
  assert.deepEqual(own(), ['up 10004 0', 'up 20000 0'])
  const seen = new Set(taken.map((each) => `${seriesKey(each.metric, each.labels)} ${each.atMs}`))
  assert.equal(seen.size, taken.length)
})

void test('a source has so many series and no more; those kept out are counted', async () => {
  const many = Array.from({ length: READINGS_MAX + 5 }, (_, index) => one('m', 1, { index: String(index) }))
  const { collector, own } = collecting([{ name: 's', target: 't', read: async () => many }])
  await collector.collect(10_000)
  // Two of them are what the collector says of the source.
  assert.deepEqual([own().length, collector.dropped], [READINGS_MAX - 2, 7])
})

void test('of what is not known to be there nothing is said', async () => {
  const source: Source = {
    name: 's',
    target: 't',
    isExpected: () => false,
    read: () => Promise.reject(new Error('404')),
  }
  const { collector, taken, turns } = collecting([source])
  await collector.collect(10_000)
  assert.deepEqual([taken, turns], [[], []])
})

void test('beats are multiples of ten seconds, each once', () => {
  assert.equal(nextBeat(0, 0), 10_000)
  assert.equal(nextBeat(9_999, 0), 10_000)
  assert.equal(nextBeat(10_000, 10_000), 20_000)
  assert.equal(nextBeat(15_000, 20_000), 30_000, 'a clock set back a little')
  assert.equal(nextBeat(15_000, 40_000), 20_000, 'a clock set back by more than a step')
  assert.equal(nextBeat(15_000, 1_000_000), 20_000, 'a clock that was wrong by far')
})

void test('whoever begins anew never meets an instant that has passed, whenever the one before was killed', () => {
  let seed = 7
  for (let round = 0; round < 2_000; round++) {
    seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31
    const last = nextBeat(seed, 0)
    // It ran at `last` at the earliest, and was killed then or later.
    const beginsAt = last + (round % 4 === 0 ? 0 : seed % 25_000)
    const next = nextBeat(beginsAt, 0)
    assert.ok(next > last && next > beginsAt && next - beginsAt <= 10_000 && next % 10_000 === 0)
  }
})
