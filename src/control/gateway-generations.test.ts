import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nameOf, planWorkers, workerIdOf } from './gateway-generations.ts'
import type { GatewayRecord, WorkersNow } from './gateway-generations.ts'

const NOTHING = { start: [], retire: [], forget: [], kill: [] }
const running = (name: string) => ({ name, state: 'running' as const, exit: null })
const ended = (name: string, at: number) => ({ name, state: 'exited' as const, exit: { kind: 'unknown' as const, at } })
const record = (parts: Partial<GatewayRecord> = {}): GatewayRecord => ({
  serving: 1,
  starting: null,
  last: 1,
  ...parts,
})
const plan = (parts: Partial<WorkersNow>) =>
  planWorkers({
    record: record(),
    count: 2,
    children: [],
    told: new Map(),
    now: 100_000,
    goneWithinMs: 35_000,
    respawnWithinMs: 10_000,
    ...parts,
  })

test('a name says worker and generation, and nothing else has it', () => {
  for (const id of [
    { worker: 1, generation: 1 },
    { worker: 12, generation: 7 },
  ])
    assert.deepEqual(workerIdOf(nameOf(id)), id)
  assert.equal(nameOf({ worker: 1, generation: 1 }), 'gateway-1')
  assert.equal(nameOf({ worker: 1, generation: 2 }), 'gateway-1.2')
})

test('what is missing is started, what is right is left alone', () => {
  assert.deepEqual(plan({}).start.map(nameOf), ['gateway-1', 'gateway-2'])
  assert.deepEqual(plan({ children: [running('gateway-1')] }).start.map(nameOf), ['gateway-2'])
  assert.deepEqual(plan({ children: [running('gateway-1'), running('gateway-2')] }), NOTHING)
})

test('a worker that has crashed is left to the keeper, unless the keeper has given it up', () => {
  const children = [running('gateway-1'), ended('gateway-2', 95_000)]
  assert.deepEqual(plan({ children }), NOTHING)
  assert.deepEqual(plan({ children, now: 105_001 }).start.map(nameOf), ['gateway-2'])
})

test('during an upgrade both generations are wanted; afterwards the old one goes, gone or not', () => {
  const old = [running('gateway-1'), running('gateway-2')]
  const upgrading = plan({ record: record({ starting: 2, last: 2 }), children: old })
  assert.deepEqual(upgrading, { ...NOTHING, start: upgrading.start })
  assert.deepEqual(upgrading.start.map(nameOf), ['gateway-1.2', 'gateway-2.2'])

  const both = [running('gateway-1'), ended('gateway-2', 99_999), running('gateway-1.2'), running('gateway-2.2')]
  const done = plan({ record: record({ serving: 2, last: 2 }), children: both })
  // The crashed one, too: the keeper would start it again.
  assert.deepEqual(done, { ...NOTHING, retire: ['gateway-1', 'gateway-2'] })
})

test('an upgrade that is given up leaves the old generation and tells the new one', () => {
  const children = [running('gateway-1'), running('gateway-2'), running('gateway-1.2')]
  assert.deepEqual(plan({ record: record({ last: 2 }), children }), { ...NOTHING, retire: ['gateway-1.2'] })
})

test('who was told is not told again: forgotten when gone, killed when it does not go', () => {
  const children = [running('gateway-1'), running('gateway-2'), running('gateway-3'), ended('gateway-4', 99_000)]
  const told = new Map([
    ['gateway-3', 64_999],
    ['gateway-4', 90_000],
  ])
  assert.deepEqual(plan({ children, told }), { ...NOTHING, forget: ['gateway-4'], kill: ['gateway-3'] })
  assert.deepEqual(plan({ children, told, now: 99_999 }).kill, [])
})

test('fewer workers: the highest numbers go; more again: one that was told is waited for, not started twice', () => {
  const children = [running('gateway-1'), running('gateway-2')]
  assert.deepEqual(plan({ children, count: 1 }), { ...NOTHING, retire: ['gateway-2'] })
  const told = new Map([['gateway-2', 99_000]])
  assert.deepEqual(plan({ children, told }), NOTHING)
  assert.deepEqual(plan({ children: [running('gateway-1'), ended('gateway-2', 99_500)], told }), {
    ...NOTHING,
    forget: ['gateway-2'],
  })
})
