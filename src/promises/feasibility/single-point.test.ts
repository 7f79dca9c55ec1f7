import assert from 'node:assert/strict'
import { test } from 'node:test'
import { appWith } from '../testing.ts'
import { NO_FACTS } from './facts.ts'
import { singlePoint } from './single-point.ts'
import { onlyRefusal } from './testing.ts'

const services = (min: number) => ({ api: { start: 'node main.ts', routes: ['/api'], scale: { min } } })
const appFor = (availability: string, min: number, over = '30d') =>
  appWith({ trade: { on: { service: 'api' }, over, availability } }, { services: services(min) })

void test('10: one instance on one host', () => {
  // 20 × 4.4 s ÷ 1 = 88 s, 2 × 120 s = 240 s, together 328 s = 5.467 min; 0.01 % of 30 d are 259.2 s = 4.32 min.
  const { reason, arithmetic, waysOut } = onlyRefusal(singlePoint, { app: appFor('99.99%', 1), facts: NO_FACTS })
  assert.equal(reason, 'single-point')
  assert.deepEqual(arithmetic, [
    'instances: 20 losses (assumed) × 4.4 s ÷ 1 = 1.467 min',
    "one host (target 'process'): 2 losses (assumed) × 2 min = 4 min",
    '5.467 min > 4.32 min, the budget of 0.01 % of 30 d',
  ])
  // 88 s ÷ (259.2 − 240) s = 4.58: 5 instances. 328 s ÷ 2 592 000 s = 0.01265432… %: 99.9873 %.
  assert.deepEqual(
    waysOut.map(({ text }) => text),
    ['have 5 instances: services.api.scale.min: 5', "promise availability: '99.9873%' in trade"],
  )
  assert.equal(singlePoint(appFor('99.99%', 4), NO_FACTS).length, 1)
  assert.deepEqual(singlePoint(appFor('99.99%', 5), NO_FACTS), [], 'the neighbour')
})

void test('11: one SQLite file is one host, however many there are', () => {
  const more = (kind: string) => ({
    needs: { notes: { kind } },
    services: { api: { start: 'node main.ts', routes: ['/api'], uses: { notes: 'required' }, scale: { min: 10 } } },
  })
  const promises = { trade: { on: { service: 'api' }, availability: '99.995%' } }
  const facts = { ...NO_FACTS, hosts: 3 }
  // 20 × 4.4 s ÷ 10 = 8.8 s + 240 s = 248.8 s; 0.005 % of 30 d are 129.6 s. 248.8 ÷ 2 592 000 = 0.0095988 %: 99.9904 %.
  const { arithmetic, waysOut } = onlyRefusal(singlePoint, { app: appWith(promises, more('sqlite')), facts })
  assert.deepEqual(arithmetic, [
    'instances: 20 losses (assumed) × 4.4 s ÷ 10 = 8.8 s',
    'one host, where the SQLite file of notes is: 2 losses (assumed) × 2 min = 4 min',
    '4.147 min > 2.16 min, the budget of 0.005 % of 30 d',
  ])
  assert.deepEqual(
    waysOut.map(({ text }) => text),
    ["promise availability: '99.9904%' in trade"],
  )
  assert.deepEqual(singlePoint(appWith(promises, more('postgres')), facts), [], 'the neighbour')
})

void test('the losses are those of the window that is promised', () => {
  // 7 d: 20 × 7/30 = 4.667 × 4.4 s = 20.53 s, 0.467 × 120 s = 56.04 s: 76.6 s > 60.48 s.
  const { arithmetic } = onlyRefusal(singlePoint, { app: appFor('99.99%', 1, '7d'), facts: NO_FACTS })
  assert.equal(arithmetic[2], '1.276 min > 1.008 min, the budget of 0.01 % of 7 d')
})
