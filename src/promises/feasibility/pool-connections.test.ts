import assert from 'node:assert/strict'
import { test } from 'node:test'
import { appWith } from '../testing.ts'
import { NO_FACTS } from './facts.ts'
import { poolConnections } from './pool-connections.ts'
import { onlyRefusal } from './testing.ts'

const program = { start: 'node main.ts', uses: { db: 'required' } }
const appFor = (max: number, strategy = 'blue-green') =>
  appWith(
    { trade: { on: { service: 'api' }, availability: '99.9%' } },
    {
      services: {
        api: { ...program, routes: ['/api'], scale: { min: 1, max } },
        worker: { ...program, health: { ready: 'node check.ts' }, scale: { min: 1, max: 2 } },
      },
      environments: { local: { target: 'process', strategy } },
    },
  )
const facts = { ...NO_FACTS, connectionsMax: { db: 97 }, poolSize: { worker: 4 } }

void test('13: the pools of two releases at their most', () => {
  // (6 × 10 + 2 × 4) × 2 = 136 > 97. 48.5 ÷ 8 = 6.06: 6 each. (48.5 − 8) ÷ 10 = 4.05: 4 instances.
  const { objective, reason, arithmetic, waysOut } = onlyRefusal(poolConnections, { app: appFor(6), facts })
  assert.deepEqual([objective, reason], ['trade/availability', 'pool-connections'])
  assert.deepEqual(arithmetic, [
    'api 6 instances × 10 connections (assumed) + worker 2 instances × 4 connections, × 2 releases during a deploy = 136',
    '136 > 97, the connections that db takes from applications',
  ])
  assert.deepEqual(
    waysOut.map(({ text }) => text),
    [
      'let no instance open more than 6 connections',
      'have fewer instances: services.api.scale.max: 4',
      'let db take 136 connections (max_connections, or a pooler before it)',
    ],
  )
  assert.deepEqual(poolConnections(appFor(4), facts), [], 'the neighbour')
  // 68 of one release at a time.
  assert.deepEqual(poolConnections(appFor(6, 'recreate'), facts), [])
})

void test('a database that nobody has asked is neither enough nor too little', () => {
  assert.deepEqual(
    poolConnections(appFor(6), NO_FACTS).map(({ kind, reason }) => [kind, reason]),
    [['unknown', 'pool-connections']],
  )
})
