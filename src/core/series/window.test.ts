import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LOOKBACK_MS, SCRAPE_MS, type Sample } from './series.ts'
import { increaseOver, pointsWithin, valueAt, type LeftEdge } from './window.ts'

/** A sample each ten seconds; `undefined` is a gap, null an end. */
function every10s(values: readonly (number | null | undefined)[]): readonly Sample[] {
  return values.flatMap((value, index) => (value === undefined ? [] : [{ atMs: index * SCRAPE_MS, value }]))
}

function increase(samples: readonly Sample[], atMs: number, windowMs: number, edge?: LeftEdge): number | null {
  return increaseOver(pointsWithin(samples, { atMs, windowMs }, edge), { atMs, windowMs }, edge)
}

void test('an instant sees the newest sample for five minutes, and nothing of a series that ended', () => {
  const samples = every10s([1, 2, null])
  assert.equal(valueAt(samples, 9_999), 1)
  assert.equal(valueAt(samples, 10_000), 2)
  assert.equal(valueAt(samples, 20_000), null)
  assert.equal(valueAt(every10s([1]), LOOKBACK_MS - 1), 1)
  assert.equal(valueAt(every10s([1]), LOOKBACK_MS), null)
  assert.equal(valueAt([], 0), null)
})

void test('an increase reaches the edges of its window', () => {
  // Open on the left: of 0 s to 60 s the samples 10 … 60 s count; 50 in 50 s, and 10 s to the start are within 1.1 intervals.
  assert.equal(increase(every10s([100, 110, 120, 130, 140, 150, 160]), 60_000, 60_000), 60)
})

void test('an increase adds back what a reset took', () => {
  // 10 → 20, reset to 5, → 15: 10 + 5 + 10 in 30 s, and 10 s to the left edge of (0, 40].
  assert.equal(increase(every10s([0, 10, 20, 5, 15]), 40_000, 40_000), 25 * (40 / 30))
})

void test('an increase does not begin below zero', () => {
  // 1 → 31 in 30 s: zero was 1 s before the first sample, so only that second is added at the start.
  assert.equal(increase(every10s([undefined, 1, 11, 21, 31]), 40_000, 40_000), 30 * (31 / 30))
})

void test('far from an edge, half an interval is added', () => {
  // Samples 30 … 50 s of (0, 100]: 30 s to the start and 50 s to the end become 5 s each.
  const samples = every10s([undefined, undefined, undefined, 100, 110, 120])
  assert.equal(increase(samples, 100_000, 100_000), 20 * (30 / 20))
})

void test('one sample is no increase', () => {
  assert.equal(increase(every10s([1]), 0, 60_000), null)
  assert.equal(increase(every10s([1, null]), 10_000, 60_000), null)
  assert.equal(increase(every10s([1, 2]), 10_000, 10_000), null)
})

void test('a sample at the very beginning of a window counts in Prometheus 2 only', () => {
  const samples = every10s([0, 10, 10, 10])
  assert.equal(pointsWithin(samples, { atMs: 30_000, windowMs: 30_000 }).length, 3)
  assert.equal(pointsWithin(samples, { atMs: 30_000, windowMs: 30_000 }, 'closed').length, 4)
  assert.equal(increase(samples, 30_000, 30_000), 0)
  assert.equal(increase(samples, 30_000, 30_000, 'closed'), 10)
})

void test('a sample exactly a lookback ago is seen in Prometheus 2 only', () => {
  assert.equal(valueAt(every10s([7]), LOOKBACK_MS, 'closed'), 7)
  assert.equal(valueAt(every10s([7]), LOOKBACK_MS + 1, 'closed'), null)
})

void test('Prometheus 2 looks for the zero of a far start first, and keeps it when that is near', () => {
  // 1 → 21 in 20 s of a window that began 30 s before: zero was 1 s before. Prometheus 3 halves an interval first: 5 s, then 1 s.
  const near = every10s([undefined, undefined, undefined, 1, 11, 21])
  assert.equal(increase(near, 50_000, 50_000), 21)
  assert.equal(increase(near, 50_000, 50_000, 'closed'), 21)
  // 20 → 40: zero was 20 s before, half an interval is 5 s in both.
  const far = every10s([undefined, undefined, undefined, 20, 30, 40])
  assert.equal(increase(far, 50_000, 50_000), 25)
  assert.equal(increase(far, 50_000, 50_000, 'closed'), 25)
  // 8 → 28: zero was 8 s before: 5 s for Prometheus 3, all 8 s for Prometheus 2.
  const between = every10s([undefined, undefined, undefined, 8, 18, 28])
  assert.equal(increase(between, 50_000, 50_000), 25)
  assert.equal(increase(between, 50_000, 50_000, 'closed'), 28)
})
