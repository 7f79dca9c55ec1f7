import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Labels, Matcher } from '../../../core/series/labels.ts'
import type { Expression, OverTime, Selector } from '../../../promises/expression.ts'
import { MemoryStore } from '../memory-store.ts'

const SCRAPE = 10_000

function selector(metric: string, labels: Labels = {}): Selector {
  return {
    kind: 'selector',
    metric,
    matchers: Object.entries(labels).map(([label, value]): Matcher => ({ label, op: '=', value })),
  }
}
function number(digits: string): Expression {
  return { kind: 'number', digits }
}
function over(call: OverTime, of: Selector, windowMs: number): Expression {
  return { kind: 'over', call, of, windowMs }
}
type Operator = (Expression & { kind: 'binary' })['op']
function binary(left: Expression, op: Operator, right: Expression, on: readonly string[] | null = null): Expression {
  return { kind: 'binary', op, left, right, on }
}

/** One value each ten seconds from 0 on; undefined is a gap, null an end. */
function held(series: readonly (readonly [string, Labels, readonly (number | null | undefined)[]])[]): MemoryStore {
  const store = new MemoryStore()
  for (const [metric, labels, values] of series) {
    for (const [index, value] of values.entries())
      if (value !== undefined) store.append([{ metric, labels, atMs: index * SCRAPE, value }])
  }
  return store
}

const A = { service: 'a' }
const B = { service: 'b' }

void test('a selector sees the newest sample, until the series ends or five minutes have gone', async () => {
  const store = held([
    ['up', A, [1, 0]],
    ['up', B, [1, null]],
  ])
  const at = (atMs: number) => store.instant(selector('up'), atMs)
  assert.deepEqual(await at(5_000), [
    { metric: 'up', labels: A, value: 1 },
    { metric: 'up', labels: B, value: 1 },
  ])
  assert.deepEqual(await at(10_000), [{ metric: 'up', labels: A, value: 0 }])
  assert.equal((await at(309_999)).length, 1)
  assert.deepEqual(await at(310_000), [])
  const before = { ...selector('up'), offsetMs: 10_000 }
  assert.equal((await store.instant(before, 15_000)).length, 2)
})

void test('an aggregation keeps the labels it is by, and no name', async () => {
  const store = held([
    ['m', { service: 'a', instance: '1' }, [1]],
    ['m', { service: 'a', instance: '2' }, [3]],
    ['m', { service: 'b', instance: '3' }, [NaN]],
  ])
  const by = (call: 'sum' | 'min' | 'avg' | 'count', names: readonly string[] | null) =>
    store.instant({ kind: 'aggregate', call, by: names, of: selector('m') }, 0)
  assert.deepEqual(await by('sum', ['service']), [
    { metric: null, labels: A, value: 4 },
    { metric: null, labels: B, value: NaN },
  ])
  assert.deepEqual(await by('min', null), [{ metric: null, labels: {}, value: 1 }])
  assert.deepEqual(await by('count', null), [{ metric: null, labels: {}, value: 3 }])
  assert.deepEqual((await by('avg', ['service', 'zone']))[0], { metric: null, labels: A, value: 2 })
})

void test('a comparison filters and keeps the value of the series; no traffic is NaN, and above nothing', async () => {
  const store = held([
    ['bad', A, [1]],
    ['bad', B, [0]],
    ['all', A, [10]],
    ['all', B, [0]],
  ])
  const ratio = binary(selector('bad'), '/', selector('all'))
  assert.deepEqual(await store.instant(ratio, 0), [
    { metric: null, labels: A, value: 0.1 },
    { metric: null, labels: B, value: NaN },
  ])
  assert.deepEqual(await store.instant(binary(ratio, '>', number('0')), 0), [{ metric: null, labels: A, value: 0.1 }])
  assert.deepEqual(await store.instant(binary(number('5'), '<', selector('all')), 0), [
    { metric: 'all', labels: A, value: 10 },
  ])
  assert.deepEqual(await store.instant(binary(selector('all'), '>', selector('bad'), ['service']), 0), [
    { metric: null, labels: A, value: 10 },
  ])
})

void test('one series meets one: several on a side are refused', async () => {
  const store = held([
    ['m', { service: 'a', instance: '1' }, [1]],
    ['m', { service: 'a', instance: '2' }, [3]],
    ['limit', A, [2]],
  ])
  const compare = (left: Expression, right: Expression) => store.instant(binary(left, '/', right, ['service']), 0)
  await assert.rejects(compare(selector('m'), selector('limit')), { code: 'series.ambiguous', message: /on the left/ })
  await assert.rejects(compare(selector('limit'), selector('m')), { code: 'series.ambiguous', message: /on the right/ })
  // A comparison that lets one of them through is not ambiguous.
  const above = binary(selector('m'), '>', selector('limit'), ['service'])
  assert.deepEqual(await store.instant(above, 0), [{ metric: null, labels: A, value: 3 }])
})

void test('and, or, unless keep whole series', async () => {
  const store = held([
    ['m', A, [1]],
    ['m', B, [2]],
    ['n', { service: 'b', zone: 'x' }, [9]],
  ])
  const metricsOf = async (op: 'and' | 'or' | 'unless') =>
    (await store.instant(binary(selector('m'), op, selector('n'), ['service']), 0)).map(
      ({ metric, labels, value }) => `${metric} ${labels['service']} ${value}`,
    )
  assert.deepEqual(await metricsOf('and'), ['m b 2'])
  assert.deepEqual(await metricsOf('unless'), ['m a 1'])
  assert.deepEqual(await metricsOf('or'), ['m a 1', 'm b 2'])
  assert.equal((await store.instant(binary(selector('m'), 'or', selector('n')), 0)).length, 3)
})

void test('windows: each call of its samples, and none without any', async () => {
  const store = held([['m', A, [5, 1, undefined, 4, 4]]])
  const at = async (call: OverTime, atMs = 40_000, windowMs = 40_000) =>
    (await store.instant(over(call, selector('m'), windowMs), atMs))[0]?.value
  assert.deepEqual(
    await Promise.all(
      (['avg_over_time', 'min_over_time', 'max_over_time', 'sum_over_time', 'count_over_time', 'changes'] as const).map(
        (call) => at(call),
      ),
    ),
    [3, 1, 4, 9, 3, 1],
  )
  assert.equal(await at('max_over_time', 50_000, 5_000), undefined)
  assert.equal(await at('rate', 10_000, 10_000), undefined)
  // 1 → 4 → 4 in 30 s of 40: 3, and zero was 10 s before the first.
  assert.equal(await at('increase'), 4)
  assert.equal(await at('rate'), 0.1)
})

void test('a quantile is read from buckets that are made to rise, and not without the bucket of everything', async () => {
  const buckets = (counts: Readonly<Record<string, number>>) =>
    held(Object.entries(counts).map(([le, count]) => ['d_bucket', { ...A, le }, [count]] as const))
  const p90 = (counts: Readonly<Record<string, number>>) =>
    buckets(counts).instant({ kind: 'quantile', digits: '0.9', of: selector('d_bucket') }, 0)
  assert.deepEqual(await p90({ '0.1': 50, '0.2': 100, '+Inf': 100 }), [
    { metric: null, labels: A, value: 0.1 + 0.1 * (40 / 50) },
  ])
  assert.equal((await p90({ '0.1': 50, '0.2': 40, '0.4': 100, '+Inf': 100 }))[0]!.value.toFixed(3), '0.360')
  assert.equal((await p90({ '0.1': 50, '0.2': 60, '+Inf': 100 }))[0]!.value, 0.2)
  assert.equal((await p90({ '0.1': 50, '0.2': 100 }))[0]!.value, NaN)
  assert.equal((await p90({ '0.1': 0, '+Inf': 0 }))[0]!.value, NaN)
  assert.deepEqual(await p90({ nonsense: 1 }), [])
})

void test('what is absent has the labels that were asked for by equality', async () => {
  const store = held([['up', A, [1, null]]])
  const absent: Expression = { kind: 'absent', of: selector('up', A) }
  assert.deepEqual(await store.instant(absent, 0), [])
  assert.deepEqual(await store.instant(absent, 10_000), [{ metric: null, labels: A, value: 1 }])
})

void test('a range is an instant at each of its steps', async () => {
  const store = held([['m', A, [0, 10, 20, 5, 15, null, undefined, 7]]])
  const rate = over('rate', selector('m'), 20_000)
  for (const expression of [
    rate,
    selector('m'),
    binary(selector('m'), '>=', number('10')),
    { kind: 'time' } as const,
  ]) {
    const [line] = await store.range(expression, { startMs: 0, endMs: 70_000, stepMs: 5_000 })
    const points = new Map(line!.samples.map(({ atMs, value }) => [atMs, value]))
    for (let atMs = 0; atMs <= 70_000; atMs += 5_000)
      assert.equal(points.get(atMs), (await store.instant(expression, atMs))[0]?.value, `${expression.kind} at ${atMs}`)
  }
})

void test('what Prometheus would refuse is refused', async () => {
  const store = held([])
  for (const wrong of [
    binary(number('1'), '>', number('2')),
    binary(selector('m'), 'and', number('2')),
    binary(selector('m'), '+', number('2'), ['a']),
    { kind: 'aggregate', call: 'sum', by: null, of: { kind: 'time' } },
    over('rate', selector('m'), 0),
  ] satisfies Expression[])
    await assert.rejects(store.instant(wrong, 0), { code: 'promise.expression' })
  assert.deepEqual(await store.instant(binary(number('1'), '/', number('0')), 0), [
    { metric: null, labels: {}, value: Infinity },
  ])
})
