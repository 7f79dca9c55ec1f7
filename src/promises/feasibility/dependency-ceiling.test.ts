import assert from 'node:assert/strict'
import { test } from 'node:test'
import { appWith } from '../testing.ts'
import { dependencyCeiling } from './dependency-ceiling.ts'
import { NO_FACTS } from './facts.ts'
import { onlyRefusal } from './testing.ts'

const onApi = { service: 'api' }
const judged = (app: ReturnType<typeof appWith>) => dependencyCeiling(app, NO_FACTS)

void test('1: what is required caps what can be promised', () => {
  // 0.9999 × 0.9995 = 0.99940005; the promise is 0.9999.
  const app = appWith({ trade: { on: onApi, availability: '99.99%' } })
  const { objective, reason, arithmetic, waysOut } = onlyRefusal(dependencyCeiling, { app, facts: NO_FACTS })
  assert.deepEqual([objective, reason], ['trade/availability', 'dependency-ceiling'])
  assert.deepEqual(arithmetic, [
    'api itself 99.99 % (assumed) × db 99.95 % (postgres, assumed) = 99.940005 %',
    'promised 99.99 % > 99.940005 %',
  ])
  assert.deepEqual(
    waysOut.map(({ text }) => text),
    [
      "make db optional: services.api.uses.db: 'optional'",
      "promise availability: '99.94%' in trade",
      "have a db that is up '100%' of the time, and promise that of it",
    ],
  )
  assert.deepEqual(judged(appWith({ trade: { on: onApi, availability: '99.94%' } })), [], 'the neighbour')
})

void test('2: two promised needs multiply, and one of them optional is not enough', () => {
  const needs = { db: { kind: 'postgres' }, pay: { kind: 'http', url: 'PAY_URL' } }
  const services = { api: { start: 'node main.ts', routes: ['/api'], uses: { db: 'required', pay: 'required' } } }
  const promises = (errors: string) => ({
    trade: { on: onApi, errors },
    data: { on: 'db', availability: '99.95%' },
    bank: { on: 'pay', availability: '99.9%' },
  })
  // 0.9999 × 0.9995 × 0.999 = 0.99840065…: by hand 0.99940005 × 0.999 = 0.99840064995; the promise is 1 − 0.0001 = 0.9999.
  const app = appWith(promises('0.01%'), { needs, services })
  const { arithmetic, waysOut } = onlyRefusal(dependencyCeiling, { app, facts: NO_FACTS })
  assert.deepEqual(arithmetic, [
    'api itself 99.99 % (assumed) × db 99.95 % (promises.data) × pay 99.9 % (promises.bank) = 99.840064995 %',
    'promised 99.99 % > 99.840064995 %',
  ])
  assert.deepEqual(
    waysOut.map(({ text }) => text),
    ["promise errors: '0.16%' in trade"],
  )
  assert.deepEqual(judged(appWith(promises('0.16%'), { needs, services })), [], 'the neighbour')
})

void test('an optional need caps nothing', () => {
  const services = { api: { start: 'node main.ts', routes: ['/api'], uses: { db: 'optional', cache: 'optional' } } }
  assert.deepEqual(judged(appWith({ trade: { on: onApi, availability: '99.999%' } }, { services })), [])
})
