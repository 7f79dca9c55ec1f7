import assert from 'node:assert/strict'
import { test } from 'node:test'
import { explain, explanationsOf } from './explain.ts'
import { objectiveId } from './objective.ts'
import { objectivesOf } from './objectives.ts'
import { promiseRules } from './promise-rules.ts'
import { appWith } from './testing.ts'
import { watchesOf } from './watches.ts'

const app = appWith(
  {
    trade: { on: { service: 'api' }, availability: '99.9%', errors: '0.2%', latency: { p95: '200ms' } },
    week: { on: { service: 'api' }, over: '7d', errors: '1%' },
    data: { on: 'db', rpo: '6h' },
    operate: { on: 'operate', detect: '1min' },
  },
  { backups: { db: { to: ['file:b'] } } },
)
const all = explanationsOf(app)

void test('every objective, every rule and every watch has its reason', () => {
  const asked = [
    ...objectivesOf(app).map(objectiveId),
    ...promiseRules(app).map(({ name }) => name),
    ...watchesOf(app).map(({ id }) => `watch ${id}`),
  ]
  assert.deepEqual(
    asked.filter((what) => explain(what, all).length !== 1),
    [],
  )
  assert.ok(promiseRules(app).length > 8)
})

void test('a threshold is told with its arithmetic', () => {
  assert.deepEqual(explain('TradeAvailabilityBurn1h', all), [
    {
      what: 'TradeAvailabilityBurn1h',
      value: 'P0: a share above 0.0144 over 1 h and over 5 min, of at least 20 events, 2 of them bad',
      from: 'promises.trade.availability',
      arithmetic: [
        'burn rate: 2 % of the budget × 30 d ÷ 1 h = 14.4',
        'threshold: 14.4 × 0.001 = 0.0144',
        '2 ÷ 0.0144 = 139: with fewer events in 1 h the second bad one decides, which comes later than what follows',
        '100 % bad: seen after 51.84 s, by the rule of 1h',
        '50 % bad: seen after 1.728 min, by the rule of 1h',
        '10 % bad: seen after 8.64 min, by the rule of 1h',
        '5 % bad: seen after 17.28 min, by the rule of 1h',
        '2 % bad: seen after 43.2 min, by the rule of 1h',
      ],
    },
  ])
})

void test('a minute of detection is met by the symptom, and says why not by burn rates', () => {
  const [detection] = explain('operate/detection', all)
  assert.equal(
    detection!.arithmetic[1],
    'every request of trade/availability failing: 51.84 s until the burn rate of 1h is passed + 30 s until it is told = 1.364 min; told in time by TradeAvailabilityFailing, since burn rates are too slow',
  )
  assert.equal(explain('TradeAvailabilityFailing', all)[0]!.arithmetic.length, 3)
})

void test('what is left out says so, and what another speaks for', () => {
  assert.deepEqual(explain('WeekErrorsBurn3d', all)[0]!.arithmetic, [
    'week/errors, 3d: burn rate 0.233 < 0.9: it would tell of what keeps the promise',
  ])
  assert.match(explain('trade/errors', all)[0]!.arithmetic[1]!, /^no rules of its own: trade\/availability /)
})

void test('a beginning, or a line of the config, names all that belongs to it', () => {
  assert.deepEqual(
    explain('promises.trade.latency.p95', all).map(({ what }) => what),
    [
      'trade/latency-0.95',
      'TradeLatency95Burn1h',
      'TradeLatency95Burn6h',
      'TradeLatency95Burn1d',
      'TradeLatency95Burn3d',
    ],
  )
  assert.equal(explain('backups', all)[0]!.value, 'every 6 h, less the time one takes')
  assert.equal(explain('TradeAvailability', all).length, 5)
  assert.deepEqual(explain('nothing', all), [])
})
