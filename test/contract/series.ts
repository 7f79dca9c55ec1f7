/** What every implementation of the query port has to answer, whether it holds the samples itself or asks somebody. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seriesKey } from '../../src/core/series/labels.ts'
import { SCRAPE_MS, type Reading, type Series } from '../../src/core/series/series.ts'
import { POINTS_MAX, type SeriesQuery } from '../../src/observe/series/query.ts'
import { parseExpression, parseSelector } from '../../src/promises/expression/parse.ts'

const SAMPLES = 60
/** Samples stand between the instants that are asked about: at an edge Prometheus 2 and 3 differ. */
const BESIDE_MS = 3_000
const NOW_MS = Math.floor(Date.now() / 60_000) * 60_000

function at(index: number): number {
  return NOW_MS - (SAMPLES - index) * SCRAPE_MS + BESIDE_MS
}

/** Ten minutes of samples, the newest seven seconds old. */
export function contractReadings(): readonly Reading[] {
  return Array.from({ length: SAMPLES }, (_, index) => index).flatMap((index): Reading[] => {
    const reading = (metric: string, labels: Reading['labels'], value: number): Reading => ({
      metric,
      labels,
      atMs: at(index),
      value,
    })
    const api = { service: 'api' }
    return [
      reading('contract_requests_total', { ...api, status: '2xx' }, index * 10),
      // A reset in the middle.
      reading('contract_requests_total', { ...api, status: '5xx' }, index < 30 ? index : index - 30),
      reading('contract_requests_total', { service: 'web', status: '2xx' }, 0),
      reading('contract_size_bytes', api, index === SAMPLES - 1 ? 7.25 : 1.5),
      ...['0.1', '0.5', '+Inf'].map((le, bound) =>
        reading('contract_seconds_bucket', { ...api, le }, index * (bound + 2)),
      ),
      ...(index < 10 ? [reading('contract_gone', {}, 1)] : []),
      ...(index === 0
        ? [reading('contract_odd', { is: 'nan' }, NaN), reading('contract_odd', { is: 'infinite' }, Infinity)]
        : []),
    ]
  })
}

/** @param make an implementation that holds the contract's readings; called once, by the first test */
export function seriesContract(
  name: string,
  make: () => Promise<SeriesQuery>,
  options: { skip?: string | false } = {},
): void {
  let made: Promise<SeriesQuery> | null = null
  const query = (): Promise<SeriesQuery> => (made ??= make())
  const promise = (what: string, check: (store: SeriesQuery) => Promise<void>): void => {
    void test(`${name}: ${what}`, { skip: options.skip ?? false }, async () => check(await query()))
  }
  const values = async (store: SeriesQuery, text: string, atMs = NOW_MS): Promise<Record<string, number>> => {
    const found = await store.instant(parseExpression(text), atMs)
    return Object.fromEntries(found.map(({ metric, labels, value }) => [seriesKey(metric ?? '', labels), value]))
  }

  promise('an instant has names, labels and values', async (store) => {
    assert.deepEqual(await values(store, 'contract_size_bytes'), { 'contract_size_bytes{service="api"}': 7.25 })
    assert.deepEqual(await values(store, 'contract_requests_total{status!="5xx",service=~"a.*"}'), {
      'contract_requests_total{service="api",status="2xx"}': 590,
    })
    assert.deepEqual(await values(store, 'contract_size_bytes offset 1m'), {
      'contract_size_bytes{service="api"}': 1.5,
    })
    assert.deepEqual(await values(store, '1 + 2 * 3'), { '': 7 })
  })

  promise('what yields nothing yields an empty list', async (store) => {
    assert.deepEqual(await values(store, 'contract_none'), {})
    // Five minutes after its newest sample a series is not seen any more.
    assert.deepEqual(await values(store, 'contract_gone'), {})
    assert.deepEqual(await values(store, 'contract_size_bytes > 100'), {})
    assert.deepEqual(await values(store, 'absent(contract_gone{a="b"})'), { '{a="b"}': 1 })
  })

  promise('rates, ratios and aggregations', async (store) => {
    // 30 samples of 10 each, in 290 s; out to both edges of 300 s.
    assert.deepEqual(await values(store, 'increase(contract_requests_total{status="2xx",service="api"}[5m])'), {
      '{service="api",status="2xx"}': 300,
    })
    const counts = await values(store, 'sum by (service) (rate(contract_requests_total[9m]))')
    assert.deepEqual(Object.keys(counts).toSorted(), ['{service="api"}', '{service="web"}'])
    // 53 steps of 10, and of 1 but for the reset, which begins at nothing.
    close(counts['{service="api"}']!, ((530 + 52) / 530) * (540 / 540))
    assert.equal(counts['{service="web"}'], 0)
    const ratio = await values(
      store,
      'sum by (service) (rate(contract_requests_total{status="5xx"}[5m])) / sum by (service) (rate(contract_requests_total[5m]))',
    )
    assert.deepEqual(Object.keys(ratio), ['{service="api"}'])
    assert.deepEqual(
      await values(store, 'sum(contract_requests_total{service="web"}) / sum(contract_requests_total{service="web"})'),
      { '': NaN },
    )
    close((await values(store, 'histogram_quantile(0.5, contract_seconds_bucket)'))['{service="api"}']!, 0.1)
    assert.deepEqual(await values(store, 'count_over_time(contract_size_bytes[1m])'), { '{service="api"}': 6 })
    assert.deepEqual(await values(store, 'contract_odd', at(1)), {
      'contract_odd{is="infinite"}': Infinity,
      'contract_odd{is="nan"}': NaN,
    })
  })

  promise('a range has a point at each step that yields something', async (store) => {
    const range = { startMs: NOW_MS - 120_000, endMs: NOW_MS, stepMs: 30_000 }
    const [line, ...others] = await store.range(parseExpression('contract_size_bytes'), range)
    assert.deepEqual(others, [])
    assert.deepEqual(
      line!.samples.map(({ atMs, value }) => [atMs - NOW_MS, value]),
      [
        [-120_000, 1.5],
        [-90_000, 1.5],
        [-60_000, 1.5],
        [-30_000, 1.5],
        [0, 7.25],
      ],
    )
    const [gone] = await store.range(parseExpression('contract_gone'), {
      startMs: at(0),
      endMs: NOW_MS,
      stepMs: 60_000,
    })
    // The last of its ten samples, and five minutes.
    assert.equal(gone!.samples.length, 7)
    assert.deepEqual(await store.range(parseExpression('contract_none'), range), [])
  })

  promise('raw samples are those that were collected, both ends included', async (store) => {
    const [series] = await store.raw(parseSelector('contract_requests_total{status="2xx",service="api"}'), {
      fromMs: at(5),
      toMs: at(8),
    })
    assert.deepEqual(series, {
      metric: 'contract_requests_total',
      labels: { service: 'api', status: '2xx' },
      samples: [5, 6, 7, 8].map((index) => ({ atMs: at(index), value: index * 10 })),
    } satisfies Series)
    assert.deepEqual(await store.raw(parseSelector('contract_gone'), { fromMs: at(11), toMs: at(20) }), [])
  })

  promise('series are found by name and by labels', async (store) => {
    const keys = async (metric: string | null, label: string, value: string) =>
      (await store.series(metric, [{ label, op: '=~', value }]))
        .map((one) => seriesKey(one.metric, one.labels))
        .toSorted()
    assert.deepEqual(await keys('contract_requests_total', 'status', '5..'), [
      'contract_requests_total{service="api",status="5xx"}',
    ])
    assert.deepEqual(await keys(null, 'is', '.+'), ['contract_odd{is="infinite"}', 'contract_odd{is="nan"}'])
  })

  promise('what is refused is refused alike', async (store) => {
    const ask = (text: string) => store.instant(parseExpression(text), NOW_MS)
    await assert.rejects(ask('contract_size_bytes / on (service) contract_requests_total'), {
      code: 'series.ambiguous',
    })
    const scalars = { kind: 'number', digits: '1' } as const
    await assert.rejects(store.instant({ kind: 'binary', op: '>', left: scalars, right: scalars, on: null }, NOW_MS), {
      code: 'promise.expression',
    })
    const long = { startMs: NOW_MS - POINTS_MAX * 1_000, endMs: NOW_MS, stepMs: 1_000 }
    await assert.rejects(store.range(parseExpression('contract_size_bytes'), long), { code: 'series.too-much' })
  })
}

function close(value: number, expected: number): void {
  assert.ok(Math.abs(value - expected) < 1e-9, `${value} instead of ${expected}`)
}
