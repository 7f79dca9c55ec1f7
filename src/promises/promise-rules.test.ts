import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Json } from '../config/plain.ts'
import { metricsOfRules } from './alert-rule.ts'
import { promql } from './expression.ts'
import { METRICS } from './metrics/catalogue.ts'
import { seriesNames } from './metrics/metric.ts'
import { noDataAlert, noDataRule } from './no-data-rule.ts'
import { promiseRecordings, promiseRules, RUNBOOK } from './promise-rules.ts'
import { appWith } from './testing.ts'

const onApi = { service: 'api', route: 'POST /api/trades' }

void test('trade gets the rules a person would write, in digits', () => {
  const rules = promiseRules(appWith({ trade: { on: onApi, availability: '99.9%', latency: { p95: '200ms' } } }))
  assert.deepEqual(
    rules.map(({ name, severity, category, forMs }) => [name, severity, category, forMs]),
    [
      ['TradeAvailabilityBurn1h', 'P0', 'critical', 0],
      ['TradeAvailabilityBurn6h', 'P1', 'critical', 0],
      ['TradeAvailabilityBurn1d', 'P2', 'critical', 0],
      ['TradeAvailabilityBurn3d', 'P2', 'critical', 0],
      ['TradeLatency95Burn1h', 'P0', 'performance', 0],
      ['TradeLatency95Burn6h', 'P1', 'performance', 0],
      ['TradeLatency95Burn1d', 'P2', 'performance', 0],
      ['TradeLatency95Burn3d', 'P2', 'performance', 0],
    ],
  )
  const bad = (window: string, call = 'rate') =>
    `sum by (service) (${call}(seaworthy_watched_requests_total{watch="trade",status=~"5xx|aborted"}[${window}]))`
  const all = (window: string, call = 'rate') =>
    `sum by (service) (${call}(seaworthy_watched_requests_total{watch="trade",status!~"client-gone|unanswered"}[${window}]))`
  assert.equal(
    promql(rules[0]!.expression),
    `(((${bad('1h')} / ${all('1h')}) > 0.0144) and ((${bad('5m')} / ${all('5m')}) > 0.0144)) and ((${all('1h', 'increase')} >= 20) and (${bad('1h', 'increase')} > 1.5))`,
  )
  const count = (window: string, call = 'rate') =>
    `sum by (service) (${call}(seaworthy_watched_duration_seconds_count{watch="trade"}[${window}]))`
  const within = (window: string) =>
    `sum by (service) (rate(seaworthy_watched_duration_seconds_bucket{watch="trade",le="0.2"}[${window}]))`
  const slow = (window: string) => `((${count(window)} - ${within(window)}) / ${count(window)}) > 0.3`
  assert.equal(
    promql(rules[5]!.expression),
    `((${slow('6h')}) and (${slow('30m')})) and (${count('6h', 'increase')} >= 20)`,
  )
  const missing = rules.map(noDataRule).filter((rule) => rule !== null)
  const absent = 'absent(seaworthy_watched_duration_seconds_count{watch="trade",service="api"})'
  assert.deepEqual(
    missing.map(({ name, severity, labels, expression }) => [name, severity, labels['slo'], promql(expression)]),
    [
      ['TradeAvailabilityNoData', 'P1', 'trade/availability', absent],
      ['TradeLatency95NoData', 'P1', 'trade/latency-0.95', absent],
    ],
    'one alert of each objective is enough to say that nothing is counted',
  )
  assert.ok(
    rules.every((rule) => noDataAlert(rule) !== null),
    'and every rule of it knows',
  )
  assert.deepEqual(rules[0]!.labels, { slo: 'trade/availability', promise: 'trade' })
  assert.deepEqual(
    rules[1]!.inhibits.map(({ rule }) => rule),
    ['TradeAvailabilityBurn1d', 'TradeAvailabilityBurn3d'],
  )
  assert.equal(
    rules[0]!.summary,
    '{{ $labels.service }} spends the budget of trade/availability 14.4 times too fast: a share of {{ $value }} failed in 1h, above 0.0144',
  )
})

void test('a detection that burn rates are too slow for gets a rule of its own', () => {
  const rulesWith = (detect: string, availability = '99.9%') =>
    promiseRules(appWith({ trade: { on: onApi, availability }, operate: { on: 'operate', detect } }))
  // 51.84 s + 30 s = 81.84 s are more than a minute, and less than two.
  const [rule] = rulesWith('1min')
  assert.deepEqual([rule!.name, rule!.severity, rule!.forMs], ['TradeAvailabilityFailing', 'P0', 0])
  const rate = (selector: string, call = 'rate') =>
    `sum by (service) (${call}(seaworthy_watched_requests_total{watch="trade",status${selector}}[1m]))`
  const all = '!~"client-gone|unanswered"'
  assert.equal(
    promql(rule!.expression),
    `((${rate('=~"5xx|aborted"')} / ${rate(all)}) > 0.5) and (${rate(all, 'increase')} >= 20)`,
  )
  assert.equal(rule!.inhibits.length, 4)
  assert.equal(rulesWith('2min')[0]!.name, 'TradeAvailabilityBurn1h')
  // 259.2 s + 30 s at 99.5 %: (50 − 30) ÷ 60 = 0.3333, rounded down.
  assert.match(promql(rulesWith('50s', '99.5%')[0]!.expression), /> 0\.3333\) and/)
})

void test('more than one bad event is asked for where a share could be that of one alone', () => {
  const asks = (availability: string): readonly boolean[] =>
    promiseRules(appWith({ trade: { on: onApi, availability } })).map(({ expression }) =>
      promql(expression).endsWith('> 1.5))'),
    )
  // 14.4 × 0.0052 × 20 = 1.4976 < 1.5, and of 0.0053 it is 1.5264.
  assert.deepEqual(asks('99.48%'), [true, true, true, true])
  assert.deepEqual(asks('99.47%'), [false, true, true, true])
  assert.deepEqual(asks('90%'), [false, false, false])
})

void test('a whole bound is found however it is written', () => {
  const [rule] = promiseRules(appWith({ trade: { on: onApi, latency: { p99: '2s' } } }))
  assert.match(promql(rule!.expression), /le=~"2\|2\[\.\]0"/)
})

void test('of availability and errors the stricter one speaks', () => {
  const named = (promise: Readonly<Record<string, Json>>) =>
    promiseRules(appWith({ trade: { on: onApi, ...promise } })).map(({ name }) => name)
  assert.equal(named({ availability: '99.9%', errors: '0.1%' })[0], 'TradeAvailabilityBurn1h')
  assert.equal(named({ availability: '99.9%', errors: '0.05%' })[0], 'TradeErrorsBurn1h')
  assert.equal(named({ availability: '99.9%', errors: '0.05%' }).length, 4)
})

void test('a need is judged by its probes', () => {
  const [rule] = promiseRules(appWith({ data: { on: 'db', availability: '99.9%' } }))
  const up = (window: string) => `seaworthy_need_up{need="db"}[${window}]`
  const down = (window: string) =>
    `((count_over_time(${up(window)}) - sum_over_time(${up(window)})) / count_over_time(${up(window)})) > 0.0144`
  assert.equal(
    promql(rule!.expression),
    `((${down('1h')}) and (${down('5m')})) and ((count_over_time(${up('1h')}) >= 20) and ((count_over_time(${up('1h')}) - sum_over_time(${up('1h')})) > 1.5))`,
  )
  assert.deepEqual(rule!.inhibits[0]!.equal, ['need', 'slo'])
})

void test('names stay apart whatever promises are called, and are names', () => {
  const promises = Object.fromEntries(
    ['ab', 'a-b', 'a1', 'a-1', 'a-1b', 'a-1-b', '1a'].map((name) => [name, { on: onApi, errors: '1%' }]),
  )
  const names = promiseRules(appWith(promises)).map(({ name }) => name)
  assert.equal(new Set(names).size, names.length)
  for (const name of names) assert.match(name, /^[A-Za-z_][A-Za-z0-9_]*$/)
})

void test('the record of a promise is there without a single failure, and for each window', () => {
  const recordings = promiseRecordings(appWith({ trade: { on: onApi, availability: '99.9%' } }))
  assert.deepEqual(
    recordings.map(({ record }) => record),
    ['5m', '30m', '1h', '2h', '6h', '1d', '3d'].map((window) => `service:seaworthy_slo_errors:ratio_rate${window}`),
  )
  assert.match(promql(recordings[0]!.expression), /^\(.* or \(.* \* 0\)\) \/ sum by/)
  assert.deepEqual(recordings[0]!.labels, { slo: 'trade/availability', promise: 'trade' })
})

void test('rules and records name nothing that nobody measures', () => {
  const app = appWith({
    trade: { on: onApi, availability: '99.9%', latency: { p50: '50ms', p95: '200ms', p99: '1s' }, errors: '0.01%' },
    data: { on: 'db', availability: '99.9%', rpo: '6h' },
    operate: { on: 'operate', detect: '1min' },
  })
  const known = new Set(METRICS.flatMap(seriesNames))
  const named = metricsOfRules(promiseRules(app), promiseRecordings(app))
  assert.deepEqual(
    [...named].filter((metric) => !known.has(metric)),
    [],
  )
  assert.equal(named.size, 4)
})

void test('each rule leads to a page that is there', () => {
  const [file, anchor] = RUNBOOK.split('#')
  const heads = readFileSync(join(import.meta.dirname, '../..', file!), 'utf8').match(/^#+ .*$/gm) ?? []
  const anchors = heads.map((head) =>
    head
      .replace(/^#+ /, '')
      .toLowerCase()
      .replaceAll(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  )
  assert.ok(anchors.includes(anchor!), `${RUNBOOK} of ${anchors.join(', ')}`)
})
