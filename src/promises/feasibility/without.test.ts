import assert from 'node:assert/strict'
import { test } from 'node:test'
import { appWith } from '../testing.ts'
import { NO_FACTS } from './facts.ts'
import { onlyRefusal } from './testing.ts'
import { without } from './without.ts'

const appFor = (p95: string, errors: string) =>
  appWith({
    trade: { on: { service: 'api' }, latency: { p95: '200ms' }, errors: '0.1%', without: { cache: { p95, errors } } },
  })

void test('15: more is asked without the cache than with it', () => {
  const { objective, arithmetic, waysOut } = onlyRefusal(without, { app: appFor('150ms', '0.05%'), facts: NO_FACTS })
  assert.equal(objective, 'trade/without-cache')
  assert.deepEqual(arithmetic, [
    'p95 without cache 150 ms < p95 with it 200 ms',
    'errors without cache 0.05 % < errors with it 0.1 %',
  ])
  assert.deepEqual(
    waysOut.map(({ text }) => text),
    ["promise p95: '200ms' without cache and promise errors: '0.1%' without cache"],
  )
  assert.equal(without(appFor('199ms', '0.1%'), NO_FACTS).length, 1)
  assert.deepEqual(without(appFor('200ms', '0.1%'), NO_FACTS), [], 'the neighbour')
})
