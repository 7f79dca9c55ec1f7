import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../../core/clock.ts'
import { MemoryStore } from '../../observe/series/memory-store.ts'
import type { Control } from '../control.ts'
import { seriesHandlers } from './series.ts'

const NOW = 1_700_000_000_000

function handlers(store: MemoryStore) {
  const clock = { ...systemClock, now: () => NOW }
  // What they need of control is the query port and the time.
  return seriesHandlers({ series: store, clock } as unknown as Control)
}

function held(): MemoryStore {
  const store = new MemoryStore()
  for (const [at, value] of [
    [-20_000, 5],
    [-10_000, NaN],
    [0, Infinity],
  ] as const)
    store.append([{ metric: 'odd', labels: { service: 'api' }, atMs: NOW + at, value }])
  store.append([
    { metric: 'seaworthy_instance_up', labels: { service: 'api', instance: 'a' }, atMs: NOW - 4_000, value: 1 },
  ])
  store.append([
    { metric: 'seaworthy_instance_up', labels: { service: 'api', instance: 'b' }, atMs: NOW - 9_000, value: 1 },
  ])
  store.append([
    { metric: 'seaworthy_instance_up', labels: { service: 'api', instance: 'b' }, atMs: NOW - 4_000, value: null },
  ])
  return store
}

void test('what JSON has no number for crosses by its name', async () => {
  const asked = handlers(held())
  assert.deepEqual(await asked['series.query']({ query: 'odd', at: null }), {
    at: NOW,
    values: [{ metric: 'odd', labels: { service: 'api' }, value: '+Inf' }],
  })
  const { series } = await asked['series.range']({ query: '-1 * odd', start: NOW - 20_000, end: NOW, step: 10_000 })
  assert.deepEqual(series[0]!.points, [
    [NOW - 20_000, -5],
    [NOW - 10_000, 'NaN'],
    [NOW, '-Inf'],
  ])
  const raw = await asked['series.raw']({ query: 'seaworthy_instance_up{instance="b"}', from: NOW - 60_000, to: NOW })
  assert.deepEqual(raw.series[0]!.points, [
    [NOW - 9_000, 1],
    [NOW - 4_000, null],
  ])
})

void test('the newest of every metric, without what has ended', async () => {
  const { metrics } = await handlers(held())['series.newest']({})
  const up = metrics.find(({ name }) => name === 'seaworthy_instance_up')
  assert.deepEqual(
    up?.series.map(({ labels, at }) => [labels['instance'], NOW - at]),
    [['a', 4_000]],
  )
  assert.deepEqual(metrics.find(({ name }) => name === 'seaworthy_host_load')?.series, [])
})

void test('series are listed by name and by braces; a wrong query is refused with its place', async () => {
  const asked = handlers(held())
  const { series } = await asked['series.list']({ metric: null, matching: '{instance=~"a|b"}' })
  assert.equal(series.length, 2)
  await assert.rejects(async () => asked['series.query']({ query: 'sum(', at: null }), { code: 'promise.expression' })
  await assert.rejects(async () => asked['series.raw']({ query: '1 + 1', from: 0, to: 1 }), {
    code: 'promise.expression',
  })
})

void test('an answer larger than control can write at once is refused', async () => {
  const store = new MemoryStore()
  for (let index = 0; index < 11; index++)
    store.append([{ metric: 'm', labels: { n: String(index) }, atMs: NOW, value: 1 }])
  const range = { query: 'm', start: NOW, end: NOW + 299_000, step: 30 }
  await assert.rejects(async () => handlers(store)['series.range'](range), {
    code: 'series.too-much',
    message: /100000/,
  })
})
