import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { kubernetesRelease } from '../../../../test/support/kubernetes-release.ts'
import { Roster } from '../../../control/roster.ts'
import { State } from '../../../control/state.ts'
import { systemClock } from '../../../core/clock.ts'
import { Problem } from '../../../core/problem.ts'
import type { Instance } from '../../release.ts'
import type { RosterPort } from '../roster.ts'
import { Owed } from './owed.ts'
import { rosterOf } from './pods-probe.ts'

const health = { ready: '/up', interval: '1s', deadline: '1s', passes: 1 }
const release = kubernetesRelease({ api: { start: 'node main.js', routes: ['/'], scale: { min: 2 }, health } })
const ADDRESS = '10.96.1.2'

/** Control's own roster, with two instances that take traffic, and a cluster of which only what is asked of it is known. */
async function make(t: TestContext, passes: () => boolean, { isThere = true } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-owed-'))
  const state = new State(join(folder, 'state.db'))
  t.after(() => {
    state.close()
    rmSync(folder, { recursive: true, force: true })
  })
  state.saveRelease(release)
  const control = new Roster({ state, clock: systemClock, variablesOf: () => ({}), changed: async () => {} })
  const ids = control.wanted(release, 'api')
  const rows = (): readonly Instance[] => rosterOf(release, 'api', { ids, pods: [], address: ADDRESS, now: 1 })
  await control.put(rows())
  state.set('live', release.id)
  const roster = {
    put: (instances) => control.put(instances),
    admit: (some) => control.admit(some),
    forget: (some) => control.forget(some),
    owed: async () => control.owed(),
    bringBack: async (service) => void did.push(`bring back ${service}`),
  } satisfies Partial<RosterPort> as unknown as RosterPort
  const did: string[] = []
  const removed: string[] = []
  const notes: string[] = []
  let failure: Problem | null = null
  const fail = (error: Problem): void => void (failure = error)
  let probes = 0
  const owed = new Owed({
    roster,
    workloads: {
      remove: async (id, services) => {
        removed.push(`${id} ${services.join()}`)
        await new Promise((resolve) => setImmediate(resolve))
        did.push(`removed ${id}`)
      },
      address: async () => {
        // As kubectl ends where there is no such Service.
        if (!isThere) throw new Error('NotFound')
        return ADDRESS
      },
      deployed: async () => (isThere ? [{ service: 'api', release: release.id, replicas: 2, instances: 2 }] : []),
    },
    release: async (id) => (id === release.id ? release : null),
    start: async ({ id }) => {
      if (failure !== null) throw failure
      did.push(`start ${id}`)
      await control.put(rows())
      return rows()
    },
    probe: async () => {
      probes += 1
      return passes()
        ? { kind: 'pass', tookMs: 1, note: null }
        : { kind: 'fail', because: 'not ready', tookMs: 1, look: null }
    },
    signal: undefined,
    onNote: (text) => notes.push(text),
  })
  const outside = (): readonly string[] => Object.keys(state.get('outside'))
  return { state, control, owed, ids, removed, did, notes, fail, outside, probesOf: () => probes }
}

test('what is to be ended is taken away, and forgotten', async (t) => {
  const { control, owed, ids, removed } = await make(t, () => true)
  for (const id of ids) await control.stop(id)
  await owed.settle()
  assert.ok(removed.every((one) => one === `${release.id} api`))
  assert.deepEqual([removed.length, control.owed(), control.instances()], [1, [], []], 'at once')
})

test('of some that are to be ended the cluster takes away as many, and the others stay', async (t) => {
  const { control, owed, ids, removed, did } = await make(t, () => true)
  await control.stop(ids[1]!)
  await owed.settle()
  assert.deepEqual([removed, did], [[], [`start ${release.id}`]])
  assert.deepEqual(
    control.instances().map(({ id }) => id),
    [ids[0]],
  )
})

test('what cannot be done now stays owed, and is said', async (t) => {
  const { control, owed, ids, notes, fail } = await make(t, () => true)
  await control.stop(ids[1]!)
  fail(new Problem('source.moved', 'the files have moved on'))
  await owed.settle()
  assert.deepEqual(notes, [`stop of api of ${release.id} is still owed: the files have moved on`])
  assert.deepEqual(
    control.owed().map(({ what, ids: those }) => [what, ...those]),
    [['stop', ids[1]]],
  )
})

test('whoever starts a release next does not wait for more of what serves', async (t) => {
  const { control, owed, ids, did } = await make(t, () => true)
  await control.forget([ids[1]!])
  control.expect(release, 'api', 'one lacks')
  await owed.settle({ isForNext: true })
  assert.deepEqual([did, control.owed().length], [[], 1])
  await owed.settle()
  assert.deepEqual([did[0], control.owed()], [`start ${release.id}`, []])
})

test('one that was wedged comes in again when it passes', async (t) => {
  const { control, owed, ids, outside } = await make(t, () => true)
  await control.restartWedged(ids[0]!, '/up failed 3 times in a row')
  assert.deepEqual(outside(), [ids[0]])
  await owed.settle()
  assert.deepEqual([control.owed(), outside()], [[], []])
  assert.equal(control.instances().length, 2)
})

test('one whose Deployment a stop has taken away is left to whoever starts it, and is not waited for', async (t) => {
  const { control, owed, ids, probesOf } = await make(t, () => true, { isThere: false })
  await control.restartWedged(ids[0]!, 'three probes failed')
  await owed.settle()
  assert.deepEqual([probesOf(), control.owed().length], [0, 1])
})

test('one that does not come back stays owed, and is waited for once in a command', async (t) => {
  const { control, owed, ids, notes, outside, probesOf } = await make(t, () => false)
  await control.restartWedged(ids[0]!, '/up failed 3 times in a row')
  await owed.settle()
  assert.deepEqual(
    control.owed().map(({ what, ids: those }) => [what, ...those]),
    [['restart', ids[0]]],
  )
  assert.deepEqual(outside(), [ids[0]])
  const before = probesOf()
  assert.ok(before > 0)
  assert.deepEqual(notes, [`api of ${release.id} is not ready after 1 s: not ready`])
  await owed.settle()
  assert.equal(probesOf(), before)
})

test('what lacks is started, and let in', async (t) => {
  const { control, owed, ids, outside } = await make(t, () => true)
  await control.forget(ids)
  control.expect(release, 'api', 'its instances are not there')
  assert.equal(control.owed()[0]?.what, 'start')
  await owed.settle()
  assert.deepEqual([control.owed(), outside(), control.instances().length], [[], [], 2])
})

test('what made room is started when what it made room for has gone, and its service takes traffic again', async (t) => {
  const { state, control, owed, ids, did } = await make(t, () => true)
  const other = { ...release, id: '2-bbbbbbbb' }
  state.saveRelease(other)
  const [instance] = rosterOf(other, 'api', { ids: [`api@${other.id}-1`], pods: [], address: ADDRESS, now: 1 })
  await control.put([instance!])
  await control.forget(ids)
  control.expect(release, 'api', 'its instances are not there')
  await control.stop(instance!.id)
  await owed.settle()
  assert.deepEqual(did, [`removed ${other.id}`, `start ${release.id}`, 'bring back api'])
})
