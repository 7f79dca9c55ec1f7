import assert from 'node:assert/strict'
import { createHistogram } from 'node:perf_hooks'
import { test } from 'node:test'
import { arrivals } from './arrivals.ts'
import { Backlog } from './backlog.ts'
import { judgeStep, nextRate, stepMsFor, type Limits, type Step } from './capacity.ts'
import { percentilesOf, saturationOf, type LoadResult } from './result.ts'

const LIMITS: Limits = { p50: null, p95: 200, p99: null, errors: 0 }

void test('the search ends at the capacity to 5 %, from below and from above, in few steps', () => {
  for (const capacity of [1.5, 37, 612, 4999, 20_000]) {
    for (const first of [1, 50, 40_000]) {
      const { rates, outcome } = search(capacity, first)
      assert.equal(outcome.kind, 'found')
      assert.ok(outcome.perSecond <= capacity, `${outcome.perSecond} for ${capacity}`)
      assert.ok(outcome.perSecond >= capacity / 1.0501, `${outcome.perSecond} for ${capacity}`)
      assert.ok(rates.length <= 22, `${rates.length} steps for ${capacity} from ${first}`)
    }
  }
})

void test('a service that carries nothing, and one that carries all that may be tried, are told apart', () => {
  assert.deepEqual(search(0.2, 50).outcome, { kind: 'too-slow', perSecond: 1 })
  assert.deepEqual(search(1e9, 50).outcome, { kind: 'unlimited', perSecond: 50_000 })
})

void test('a step fails for its latency, its failures, its growing queue and its missing connections, and says which', () => {
  assert.equal(judgeStep(result({}), LIMITS), null)
  const slow = { p50: 5, p90: 100, p95: 201, p99: 300, p999: 300, max: 300 }
  assert.match(judgeStep(result({ latency: slow }), LIMITS)!, /p95 201 ms is above 200 ms/)
  assert.equal(judgeStep(result({ latency: slow }), { ...LIMITS, p95: null }), null)
  assert.match(judgeStep(result({ good: 499 }), LIMITS)!, /1 of 500 requests failed/)
  assert.equal(judgeStep(result({ good: 499 }), { ...LIMITS, errors: 0.01 }), null)
  assert.match(judgeStep(result({ backlog: { before: 5, after: 13 } }), LIMITS)!, /5.0 requests .* half-time, 13.0 at/)
  assert.equal(judgeStep(result({ answeredPerSecond: 96 }), LIMITS), null, 'they were on their way')
  assert.match(judgeStep(result({ notSent: 3 }), LIMITS)!, /3 requests had no connection left/)
})

void test('a constant latency is no growing queue: the search goes on to where the server has no more to give', () => {
  for (const [latencyMs, limitMs, capacity] of [
    [170, 200, 1_000],
    [180, 200, 1_000],
    [900, 1_000, 300],
    [160, null, 1_000],
    [900, 1_000, 20],
  ] as const) {
    const limits = { ...LIMITS, p95: limitMs }
    const { outcome } = search(Infinity, 50, (perSecond) =>
      judgeStep(played({ perSecond, forMs: stepMsFor(limits), latencyMs, capacity }), limits),
    )
    const what = `${latencyMs} ms, limit ${limitMs}, ${capacity}/s: ${JSON.stringify(outcome)}`
    assert.equal(outcome.kind, 'found', what)
    assert.ok(outcome.perSecond >= capacity / 1.051, what)
    assert.ok(outcome.perSecond <= capacity * 1.05, what)
  }
})

void test('a queue that grows is seen without a limit of the latency, beside a long latency as well', () => {
  const limits = { ...LIMITS, p95: null }
  for (const latencyMs of [1, 170, 900]) {
    for (const perSecond of [20, 100, 4_000]) {
      const at = (capacity: number) => judgeStep(played({ perSecond, forMs: 5_000, latencyMs, capacity }), limits)
      assert.equal(at(perSecond), null)
      assert.match(at(perSecond / 1.05)!, /a queue is growing/, `${perSecond}/s, ${latencyMs} ms`)
    }
  }
})

void test('a step lasts long enough for 5 % too much to pass the limit', () => {
  assert.equal(stepMsFor(LIMITS), 5_000)
  const { p95 } = { p95: 1_000 }
  assert.ok(stepMsFor({ ...LIMITS, p95 }) * 0.05 > p95)
})

void test('a generator that is late, or busy and a little late, is not believed', () => {
  const lag = (p99: number) => ({ p50: 1, p90: 1, p95: 1, p99, p999: p99, max: p99 })
  assert.equal(saturationOf(lag(2), 0.99, 25), null)
  assert.equal(saturationOf(lag(20), 0.5, 25), null)
  assert.match(saturationOf(lag(26), 0.1, 25)!, /late by 26.0 ms \(p99\); at most 25 ms/)
  assert.match(saturationOf(lag(6), 0.93, 25)!, /93 % of a core/)
  assert.equal(saturationOf(null, 1, 25), null)
})

/** A run as it is without noise: requests are served one after the other, so many in a second, and take a time besides. */
function played(server: { perSecond: number; forMs: number; latencyMs: number; capacity: number }): LoadResult {
  const { perSecond, forMs, latencyMs, capacity } = server
  const latency = createHistogram({ lowest: 1, highest: 3_600_000_000, figures: 3 })
  const changes: { at: number; by: number }[] = []
  let freeAt = 0
  for (const due of arrivals({ kind: 'constant', perSecond, forMs, seed: 1 })) {
    freeAt = Math.max(freeAt, due) + 1000 / capacity
    const answeredAt = freeAt - 1000 / capacity + latencyMs
    latency.record(Math.round((answeredAt - due) * 1000))
    changes.push({ at: due, by: 1 }, { at: answeredAt, by: -1 })
  }
  const backlog = new Backlog(forMs)
  let open = 0
  for (const { at, by } of changes.toSorted((one, other) => one.at - other.at)) backlog.note(at, (open += by))
  const requests = changes.length / 2
  const inTime = changes.filter(({ at, by }) => by < 0 && at <= forMs).length
  return result({
    asked: { perSecond, forMs, requests },
    good: requests,
    answeredPerSecond: (inTime * 1000) / forMs,
    latency: percentilesOf(latency),
    backlog: backlog.means(),
  })
}

function search(
  capacity: number,
  first: number,
  judge = (perSecond: number): string | null => (perSecond > capacity ? 'too much' : null),
) {
  const steps: Step[] = []
  for (;;) {
    const next = nextRate(steps, first)
    if (next.kind !== 'try') return { rates: steps, outcome: next }
    steps.push({ perSecond: next.perSecond, because: judge(next.perSecond) })
  }
}

function result(part: Partial<LoadResult>): LoadResult {
  return {
    asked: { perSecond: 100, forMs: 5_000, requests: 500 },
    sent: 500,
    answered: 500,
    good: 500,
    notSent: 0,
    sentPerSecond: 100,
    answeredPerSecond: 100,
    backlog: { before: 1, after: 1 },
    statuses: { 200: 500 },
    failures: {},
    latency: { p50: 1, p90: 1, p95: 1, p99: 1, p999: 1, max: 1 },
    lag: null,
    cpu: 0.1,
    bytes: { sent: 0, received: 0 },
    connections: { opened: 1, mostOpen: 1 },
    saturated: null,
    ...part,
  }
}
