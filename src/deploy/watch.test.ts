import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bucketOf, LATENCY_BOUNDS_MS } from '../core/histogram.ts'
import { breachOf, type Sample } from './watch.ts'

const limits = { forMs: 60_000, errors: 0.01, p95Ratio: 1.5, sample: 20, warmMs: 0 }
const calm = { answers: 1000, errors: 0, p95Ms: 50 }

/** One sample each 500 ms: `perSample` answers of `ms`, of which `errors(index)` failed. */
function samples(
  count: number,
  perSample: number,
  errors: (index: number) => number,
  ms: (index: number) => number = () => 10,
): Sample[] {
  const buckets = Array.from({ length: LATENCY_BOUNDS_MS.length + 1 }, () => 0)
  let answers = 0
  let failed = 0
  return Array.from({ length: count }, (_, index) => {
    answers += perSample
    failed += errors(index)
    buckets[bucketOf(ms(index))]! += perSample
    return { at: index * 500, answers, errors: failed, buckets: [...buckets] }
  })
}

test('a release without errors is not taken back', () => {
  assert.equal(
    breachOf(
      samples(40, 10, () => 0),
      calm,
      limits,
    ),
    null,
  )
})

test('errors above the limit are a breach within the error window', () => {
  const fine = 40
  const breaches = Array.from({ length: 10 }, (_, more) =>
    breachOf(
      samples(fine + more, 10, (index) => (index >= fine ? 3 : 0)),
      calm,
      limits,
    ),
  )
  const first = breaches.findIndex((breach) => breach !== null)
  assert.equal(first, 1, 'the first sample that holds three errors above one per cent')
  assert.match(breaches[first]!, /3 of 100 answers failed within 5\.0 s: 3 %, limit 1 %/)
})

test('with little traffic the stretch grows until it holds the sample', () => {
  const breach = breachOf(
    samples(60, 1, (index) => (index > 50 ? 1 : 0)),
    calm,
    limits,
  )
  assert.match(breach ?? '', /of 20 answers failed within 10\.0 s/)
})

test('two errors are chance, whatever their ratio', () => {
  assert.equal(
    breachOf(
      samples(30, 1, (index) => (index > 27 ? 1 : 0)),
      calm,
      limits,
    ),
    null,
  )
})

test('too few answers are no verdict', () => {
  assert.equal(
    breachOf(
      samples(10, 1, () => 1),
      calm,
      limits,
    ),
    null,
  )
})

test('an old release that failed as much does not condemn the new one', () => {
  const errors = () => 1
  assert.equal(breachOf(samples(40, 10, errors), { answers: 1000, errors: 100, p95Ms: 50 }, limits), null)
  assert.notEqual(breachOf(samples(40, 10, errors), { answers: 1000, errors: 50, p95Ms: 50 }, limits), null)
})

test('a p95 that stays too slow is a breach, a short one is not', () => {
  const slow = samples(
    40,
    20,
    () => 0,
    () => 200,
  )
  assert.match(breachOf(slow, calm, limits) ?? '', /p95 is \d+ ms, .* x the 50 ms before, limit 1\.5 x/)
  const hiccup = samples(
    40,
    20,
    () => 0,
    (index) => (index > 35 && index < 38 ? 200 : 10),
  )
  assert.equal(breachOf(hiccup, calm, limits), null)
})

test('a p95 slower by a few milliseconds is no breach, even at many times the old one', () => {
  assert.equal(
    breachOf(
      samples(
        40,
        20,
        () => 0,
        () => 9,
      ),
      { answers: 1000, errors: 0, p95Ms: 2 },
      limits,
    ),
    null,
  )
})

test('without a latency of the old release there is nothing to compare', () => {
  assert.equal(
    breachOf(
      samples(
        40,
        20,
        () => 0,
        () => 900,
      ),
      { answers: 0, errors: 0, p95Ms: null },
      limits,
    ),
    null,
  )
})
