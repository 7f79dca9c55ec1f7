import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { DeployRecord } from '../../deploy/journal.ts'
import type { HookExit } from '../api/hooks-methods.ts'
import { State } from '../state.ts'
import { HooksElsewhere } from './elsewhere.ts'
import { makeOwed } from './owed.ts'

const MINUTE = 60_000
const done: HookExit = { ok: true, description: 'exited with 0', lastLines: [] }
const runnerOf = (run: string) => ({ run, by: `anna (${run})`, process: null })

/** Deploys that are owed what the configs say, in a real state.db, and a clock that is set by hand. */
function make(t: TestContext, ends: Readonly<Record<string, { state: string; hooks: object }>>, runs = false) {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-hooks-'))
  const state = new State(join(folder, 'state.db'))
  t.after(() => {
    state.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const at = { now: 0 }
  const deployOf = (id: string): DeployRecord | null => {
    const end = ends[id]
    if (end === undefined) return null
    const release = { id: '1-a', config: { hooks: { after: null, failed: null, ...end.hooks } } }
    return { id, state: end.state, finishedAt: 0, plan: { release } } as unknown as DeployRecord
  }
  const owed = makeOwed(state)
  const told: string[] = []
  const elsewhere = new HooksElsewhere({
    state: { deploy: deployOf },
    clock: { now: () => at.now },
    owed,
    runs,
    onEnd: (row, deploy, { description, lastLines }) => {
      told.push(`${deploy.id} ${description} ${lastLines.length}`)
      owed.save({ ...row, settled: true })
    },
  })
  for (const id of Object.keys(ends))
    owed.save({ deploy: id, folder: '/app', begun: true, ended: true, hook: null, settled: false })
  const open = (): readonly string[] => elsewhere.owed().map(({ deploy, time }) => `${time} ${deploy}`)
  const look = (id: string): void => elsewhere.look(deployOf(id)!)
  return { elsewhere, owed, at, told, open, look }
}

const after = { hooks: { after: ['true'] } }

test('owed is the hook of what has ended, oldest first; what asks for none is settled', (t) => {
  const ends = {
    d1: { state: 'done', ...after },
    d2: { state: 'refused', hooks: { failed: ['true'] } },
    d3: { state: 'refused', ...after },
    d4: { state: 'running', hooks: { after: ['true'], failed: ['true'] } },
  }
  const { owed, open, look } = make(t, ends)
  assert.deepEqual(open(), ['after d1', 'failed d2'])
  for (const id of ['d1', 'd2', 'd3']) look(id)
  assert.deepEqual(
    owed.open().map(({ deploy }) => deploy),
    ['d1', 'd2', 'd4'],
  )
  assert.deepEqual(make(t, ends, true).open(), [])
})

test('one command has it: another takes it only instead of the one that it names', (t) => {
  const { elsewhere, told, open } = make(t, { d1: { state: 'done', ...after } })
  const take = (run: string, instead: string | null): boolean =>
    elsewhere.take({ deploy: 'd1', runner: runnerOf(run), instead })
  assert.deepEqual([take('a', null), take('b', null), take('c', 'x')], [true, false, false])
  assert.deepEqual(elsewhere.owed()[0]!.runner, { ...runnerOf('a'), at: 0, isLate: false })
  assert.equal(take('b', 'a'), true)
  // Whoever had it before is not heard any more.
  elsewhere.end({ deploy: 'd1', run: 'a', by: 'anna', exit: done })
  assert.deepEqual([told, open()], [[], ['after d1']])
  const lastLines = Array.from({ length: 50 }, (_, index) => `line ${index}`)
  elsewhere.end({ deploy: 'd1', run: 'b', by: 'anna', exit: { ...done, lastLines } })
  assert.deepEqual([told, open()], [['d1 exited with 0 30'], []])
  assert.equal(take('c', 'b'), false)
})

test('a run that should long have ended is late, and what nobody has come for in a day is given up', (t) => {
  const { elsewhere, at, told, open, look } = make(t, { d1: { state: 'done', ...after } })
  at.now = 20 * 60 * MINUTE
  elsewhere.take({ deploy: 'd1', runner: runnerOf('a'), instead: null })
  at.now += 10 * MINUTE
  assert.equal(elsewhere.owed()[0]!.runner!.isLate, false)
  at.now += 2 * MINUTE
  assert.equal(elsewhere.owed()[0]!.runner!.isLate, true)
  at.now = 30 * 60 * MINUTE
  look('d1')
  assert.deepEqual([told, open()], [[], ['after d1']])
  at.now = 45 * 60 * MINUTE
  look('d1')
  assert.deepEqual([told, open()], [['d1 was given up: no command has run it for a day 0'], []])
})
