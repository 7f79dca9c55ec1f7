import assert from 'node:assert/strict'
import { test } from 'node:test'
import { promql } from '../expression.ts'
import { objectivesOf } from '../objectives.ts'
import { appWith } from '../testing.ts'
import { freshnessQuestion, freshnessStanding, type Freshness } from './freshness.ts'

const of = (
  freshness: string | Readonly<Record<string, string>>,
  on: string | Readonly<Record<string, string>> = { service: 'api' },
) => objectivesOf(appWith({ queue: { on, freshness } }))[0] as Freshness

void test('the metric that the config names is asked, of that service; the furthest behind counts', () => {
  const lag = freshnessQuestion(of({ within: '30s', metric: 'orders_lag_seconds' }))!
  assert.deepEqual(
    [promql(lag.now), promql(lag.worst!)],
    ['max(orders_lag_seconds{service="api"})', 'max(max_over_time(orders_lag_seconds{service="api"}[1h]))'],
  )
  const newest = freshnessQuestion(of({ within: '30s', metric: 'orders_newest_timestamp_seconds' }, 'db'))!
  assert.deepEqual([promql(newest.now), newest.worst], ['time() - min(orders_newest_timestamp_seconds)', null])
  assert.equal(freshnessQuestion(of('30s')), null)
})

void test('behind by more than promised is broken, an hour long at risk; what is not there is unknown', () => {
  const named = of({ within: '30s', metric: 'orders_lag_seconds' })
  const at = (now: number | null, worst: number | null = now) => freshnessStanding(named, { now, worst })
  assert.deepEqual(at(30), {
    standing: 'met',
    spending: null,
    shownBy: 'orders_lag_seconds: 30 s behind, 30 s at the worst of the last hour',
  })
  assert.equal(at(30.001).standing, 'broken')
  assert.equal(at(3, 31).standing, 'at-risk')
  assert.deepEqual(at(null), { standing: null, spending: null, shownBy: 'orders_lag_seconds is not there' })
  assert.equal(at(NaN).standing, null)
  assert.equal(freshnessStanding(of('30s'), { now: null, worst: null }).standing, null)
})
