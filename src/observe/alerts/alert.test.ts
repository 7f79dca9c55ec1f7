import assert from 'node:assert/strict'
import { test } from 'node:test'
import { INACTIVE, nextProgress } from './alert.ts'

type Seen = Parameters<typeof nextProgress>[1]

/** The states after evaluations ten seconds apart. */
function statesOf(seen: readonly Seen[], forMs: number): readonly string[] {
  let progress = INACTIVE
  return seen.map((each, index) => {
    progress = nextProgress(progress, each, { nowMs: index * 10_000, forMs })
    return progress.state
  })
}

void test('an alert waits until its condition has held, and begins anew after every break', () => {
  assert.deepEqual(statesOf(['holds', 'holds', 'holds', 'holds-not'], 20_000), [
    'pending',
    'pending',
    'firing',
    'inactive',
  ])
  assert.deepEqual(statesOf(['holds', 'holds-not', 'holds', 'holds', 'holds'], 20_000), [
    'pending',
    'inactive',
    'pending',
    'pending',
    'firing',
  ])
  assert.deepEqual(statesOf(['holds'], 0), ['firing'])
})

void test('no data is a state of its own: it resolves nothing and holds nothing', () => {
  assert.deepEqual(statesOf(['nothing', 'holds', 'nothing', 'holds', 'holds', 'holds'], 20_000), [
    'no-data',
    'pending',
    'no-data',
    'pending',
    'pending',
    'firing',
  ])
  assert.deepEqual(statesOf(['holds', 'nothing', 'holds-not'], 0), ['firing', 'firing', 'inactive'])
})

void test('what ended is remembered, so that its end can be told', () => {
  const fired = nextProgress(INACTIVE, 'holds', { nowMs: 5, forMs: 0 })
  assert.deepEqual(nextProgress(fired, 'holds-not', { nowMs: 9, forMs: 0 }), {
    state: 'inactive',
    activeAtMs: null,
    firedAtMs: 5,
    resolvedAtMs: 9,
  })
})
