import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { readMetrics, type ReadSample } from './read.ts'
import { seriesKey } from '../series/labels.ts'
import { formatFor, writeMetrics, type MetricHead, type MetricsFormat } from './write.ts'

const METRICS: readonly { readonly head: MetricHead; readonly samples: readonly ReadSample[] }[] = [
  {
    head: { name: 'shop_orders_total', type: 'counter', unit: null, help: 'Orders, "all" of them.\nEver.' },
    samples: [{ metric: 'shop_orders_total', labels: { path: 'a"b\\c\nd', kind: '' }, value: 3 }],
  },
  {
    head: { name: 'shop_wait_seconds', type: 'histogram', unit: 'seconds', help: 'Waiting.' },
    samples: [
      { metric: 'shop_wait_seconds_bucket', labels: { le: '0.2' }, value: 1 },
      { metric: 'shop_wait_seconds_bucket', labels: { le: '+Inf' }, value: 2 },
      { metric: 'shop_wait_seconds_sum', labels: {}, value: 0.55 },
      { metric: 'shop_wait_seconds_count', labels: {}, value: 2 },
    ],
  },
  { head: { name: 'shop_empty', type: 'gauge', unit: null, help: 'Nothing.' }, samples: [] },
]

const written = (format: MetricsFormat): string =>
  writeMetrics(
    METRICS.map(({ head, samples }) => ({
      head,
      samples: samples.map(({ metric, labels, value }) => ({ series: seriesKey(metric, labels), value })),
    })),
    format,
  )

void test('what is written for OpenMetrics', () => {
  assert.equal(
    written('openmetrics'),
    [
      '# TYPE shop_orders counter',
      '# HELP shop_orders Orders, \\"all\\" of them.\\nEver.',
      'shop_orders_total{path="a\\"b\\\\c\\nd"} 3',
      '# TYPE shop_wait_seconds histogram',
      '# UNIT shop_wait_seconds seconds',
      '# HELP shop_wait_seconds Waiting.',
      'shop_wait_seconds_bucket{le="0.2"} 1',
      'shop_wait_seconds_bucket{le="+Inf"} 2',
      'shop_wait_seconds_sum 0.55',
      'shop_wait_seconds_count 2',
      '# EOF',
      '',
    ].join('\n'),
  )
})

void test('what is written is read again, in both formats', () => {
  const samples = METRICS.flatMap((metric) => metric.samples).map(({ metric, labels, value }) => ({
    metric,
    labels: Object.fromEntries(Object.entries(labels).filter(([, text]) => text !== '')),
    value,
  }))
  for (const format of ['openmetrics', 'prometheus'] as const)
    assert.deepEqual(readMetrics(written(format), 100), { samples, dropped: 0 })
})

void test("Prometheus' own checker reads it", (t) => {
  const checked = spawnSync('promtool', ['check', 'metrics'], { input: written('prometheus') })
  if (checked.error !== undefined) return t.skip('promtool is not installed')
  assert.equal(checked.status, 0, checked.stderr.toString())
})

void test('timestamps, exemplars, blanks and numbers of every form are read', () => {
  const text = [
    '# HELP a {not="a sample"} 1',
    'a{ x = "1" , y="}", } 1.5e3 1700000000000',
    'b_bucket{le="1"} 7 # {trace_id="f"} 0.5 1700000000.1',
    'c NaN',
    'd -Inf',
    'e 0x10',
    '# EOF',
    'not read any more',
  ].join('\r\n')
  assert.deepEqual(readMetrics(text, 3), {
    samples: [
      { metric: 'a', labels: { x: '1', y: '}' }, value: 1500 },
      { metric: 'b_bucket', labels: { le: '1' }, value: 7 },
      { metric: 'c', labels: {}, value: Number.NaN },
    ],
    dropped: 2,
  })
})

void test('what is no metrics is refused whole', () => {
  for (const text of [
    '<html>',
    'a',
    'a{x="1"',
    'a{x=1} 1',
    'a 1\nb one',
    'a{x="1"y="2"} 1',
    '{"a": 1}',
    `a{x="${'y'.repeat(600)}"} 1`,
  ])
    assert.equal(readMetrics(text, 10), null, text)
  assert.deepEqual(readMetrics('', 10), { samples: [], dropped: 0 })
})

void test('OpenMetrics is written for those who ask for it', () => {
  assert.equal(formatFor(undefined), 'prometheus')
  assert.equal(formatFor('text/plain;version=0.0.4;q=0.5,*/*;q=0.1'), 'prometheus')
  assert.equal(formatFor('application/openmetrics-text;version=1.0.0;q=0.6,text/plain;q=0.3'), 'openmetrics')
  assert.equal(formatFor('application/openmetrics-text;q=0,text/plain'), 'prometheus')
})
