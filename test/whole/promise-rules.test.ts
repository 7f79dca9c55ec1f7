/** The rules of promises before Prometheus' own judge: promtool travels through the hours that they need. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempDisposableSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { SCRAPE_MS } from '../../src/core/series/series.ts'
import { Decimal } from '../../src/promises/decimal.ts'
import { detectionOf } from '../../src/promises/detection.ts'
import { budgetedOf } from '../../src/promises/events.ts'
import { promql } from '../../src/promises/expression.ts'
import { noDataRule } from '../../src/promises/no-data-rule.ts'
import { promiseRecordings, promiseRules } from '../../src/promises/promise-rules.ts'
import { appWith } from '../../src/promises/testing.ts'

const hasPromtool = spawnSync('promtool', ['--version']).status === 0
const skip = hasPromtool ? false : 'promtool is not installed (Debian: prometheus)'

const STEP_S = SCRAPE_MS / 1_000
const HOUR_STEPS = 3_600 / STEP_S

interface Expectation {
  readonly series: Readonly<Record<string, string>>
  readonly at: readonly (readonly [seconds: number, alert: string, fires: boolean])[]
}

const app = appWith({
  trade: { on: { service: 'api' }, availability: '99.9%', latency: { p99: '1s' } },
  data: { on: 'db', availability: '99.9%' },
  operate: { on: 'operate', detect: '1min' },
})
const requests = (status: string): string =>
  `seaworthy_watched_requests_total{watch="trade",service="api",status="${status}"}`
const duration = (what: string): string => `seaworthy_watched_duration_seconds_${what},service="api"}`

/** Counters that rise by these each step, phase after phase: a step is 10 s, and the first value stands at 0 s. */
function rising(...phases: readonly (readonly [each: number, steps: number])[]): string {
  let value = 0
  return phases
    .map(([each, steps], index) => {
      const first = index === 0 ? 0 : value + each
      const times = index === 0 ? steps : steps - 1
      value = first + each * times
      return `${first}+${each}x${times}`
    })
    .join(' ')
}

/** All alerts, by name; what a rule says when nothing is counted is an alert of its own. */
const alerts = promiseRules(app).flatMap((rule) =>
  [rule, noDataRule(rule)]
    .filter((each) => each !== null)
    .map(({ name, expression, forMs }) => ({ alert: name, expr: promql(expression), for: `${forMs}ms` })),
)

function groupOf(rules: readonly object[]): string {
  return JSON.stringify({ groups: [{ name: 'promises', interval: `${STEP_S}s`, rules }] })
}

function run(expectations: readonly Expectation[]): { readonly ok: boolean; readonly said: string } {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'seaworthy-promtool-'))
  const asked = new Set(expectations.flatMap(({ at }) => at.map(([, alert]) => alert)))
  writeFileSync(join(folder.path, 'rules.json'), groupOf(alerts.filter(({ alert }) => asked.has(alert))))
  const tests = expectations.map(({ series, at }) => ({
    interval: `${STEP_S}s`,
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    alert_rule_test: at.map(([seconds, alertname, fires]) => ({
      eval_time: `${seconds}s`,
      alertname,
      exp_alerts: fires ? [{ exp_labels: labelsOf(alertname) }] : [],
    })),
  }))
  const text = JSON.stringify({ rule_files: ['rules.json'], evaluation_interval: `${STEP_S}s`, tests })
  writeFileSync(join(folder.path, 'tests.json'), text)
  const { status, stdout, stderr } = spawnSync('promtool', ['test', 'rules', 'tests.json'], {
    cwd: folder.path,
    encoding: 'utf8',
  })
  return { ok: status === 0, said: `${stdout}${stderr}` }
}

function labelsOf(alert: string): Readonly<Record<string, string>> {
  if (alert.endsWith('NoData')) return alert.startsWith('Data') ? { need: 'db' } : { watch: 'trade', service: 'api' }
  return alert.startsWith('Data') ? { need: 'db', kind: 'postgres' } : { service: 'api' }
}

function mustPass(...expectations: readonly Expectation[]): void {
  const { ok, said } = run(expectations)
  assert.ok(ok, said)
}

/** An hour in which everything is well, then a share of 100 requests per step that is bad for as long as it takes. */
function failing(share: string, steps: number): Expectation['series'] {
  const bad = Number(share) * 100
  return {
    [requests('2xx')]: rising([100, HOUR_STEPS], [100 - bad, steps]),
    [requests('5xx')]: rising([0, HOUR_STEPS], [bad, steps]),
  }
}

void test('promtool takes every rule and every record', { skip }, () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'seaworthy-promtool-'))
  const records = promiseRecordings(app).map(({ record, expression, labels }) => ({
    record,
    expr: promql(expression),
    labels,
  }))
  writeFileSync(join(folder.path, 'rules.json'), groupOf([...records, ...alerts]))
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'rules', 'rules.json'], {
    cwd: folder.path,
    encoding: 'utf8',
  })
  assert.equal(status, 0, stderr)
  assert.match(stdout, new RegExp(`SUCCESS: ${records.length + alerts.length} rules found`))
})

void test('a steady share of errors is seen when the formula says, within two steps', { skip }, () => {
  const [availability] = budgetedOf(app)
  const expectations = ['1', '0.5', '0.1', '0.05', '0.02'].map((share): Expectation => {
    const found = detectionOf(availability!, Decimal.of(share))
    assert.ok(found.kind === 'after' && found.by.window.name === '1h')
    const seconds = 3_600 + Math.round(found.ms.toNumber() / SCRAPE_MS) * STEP_S
    return {
      series: failing(share, 300),
      at: [
        [seconds - 2 * STEP_S, 'TradeAvailabilityBurn1h', false],
        [seconds + 2 * STEP_S, 'TradeAvailabilityBurn1h', true],
      ],
    }
  })
  mustPass(...expectations)
  // The control: told at once, promtool has to disagree.
  const [first] = expectations
  const early = { ...first!, at: [[3_600 + STEP_S, 'TradeAvailabilityBurn1h', true]] as const }
  assert.equal(run([early]).ok, false)
})

void test('what is allowed, what the client left and what is not there fire nothing', { skip }, () => {
  const silent = ['TradeAvailabilityBurn1h', 'TradeAvailabilityBurn6h', 'TradeAvailabilityFailing']
  const at = silent.map((alert) => [2 * 3_600, alert, false] as const)
  mustPass(
    { series: {}, at },
    // No traffic: 0/0.
    { series: { [requests('2xx')]: '7x720', [requests('5xx')]: '3x720' }, at },
    // 0.5 % of errors for an hour are below 6 × 0.1 %.
    { series: failing('0.005', 360), at },
    {
      series: {
        [requests('2xx')]: rising([50, 720]),
        [requests('client-gone')]: rising([50, 720]),
        [requests('unanswered')]: rising([50, 720]),
      },
      at,
    },
    // Every one of 18 requests an hour fails: too few to wake anybody.
    {
      series: { [requests('5xx')]: '0x40 1x40 2x40 3x40 4x40 5x40 6x40 7x40 8x40 9x40 10x40 11x40 12x40 13x40 14x40' },
      at,
    },
    // The same at one request a step.
    {
      series: { [requests('5xx')]: rising([1, 720]) },
      at: silent.map((alert) => [2 * 3_600, alert, alert !== 'TradeAvailabilityFailing']),
    },
  )
})

void test('the symptom is in time for a minute, and ends with the fault', { skip }, () => {
  const end = 30
  const series = {
    [requests('2xx')]: rising([100, HOUR_STEPS], [0, end], [100, 60]),
    [requests('5xx')]: rising([0, HOUR_STEPS], [100, end], [0, 60]),
  }
  mustPass({
    series,
    at: [
      [3_600, 'TradeAvailabilityFailing', false],
      // 60 s promised less 30 s until it is told, and a step for where the fault began within one.
      [3_600 + 30 + STEP_S, 'TradeAvailabilityFailing', true],
      [3_600 + 400, 'TradeAvailabilityFailing', false],
      [3_600 + 300 + 300 + 2 * STEP_S, 'TradeAvailabilityBurn1h', false],
    ],
  })
})

void test('a latency stands on its bucket, a need on its probes, and what is gone is told', { skip }, () => {
  const count = duration('count{watch="trade"')
  const within = (le: string): string => duration(`bucket{watch="trade",le="${le}"`)
  // 20 % are slower than 1 s: 14.4 × 1 % = 14.4 % is passed after 0.144 ÷ 0.2 of an hour, 43.2 min.
  const slow = (le: string): Expectation => ({
    series: {
      [count]: rising([100, HOUR_STEPS + 300]),
      [within(le)]: rising([100, HOUR_STEPS], [80, 300]),
      [within('2')]: rising([100, HOUR_STEPS + 300]),
    },
    at: [
      [3_600 + 2_592 - 22, 'TradeLatency99Burn1h', false],
      [3_600 + 2_592 + 28, 'TradeLatency99Burn1h', true],
      [3_600, 'TradeAvailabilityNoData', false],
    ],
  })
  mustPass(slow('1'), slow('1.0'), {
    series: { 'seaworthy_need_up{need="db",kind="postgres"}': '1x360 0x60' },
    at: [
      [3_600 + 40, 'DataAvailabilityBurn1h', false],
      [3_600 + 80, 'DataAvailabilityBurn1h', true],
    ],
  })
  mustPass({
    series: { [count]: '0x10 _x100', 'seaworthy_need_up{need="db",kind="postgres"}': '1x10 stale _x100' },
    at: [
      // Gone with the step at 110 s.
      [160, 'DataAvailabilityNoData', false],
      [180, 'DataAvailabilityNoData', true],
      // Five minutes long a series that just stopped is looked for.
      [380, 'TradeAvailabilityNoData', false],
      [480, 'TradeAvailabilityNoData', true],
    ],
  })
})
