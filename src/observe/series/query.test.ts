import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Reading } from '../../core/series/series.ts'
import { checkRange, onlyValue, POINTS_MAX, stepsOf, type SeriesQuery, type SeriesSink } from './query.ts'

void test('a range holds both its ends where a step meets them', () => {
  assert.equal(stepsOf({ startMs: 0, endMs: 60_000, stepMs: 10_000 }), 7)
  assert.equal(stepsOf({ startMs: 0, endMs: 59_999, stepMs: 10_000 }), 6)
  assert.equal(stepsOf({ startMs: 5, endMs: 5, stepMs: 10_000 }), 1)
  assert.equal(stepsOf({ startMs: 6, endMs: 5, stepMs: 10_000 }), 0)
  assert.equal(stepsOf({ startMs: 0, endMs: 5, stepMs: 0 }), 0)
})

void test('a range with too many points is refused, with the step that would do', () => {
  checkRange({ startMs: 0, endMs: (POINTS_MAX - 1) * 1_000, stepMs: 1_000 })
  assert.throws(() => checkRange({ startMs: 0, endMs: POINTS_MAX * 1_000, stepMs: 1_000 }), {
    code: 'series.too-much',
    hint: /at least 1001 ms/,
  })
})

void test('the only value of nothing, or of several, is none', async () => {
  const held: Reading[] = []
  const sink: SeriesSink = { append: (readings) => void held.push(...readings) }
  const query: Pick<SeriesQuery, 'instant'> = {
    instant: async () => held.map(({ metric, labels, value }) => ({ metric, labels, value: value! })),
  }
  const ask = () => onlyValue(query, { kind: 'time' }, 0)
  assert.equal(await ask(), null)
  sink.append([{ metric: 'm', labels: {}, atMs: 0, value: 0 }])
  assert.equal(await ask(), 0)
  sink.append([{ metric: 'm', labels: { a: 'b' }, atMs: 0, value: 0 }])
  assert.equal(await ask(), null)
})
