import assert from 'node:assert/strict'
import { test } from 'node:test'
import { METRICS, metricOf } from './catalogue.ts'
import { PRODUCERS, seriesNames } from './metric.ts'

void test('names are what the text format asks for, and each stands once', () => {
  for (const { name, labels } of METRICS) {
    assert.match(name, /^seaworthy_[a-z]+(?:_[a-z]+)*$/)
    for (const label of labels) assert.match(label, /^(?!le$|quantile$)[a-z]+$/, `${name}: ${label}`)
  }
  const names = METRICS.flatMap(seriesNames)
  assert.deepEqual(
    names.filter((name, index) => names.indexOf(name) !== index),
    [],
  )
})

void test('every producer has its metrics, every metric its help', () => {
  for (const producer of PRODUCERS)
    assert.ok(
      METRICS.some((metric) => metric.producer === producer),
      producer,
    )
  assert.deepEqual(
    METRICS.filter(({ help }) => !help.endsWith('.')),
    [],
  )
})

void test('a series leads to its metric', () => {
  const duration = metricOf('seaworthy_watched_duration_seconds_bucket')
  assert.equal(duration?.name, 'seaworthy_watched_duration_seconds')
  assert.deepEqual([duration?.type, duration?.unit], ['histogram', 'seconds'])
  assert.equal(metricOf('seaworthy_watched_duration_seconds'), null, 'a histogram has no series of its own name')
  assert.equal(metricOf('seaworthy_instance_cpu_seconds_total')?.type, 'counter')
  assert.equal(metricOf('seaworthy_host_network_bytes_total')?.unit, 'bytes')
  assert.equal(metricOf('up'), null)
})
