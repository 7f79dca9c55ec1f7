import assert from 'node:assert/strict'
import { test } from 'node:test'
import { objectiveId } from './objective.ts'
import { configPathOf, objectivesOf } from './objectives.ts'
import { appWith } from './testing.ts'

void test('each part of a promise is an objective, with the line of the config it stands on', () => {
  const app = appWith({
    trade: {
      on: { service: 'api', route: 'POST /api/trades' },
      over: '7d',
      availability: '99.95%',
      latency: { p50: '50ms', p95: '200ms', p99: '1s' },
      errors: '0.1%',
      throughput: '300/s',
      freshness: '10s',
      without: { cache: { p95: '400ms', errors: '1%' } },
    },
    data: { on: 'db', rpo: '6h', rto: '15min', keep: '30d' },
    operate: { on: 'operate', detect: '1min', rollback: '10s', deploy: { failed: 0 } },
  })
  const objectives = objectivesOf(app)
  assert.deepEqual(
    objectives.map((each) => [objectiveId(each), configPathOf(each)]),
    [
      ['trade/availability', 'promises.trade.availability'],
      ['trade/latency-0.5', 'promises.trade.latency.p50'],
      ['trade/latency-0.95', 'promises.trade.latency.p95'],
      ['trade/latency-0.99', 'promises.trade.latency.p99'],
      ['trade/errors', 'promises.trade.errors'],
      ['trade/throughput', 'promises.trade.throughput'],
      ['trade/freshness', 'promises.trade.freshness'],
      ['trade/without-cache', 'promises.trade.without.cache'],
      ['data/rpo', 'promises.data.rpo'],
      ['data/rto', 'promises.data.rto'],
      ['data/keep', 'promises.data.keep'],
      ['operate/rollback', 'promises.operate.rollback'],
      ['operate/detection', 'promises.operate.detect'],
      ['operate/deploy', 'promises.operate.deploy.failed'],
    ],
  )
  assert.deepEqual(objectives[0], {
    promise: 'trade',
    subject: { kind: 'requests', service: 'api', match: { host: null, method: 'POST', path: '/api/trades' } },
    overMs: 7 * 86_400_000,
    kind: 'availability',
    target: '0.9995',
  })
  assert.deepEqual(objectives[4], { ...objectives[4], kind: 'errors', budget: '0.001' })
  assert.deepEqual(objectivesOf({}), [], 'a release from before promises were known')
})
