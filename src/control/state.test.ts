import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { Plan } from '../deploy/plan.ts'
import type { Release } from '../deploy/release.ts'
import { State } from './state.ts'

function stateOf(t: TestContext): { state: State; reopen: () => State } {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-state-'))
  let state = new State(join(folder, 'state.db'))
  t.after(() => {
    state.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return {
    state,
    reopen: () => {
      state.close()
      state = new State(join(folder, 'state.db'))
      return state
    },
  }
}

const release = (id: string, sequence: number): Release => ({ id, sequence }) as Release
const plan = { release: release('1-x', 1), hash: 'h' } as Plan

test('everything that was acknowledged is there after opening again', (t) => {
  const { state, reopen } = stateOf(t)
  state.set('live', '1-x')
  state.saveRelease(release('1-x', 1))
  const deploy = state.beginDeploy({ kind: 'deploy', by: 'me', plan, startedAt: 1 })
  state.writeJournal({ deploy, operation: 'prepare:api', point: 'begin', at: 2 })
  const again = reopen()
  assert.equal(again.get('live'), '1-x')
  assert.equal(again.release('1-x')?.sequence, 1)
  assert.equal(again.runningDeploy()?.id, 'd1')
  assert.deepEqual(
    again.journal('d1').map(({ operation, point }) => `${operation}:${point}`),
    ['prepare:api:begin'],
  )
})

test('a journal point written twice keeps its first time', (t) => {
  const { state } = stateOf(t)
  const deploy = state.beginDeploy({ kind: 'deploy', by: 'me', plan, startedAt: 1 })
  for (const at of [5, 9]) state.writeJournal({ deploy, operation: 'switch', point: 'end', at })
  assert.deepEqual(
    state.journal(deploy).map(({ at }) => at),
    [5],
  )
})

test('several changes are one: none of them when one fails', (t) => {
  const { state } = stateOf(t)
  assert.throws(() =>
    state.atomically(() => {
      state.set('live', '2-x')
      throw new Error('half way')
    }),
  )
  assert.equal(state.get('live'), null)
})

test('numbers are never given out twice, for each name apart', (t) => {
  const { state, reopen } = stateOf(t)
  assert.deepEqual([state.nextNumber('api'), state.nextNumber('api'), state.nextNumber('web')], [1, 2, 1])
  assert.equal(reopen().nextNumber('api'), 3)
})

test('only what has been live can be rolled back to', (t) => {
  const { state } = stateOf(t)
  for (const [id, sequence] of [
    ['1-x', 1],
    ['2-x', 2],
    ['3-x', 3],
  ] as const)
    state.saveRelease(release(id, sequence))
  state.markLive('1-x', 10)
  state.markLive('3-x', 20)
  assert.deepEqual(
    state.onceLive().map(({ id }) => id),
    ['3-x', '1-x'],
  )
})

test('a release that was taken back is none to roll back to', (t) => {
  const { state } = stateOf(t)
  for (const sequence of [1, 2, 3]) {
    state.saveRelease(release(`${sequence}-x`, sequence))
    state.markLive(`${sequence}-x`, sequence)
  }
  state.unmarkLive('2-x')
  assert.deepEqual(
    state.onceLive().map(({ id }) => id),
    ['3-x', '1-x'],
  )
})

test('an ended deploy is no longer the running one', (t) => {
  const { state } = stateOf(t)
  const deploy = state.beginDeploy({ kind: 'deploy', by: 'me', plan, startedAt: 1 })
  state.finishDeploy(deploy, 'refused', 'the gate said no', 3)
  assert.equal(state.runningDeploy(), null)
  assert.deepEqual([state.deploys(1)[0]?.state, state.deploys(1)[0]?.message], ['refused', 'the gate said no'])
})
