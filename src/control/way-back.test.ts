import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PlanKind } from '../deploy/plan.ts'
import type { Release } from '../deploy/release.ts'
import { State } from './state.ts'
import { releaseBefore, STEPS_KEPT, wayAfter, wayBack } from './way-back.ts'

const idOf = (sequence: number): string => `${sequence}-x`

function after(switches: readonly (readonly [PlanKind, number])[]): { live: string | null; way: readonly string[] } {
  let live: string | null = null
  let way: readonly string[] = []
  for (const [kind, sequence] of switches) {
    const to = idOf(sequence)
    way = wayAfter(way, { kind, from: live, to })
    live = to
  }
  return { live, way }
}

test('a deploy is a step; a rollback goes down the way, however far', () => {
  assert.deepEqual(after([['deploy', 1]]).way, [])
  const three = [1, 2, 3].map((sequence) => ['deploy', sequence] as const)
  assert.deepEqual(after(three).way, ['1-x', '2-x'])
  assert.deepEqual(after([...three, ['rollback', 2]]).way, ['1-x'])
  assert.deepEqual(after([...three, ['rollback', 1]]).way, [])
})

test('what was left by hand is not on the way', () => {
  const left = after([
    ['deploy', 1],
    ['deploy', 2],
    ['deploy', 3],
    ['rollback', 1],
    ['deploy', 4],
  ])
  assert.deepEqual(left, { live: '4-x', way: ['1-x'] })
})

test('forward again is a step as well, and no release stands on the way twice', () => {
  assert.deepEqual(
    after([
      ['deploy', 1],
      ['deploy', 2],
      ['rollback', 1],
      ['rollback', 2],
    ]).way,
    ['1-x'],
  )
})

test('a restart and a rotation leave the way as it is', () => {
  const way = after([
    ['deploy', 1],
    ['deploy', 2],
    ['restart', 3],
    ['rotate', 4],
  ])
  assert.deepEqual(way, { live: '4-x', way: ['1-x'] })
})

test('the way is bounded', () => {
  const { way } = after(Array.from({ length: 20 }, (_, index) => ['deploy', index + 1] as const))
  assert.equal(way.length, STEPS_KEPT)
  assert.equal(way.at(-1), '19-x')
})

test('a rollback passes over what is gone; a state of an earlier version goes by the numbers', (t) => {
  const state = new State(':memory:')
  t.after(() => state.close())
  for (const sequence of [1, 2, 3, 4]) {
    state.saveRelease({ id: idOf(sequence), sequence } as Release)
    state.markLive(idOf(sequence), sequence)
  }
  state.set('live', '3-x')
  assert.deepEqual(wayBack(state), ['1-x', '2-x'])
  assert.equal(releaseBefore(state)?.id, '2-x')
  state.set('wayBack', ['4-x', '1-x'])
  assert.equal(releaseBefore(state)?.id, '1-x')
  state.unmarkLive('1-x')
  assert.equal(releaseBefore(state)?.id, '4-x')
  state.set('wayBack', [])
  assert.equal(releaseBefore(state), null)
})
