import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AlertRule } from '../alert-rule.ts'
import { noDataRule } from '../no-data-rule.ts'
import { allRules } from '../rules.ts'
import { appWith } from '../testing.ts'
import { instanceRules } from './instances.ts'
import { needRules } from './needs.ts'
import { quietDuringOutage } from './outage.ts'
import { requestRules } from './requests.ts'

const burns = (severity: 'P0' | 'P2'): AlertRule => ({
  ...requestRules()[0]!,
  name: `TradeBurn${severity}`,
  origin: { kind: 'promise', objective: 'trade/availability' },
  severity,
  inhibits: [],
})
const need = (name: string, required: boolean) =>
  ({ name, kind: required ? 'postgres' : 'redis', role: 'store', users: ['api'], required }) as const
const rules = quietDuringOutage([
  ...instanceRules(['api']),
  ...requestRules(),
  ...needRules([need('db', true), need('other', false)]),
  burns('P0'),
  burns('P2'),
])
const quieted = (name: string): readonly string[] =>
  rules.find((rule) => rule.name === name)!.inhibits.map(({ rule }) => rule)

void test('a service or a required need that is down explains broken promises', () => {
  for (const cause of ['ServiceDown', 'NeedDown'])
    assert.deepEqual(
      quieted(cause).filter((name) => name.startsWith('Trade')),
      ['TradeBurnP0', 'TradeBurnP2'],
      cause,
    )
  const ofNeed = rules.find(({ name }) => name === 'NeedDown')!.inhibits.find(({ rule }) => rule === 'TradeBurnP0')!
  assert.deepEqual([ofNeed.source?.[0]?.value, ofNeed.target?.[0]?.value], ['db', 'api'])
})

void test('what wakes nobody keeps nothing quiet that would', () => {
  const all = new Map(
    rules.flatMap((rule) =>
      [rule, ...[noDataRule(rule)].filter((each) => each !== null)].map((each) => [each.name, each.severity]),
    ),
  )
  const louder = quieted('OptionalNeedDown').filter((name) => (all.get(name) ?? 'P2') < 'P2')
  assert.deepEqual(louder, [])
  assert.ok(
    ['HighErrorRatio', 'RedisMemoryHighNoData', 'RedisMemoryCriticalNoData'].every((name) =>
      quieted('OptionalNeedDown').includes(name),
    ),
  )
  assert.deepEqual(quieted('TradeBurnP2'), [])
})

void test('a page is kept quiet by a page alone, of every app', () => {
  const { alerts } = allRules(
    appWith({ trade: { on: { service: 'api' }, availability: '99.9%', latency: { p95: '1s' } } }),
  )
  const severityOf = new Map(alerts.map((rule) => [rule.name, rule.severity]))
  const softer = alerts.flatMap(({ name, severity, inhibits }) =>
    inhibits.filter(({ rule }) => (severityOf.get(rule) ?? 'P3') < severity).map(({ rule }) => `${name} > ${rule}`),
  )
  assert.deepEqual(softer, [])
  assert.equal(severityOf.get('NeedDown'), 'P0')
  assert.equal(allRules(appWith({})).alerts.find(({ name }) => name === 'NeedDown')!.severity, 'P1')
})

void test('what is slow does not explain what fails', () => {
  const { alerts } = allRules(appWith({ trade: { on: { service: 'api' }, latency: { p95: '1s' } } }))
  const slow = alerts.find(({ name }) => name === 'TradeLatency95Burn6h')!
  const symptoms = slow.inhibits.map(({ rule }) => rule).filter((rule) => !rule.startsWith('Trade'))
  assert.deepEqual(symptoms, ['SlowAnswers', 'VerySlowAnswers', 'SlowestAnswers'])
})

void test('a promise that burns fast is told instead of the symptom', () => {
  assert.ok(quieted('TradeBurnP0').includes('CriticalErrorRatio'))
})
