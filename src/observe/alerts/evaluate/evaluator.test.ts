import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Problem } from '../../../core/problem.ts'
import { SCRAPE_MS } from '../../../core/series/series.ts'
import type { AlertRule } from '../../../promises/alert-rule.ts'
import { alertPathRules } from '../../../promises/built-in/alert-path.ts'
import { instanceRules } from '../../../promises/built-in/instances.ts'
import { requestRules } from '../../../promises/built-in/requests.ts'
import type { Expression } from '../../../promises/expression.ts'
import { parseExpression } from '../../../promises/expression/parse.ts'
import { promiseRules } from '../../../promises/promise-rules.ts'
import { appWith } from '../../../promises/testing.ts'
import type { Alert } from '../alert.ts'
import type { SeriesQuery } from '../../series/query.ts'
import { MemoryStore } from '../../series/memory-store.ts'
import { ALERTS_MAX, Evaluator, type AlertStore } from './evaluator.ts'

const BEAT = (n: number): number => n * SCRAPE_MS
const rules = [...instanceRules(['api']), ...requestRules(), ...alertPathRules()]

function makeStore(): AlertStore & { readonly saved: Map<string, Alert>; writes: number } {
  const saved = new Map<string, Alert>()
  return {
    saved,
    writes: 0,
    all: () => [...saved.values()],
    save(changes) {
      this.writes += 1
      for (const [key, alert] of changes) {
        if (alert === null) saved.delete(key)
        else saved.set(key, alert)
      }
    },
  }
}

function make(query?: Pick<SeriesQuery, 'instant'>) {
  const series = new MemoryStore()
  const store = makeStore()
  const options = { query: query ?? series, store, startedAtMs: 0, passMsMax: 50 }
  return {
    series,
    store,
    evaluator: new Evaluator(options),
    again: (startedAtMs: number) => new Evaluator({ ...options, startedAtMs }),
  }
}

/** What a healthy environment shows at a beat. */
function healthy(series: MemoryStore, atMs: number, up = 1): void {
  series.append([
    { metric: 'seaworthy_instance_up', labels: { service: 'api', instance: 'api-1' }, atMs, value: up },
    { metric: 'seaworthy_scrape_up', labels: { source: 'host', target: 'host' }, atMs, value: 1 },
    { metric: 'seaworthy_heartbeat_timestamp_seconds', labels: {}, atMs, value: atMs / 1_000 },
  ])
}

function requests(series: MemoryStore, atMs: number, counts: { ok: number; failed: number }): void {
  const labels = { watch: 'service/api', service: 'api' }
  series.append([
    { metric: 'seaworthy_watched_requests_total', labels: { ...labels, status: '2xx' }, atMs, value: counts.ok },
    { metric: 'seaworthy_watched_requests_total', labels: { ...labels, status: '5xx' }, atMs, value: counts.failed },
  ])
}

const states = (evaluator: Evaluator): readonly string[] =>
  evaluator
    .alerts()
    .map(({ rule, state }) => `${rule} ${state}`)
    .toSorted()

void test('a service that is down fires at once, and is over at the first look that finds it', async () => {
  const { series, evaluator, store } = make()
  healthy(series, BEAT(1))
  await evaluator.evaluate(rules, BEAT(1))
  assert.deepEqual(states(evaluator), [])
  assert.equal(store.writes, 0, 'nothing has changed: nothing is written')
  healthy(series, BEAT(2), 0)
  const { changed } = await evaluator.evaluate(rules, BEAT(2))
  assert.deepEqual(states(evaluator), ['InstanceDown firing', 'ServiceDown firing'])
  assert.deepEqual(
    changed.map(({ labels }) => labels),
    [
      { alertname: 'ServiceDown', category: 'critical', service: 'api', severity: 'P0' },
      { alertname: 'InstanceDown', category: 'critical', instance: 'api-1', service: 'api', severity: 'P1' },
    ],
    'the labels that it has in Prometheus',
  )
  healthy(series, BEAT(3))
  await evaluator.evaluate(rules, BEAT(3))
  assert.deepEqual(states(evaluator), ['InstanceDown inactive', 'ServiceDown inactive'])
  assert.equal(evaluator.alerts()[0]!.resolvedAtMs, BEAT(3))
})

void test('between two beats one rule can be asked alone; the others keep what they know', async () => {
  const { series, evaluator } = make()
  healthy(series, BEAT(1))
  requests(series, BEAT(0), { ok: 0, failed: 0 })
  requests(series, BEAT(1), { ok: 80, failed: 20 })
  await evaluator.evaluate(rules, BEAT(1))
  assert.deepEqual(states(evaluator), ['CriticalErrorRatio pending', 'HighErrorRatio pending'])
  healthy(series, BEAT(1) + 100, 0)
  await evaluator.evaluate(rules, BEAT(1) + 100, new Set(['ServiceDown']))
  assert.deepEqual(states(evaluator), ['CriticalErrorRatio pending', 'HighErrorRatio pending', 'ServiceDown firing'])
})

void test('since when something holds survives a restart, so that no `for` begins anew', async () => {
  const { series, evaluator, again } = make()
  for (const n of [0, 1, 2, 3, 4, 5]) {
    healthy(series, BEAT(n))
    requests(series, BEAT(n), { ok: n * 80, failed: n * 20 })
  }
  await evaluator.evaluate(rules, BEAT(1))
  const restarted = again(BEAT(3))
  await restarted.evaluate(rules, BEAT(4))
  assert.deepEqual(states(restarted), ['CriticalErrorRatio firing', 'HighErrorRatio firing'])
  assert.equal(restarted.alerts()[0]!.activeAtMs, BEAT(1))
})

void test('few requests say nothing, and none at all is no failure', async () => {
  const { series, evaluator } = make()
  for (let n = 0; n <= 60; n++) {
    healthy(series, BEAT(n))
    // Nineteen requests in ten minutes, all of them failed.
    requests(series, BEAT(n), { ok: 0, failed: Math.min(n, 19) })
    await evaluator.evaluate(rules, BEAT(n))
  }
  assert.deepEqual(states(evaluator), [])
})

void test('series that vanish are an alert of their own, one severity lower, and end nothing that fires', async () => {
  const { series, evaluator } = make()
  healthy(series, BEAT(1), 0)
  await evaluator.evaluate(rules, BEAT(1))
  const gone = { service: 'api', instance: 'api-1' }
  series.append([{ metric: 'seaworthy_instance_up', labels: gone, atMs: BEAT(2), value: null }])
  for (let n = 2; n <= 8; n++) {
    series.append([
      { metric: 'seaworthy_scrape_up', labels: { source: 'host', target: 'host' }, atMs: BEAT(n), value: 1 },
      { metric: 'seaworthy_heartbeat_timestamp_seconds', labels: {}, atMs: BEAT(n), value: BEAT(n) / 1_000 },
    ])
    await evaluator.evaluate(rules, BEAT(n))
  }
  assert.deepEqual(states(evaluator), ['InstanceDown inactive', 'ServiceDown firing', 'ServiceDownNoData firing'])
  healthy(series, BEAT(9))
  await evaluator.evaluate(rules, BEAT(9))
  assert.deepEqual(states(evaluator), ['InstanceDown inactive', 'ServiceDown inactive', 'ServiceDownNoData inactive'])
})

void test('what fired goes on when its rule gets another severity, and is one alert', async () => {
  const { series, evaluator } = make()
  healthy(series, BEAT(1), 0)
  await evaluator.evaluate(rules, BEAT(1))
  healthy(series, BEAT(2), 0)
  await evaluator.evaluate(
    rules.map((rule) => ({ ...rule, severity: 'P3' })),
    BEAT(2),
  )
  assert.deepEqual(
    evaluator.alerts().map(({ rule, state, firedAtMs, labels }) => [rule, state, firedAtMs, labels['severity']]),
    [
      ['ServiceDown', 'firing', BEAT(1), 'P3'],
      ['InstanceDown', 'firing', BEAT(1), 'P3'],
    ],
  )
})

void test('a promise whose counts vanish has not been mended: its alert goes on, by labels that the counts have and it has not', async () => {
  const { series, evaluator } = make()
  const own = promiseRules(appWith({ trade: { on: { service: 'api' }, availability: '99.9%' } }))
  const beat = (n: number): Promise<unknown> => {
    healthy(series, BEAT(n))
    return evaluator.evaluate([...own, ...alertPathRules()], BEAT(n))
  }
  const labels = { watch: 'trade', service: 'api' }
  const counts = (n: number, value: number | null): void =>
    series.append([
      { metric: 'seaworthy_watched_requests_total', labels: { ...labels, status: '5xx' }, atMs: BEAT(n), value },
      { metric: 'seaworthy_watched_duration_seconds_count', labels, atMs: BEAT(n), value },
    ])
  for (let n = 0; n <= 6; n++) {
    counts(n, n * 10)
    await beat(n)
  }
  assert.ok(states(evaluator).includes('TradeAvailabilityBurn1h firing'))
  counts(7, null)
  // The short window is five minutes: after them the condition yields nothing any more.
  for (let n = 7; n <= 50; n++) await beat(n)
  const after = states(evaluator).filter((state) => state.startsWith('TradeAvailability'))
  assert.deepEqual(after.toSorted(), [
    ...['1d', '1h', '3d', '6h'].map((window) => `TradeAvailabilityBurn${window} firing`),
    'TradeAvailabilityNoData firing',
  ])
  const told = evaluator.alerts().find(({ rule }) => rule === 'TradeAvailabilityNoData')
  assert.equal(told!.labels['service'], 'api', 'it belongs to an incident of the service')
})

void test('one rule that is asked alone knows as well that its series are missing', async () => {
  const { series, evaluator } = make()
  healthy(series, BEAT(1), 0)
  await evaluator.evaluate(rules, BEAT(1))
  const gone = { service: 'api', instance: 'api-1' }
  series.append([{ metric: 'seaworthy_instance_up', labels: gone, atMs: BEAT(2), value: null }])
  await evaluator.evaluate(rules, BEAT(2), new Set(['ServiceDown']))
  assert.ok(states(evaluator).includes('ServiceDown firing'), states(evaluator).join())
})

void test('a store that does not answer in time changes nothing, until the path of alerts is itself the alert', async () => {
  let hangs = false
  const series = new MemoryStore()
  const slow = {
    instant: (expression: Expression, atMs: number) =>
      hangs ? new Promise<never>(() => {}) : series.instant(expression, atMs),
  }
  const { evaluator } = make(slow)
  healthy(series, BEAT(1), 0)
  await evaluator.evaluate(rules, BEAT(1))
  hangs = true
  assert.match((await evaluator.evaluate(rules, BEAT(2))).failed!, /not evaluated within 50 ms/)
  assert.deepEqual(states(evaluator), ['InstanceDown firing', 'ServiceDown firing'])
  await evaluator.evaluate(rules, BEAT(8))
  await evaluator.evaluate(rules, BEAT(10))
  assert.deepEqual(states(evaluator), ['HeartbeatMissed firing', 'InstanceDown firing', 'ServiceDown firing'])
  hangs = false
  healthy(series, BEAT(11))
  await evaluator.evaluate(rules, BEAT(11))
  assert.ok(states(evaluator).includes('HeartbeatMissed inactive'))
})

void test('a rule of somebody that cannot be answered silences itself alone', async () => {
  const { series, evaluator } = make()
  const when = 'seaworthy_instance_up <= on (service) seaworthy_service_instances'
  const own: AlertRule = { ...rules[0]!, name: 'OwnIdea', origin: { kind: 'user' }, expression: parseExpression(when) }
  const all = [...rules, { ...own, forMs: 0, noData: null }]
  const instances = { metric: 'seaworthy_service_instances', labels: { service: 'api' }, value: 1 }
  healthy(series, BEAT(1))
  series.append([{ ...instances, atMs: BEAT(1) }])
  const { refused } = await evaluator.evaluate(all, BEAT(1))
  assert.deepEqual([refused.size, states(evaluator)], [0, ['OwnIdea firing']])
  // With the second instance its question has no answer any more.
  healthy(series, BEAT(2), 0)
  const second = { metric: 'seaworthy_instance_up', labels: { service: 'api', instance: 'api-2' }, value: 0 }
  series.append([{ ...second, atMs: BEAT(2) }])
  const pass = await evaluator.evaluate(all, BEAT(2))
  assert.match(pass.refused.get('OwnIdea')!, /several series on the left/)
  assert.deepEqual([pass.failed, evaluator.evaluatedAtMs], [null, BEAT(2)])
  assert.deepEqual(states(evaluator), [
    'InstanceDown firing',
    'InstanceDown firing',
    'OwnIdea firing',
    'ServiceDown firing',
  ])
})

void test('a rule of somebody that is not answered in time keeps nobody else waiting', async () => {
  const series = new MemoryStore()
  const expression = parseExpression('endless > 1')
  const slow = {
    instant: (asked: Expression, atMs: number) =>
      asked === expression ? new Promise<never>(() => {}) : series.instant(asked, atMs),
  }
  const { evaluator } = make(slow)
  healthy(series, BEAT(1), 0)
  const own: AlertRule = { ...rules[0]!, name: 'OwnIdea', origin: { kind: 'user' }, expression, noData: null }
  const pass = await evaluator.evaluate([...rules, own], BEAT(1))
  assert.match(pass.refused.get('OwnIdea')!, /not evaluated within 40 ms/)
  assert.deepEqual([pass.failed, states(evaluator)], [null, ['InstanceDown firing', 'ServiceDown firing']])
})

void test('alerts of a rule that is gone end with it', async () => {
  const { series, evaluator, store } = make()
  healthy(series, BEAT(1), 0)
  await evaluator.evaluate(rules, BEAT(1))
  const { changed } = await evaluator.evaluate(alertPathRules(), BEAT(2))
  assert.deepEqual(
    changed.map(({ rule, resolvedAtMs }) => [rule, resolvedAtMs]),
    [
      ['ServiceDown', BEAT(2)],
      ['InstanceDown', BEAT(2)],
    ],
  )
  assert.deepEqual([evaluator.alerts(), store.saved.size], [[], 0])
})

void test('alerts by unbounded labels are bounded, and said', async () => {
  const { series, evaluator } = make()
  const down = rules.find(({ name }) => name === 'InstanceDown') as AlertRule
  for (let n = 0; n < ALERTS_MAX + 7; n++) {
    const labels = { service: 'api', instance: `api-${n}` }
    series.append([{ metric: 'seaworthy_instance_up', labels, atMs: 0, value: 0 }])
  }
  const { dropped } = await evaluator.evaluate([down], 0)
  assert.deepEqual([dropped, evaluator.alerts().length], [7, ALERTS_MAX])
})

void test('what somebody has asked too widely keeps no alert of another rule out, refused or not', async () => {
  const { series, evaluator } = make()
  const expression = parseExpression('queue_length > 0')
  const own: AlertRule = { ...rules[0]!, name: 'OwnIdea', origin: { kind: 'user' }, expression, forMs: 0, noData: null }
  const many = Array.from({ length: ALERTS_MAX }, (_, n) => ({
    metric: 'queue_length',
    labels: { queue: `q${n}` },
    value: 1,
  }))
  series.append(many.map((one) => ({ ...one, atMs: BEAT(1) })))
  healthy(series, BEAT(1))
  await evaluator.evaluate([own, ...rules], BEAT(1))
  assert.equal(evaluator.alerts().length, ALERTS_MAX)
  healthy(series, BEAT(2), 0)
  series.append(many.map((one) => ({ ...one, atMs: BEAT(2) })))
  const others = (): readonly string[] => states(evaluator).filter((one) => !one.startsWith('OwnIdea'))
  const down = ['InstanceDown firing', 'ServiceDown firing']
  const { dropped } = await evaluator.evaluate([own, ...rules], BEAT(2))
  assert.deepEqual([dropped, others()], [2, down])
  // Not asked this time, as a refused one is not answered: what is known of it stays, behind what is new.
  const outage = new Set(rules.map(({ name }) => name))
  assert.equal((await evaluator.evaluate([own, ...rules], BEAT(2), outage)).dropped, 0)
  assert.deepEqual(others(), down)
})

void test('a rule that is refused while it has all the alerts there may be keeps no new one out', async () => {
  const series = new MemoryStore()
  const expression = parseExpression('queue_length > 0')
  const asked = { isRefused: false }
  const query: Pick<SeriesQuery, 'instant'> = {
    instant: async (each, atMs) => {
      if (each !== expression) return series.instant(each, atMs)
      if (asked.isRefused) throw new Problem('series.too-much', 'too much')
      return Array.from({ length: ALERTS_MAX }, (_, n) => ({ metric: null, labels: { queue: `q${n}` }, value: 1 }))
    },
  }
  const { evaluator } = make(query)
  const own: AlertRule = { ...rules[0]!, name: 'OwnIdea', origin: { kind: 'user' }, expression, forMs: 0, noData: null }
  healthy(series, BEAT(1))
  await evaluator.evaluate([...rules, own], BEAT(1))
  asked.isRefused = true
  healthy(series, BEAT(2), 0)
  const { dropped, refused } = await evaluator.evaluate([...rules, own], BEAT(2))
  assert.deepEqual([dropped, refused.size], [2, 1])
  assert.deepEqual(
    states(evaluator).filter((one) => !one.startsWith('OwnIdea')),
    ['InstanceDown firing', 'ServiceDown firing'],
  )
})

void test('a quiet night of 24 h fires nothing', async () => {
  const { series, evaluator } = make()
  let fired = 0
  for (let n = 0; n <= 8_640; n++) {
    healthy(series, BEAT(n))
    requests(series, BEAT(n), { ok: 3, failed: 0 })
    // Every rule at every minute: a quiet night is the same at each of its beats.
    if (n % 6 === 0)
      fired += (await evaluator.evaluate(rules, BEAT(n))).changed.filter(({ state }) => state !== 'no-data').length
  }
  assert.equal(fired, 0)
})
