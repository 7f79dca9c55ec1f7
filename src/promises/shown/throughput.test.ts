import assert from 'node:assert/strict'
import { test } from 'node:test'
import { promql } from '../expression.ts'
import { NO_FACTS } from '../feasibility/facts.ts'
import { objectivesOf } from '../objectives.ts'
import { appWith } from '../testing.ts'
import {
  throughputByCapacity,
  throughputQuestion,
  throughputStanding,
  type Rates,
  type Throughput,
} from './throughput.ts'

const app = appWith({
  trade: { on: { service: 'api' }, availability: '99%', latency: { p95: '200ms' }, throughput: '300/s' },
  other: { on: { service: 'api' }, throughput: '60/min' },
})
const [objective, other] = objectivesOf(app).filter((each): each is Throughput => each.kind === 'throughput')
const question = throughputQuestion(app, objective!)
const at = (total: number, bad = 0, slow = 0) => ({
  total,
  bad,
  parts: [
    { total, bad },
    { total, bad: slow },
  ],
})
const standing = (...steps: Parameters<typeof throughputStanding>[1]) => throughputStanding(question, steps)

void test('the requests of the promise are asked for, and its other parts, in windows of five minutes', () => {
  assert.equal(
    promql(question.requests.total),
    'sum by (service) (rate(seaworthy_watched_requests_total{watch="trade",status!~"client-gone|unanswered"}[5m]))',
  )
  assert.deepEqual(
    question.parts.map(({ objective: { kind } }) => kind),
    ['availability', 'latency'],
  )
})

void test('a rate that nobody has asked for is neither met nor broken', () => {
  assert.deepEqual(standing(), { standing: null, spending: null, shownBy: 'no request in the last 24 h' })
  assert.equal(standing(at(0)).standing, null)
  assert.deepEqual(standing(at(12), at(299.9, 299.9)), {
    standing: null,
    spending: null,
    shownBy: '299.9/s in the busiest 5 min of the last 24 h: nobody has asked for as much',
  })
})

void test('at the promised rate the other parts of the promise have to hold, and only then', () => {
  assert.equal(standing(at(300)).standing, 'met')
  assert.equal(standing(at(300, 3, 15)).standing, 'met', 'the whole of both budgets')
  assert.equal(standing(at(300, 3.1)).standing, 'broken')
  assert.equal(standing(at(300, 0, 15.1)).standing, 'broken')
  assert.equal(standing(at(299, 299), at(300)).standing, 'met', 'what failed below the rate is said by availability')
  assert.equal(standing(at(300, 6), at(600)).standing, 'met', '6 of 900: of the sums, not the mean of ratios')
  assert.equal(
    standing(at(310, 31)).shownBy,
    '310/s in the busiest 5 min of the last 24 h; at 300/s and more trade/availability: 10 % bad of 1 %, trade/latency-0.95: 0 % bad of 5 %',
  )
})

void test('a rate without other parts is met when so many were answered', () => {
  const alone = throughputQuestion(app, other!)
  const of = (...steps: readonly Rates[]) =>
    throughputStanding(
      alone,
      steps.map((rates) => ({ ...rates, parts: [] })),
    ).standing
  assert.deepEqual(alone.parts, [])
  assert.equal(of({ total: 1, bad: 0 }), 'met')
  assert.equal(of({ total: 2, bad: 1.5 }), 'broken')
  assert.equal(of({ total: 2, bad: 1 }), 'met')
  assert.equal(of({ total: 0.9, bad: 0 }), null)
})

void test('a measured capacity says whether as many instances as there may be carry it, less the headroom', () => {
  const measured = (perSecond: number) =>
    throughputByCapacity(objective!, app, { ...NO_FACTS, capacity: { api: { perSecond, at: '2026-11-20T10:00:00Z' } } })
  assert.equal(throughputByCapacity(objective!, app, NO_FACTS), null)
  // 4 × 107.2 × 0.7 = 300.16
  assert.deepEqual(measured(107.2), {
    standing: 'met',
    spending: null,
    shownBy: 'load: 4 instances × 107.2/s (measured 2026-11-20) × (1 − 0.3 headroom) = 300.16/s',
  })
  assert.equal(measured(107)!.standing, 'at-risk', '299.6')
})
