import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { dockerRelease } from '../../test/support/docker-release.ts'
import { systemClock } from '../core/clock.ts'
import type { Instance } from '../deploy/release.ts'
import { Roster, ROSTER_MAX } from './roster.ts'
import { inTable } from './scale/outside.ts'
import { State } from './state.ts'

const RELEASE = '7-3fa9c1d2'
const release = dockerRelease({ api: { start: 'node x', scale: { min: 2, max: 4 }, routes: ['/'] } }, { id: RELEASE })

const instanceOf = (number: number, of: Partial<Instance> = {}): Instance => ({
  id: `api@${RELEASE}-${number}`,
  service: 'api',
  release: RELEASE,
  host: `api-${RELEASE}-${number}`,
  port: 8080,
  state: 'running',
  pid: 4711,
  startedAt: 1_000,
  restarts: 0,
  lastExit: null,
  ...of,
})

function make(t: TestContext, live: string | null = null) {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-roster-'))
  const file = join(folder, 'state.db')
  const opened: State[] = []
  t.after(() => {
    for (const state of opened) state.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const open = () => {
    const state = new State(file)
    opened.push(state)
    const tables: (readonly string[])[] = []
    const traffic = (): readonly string[] =>
      inTable(state, roster.instances())
        .filter(({ state: its }) => its !== 'stopping')
        .map(({ id }) => id)
    const roster: Roster = new Roster({
      state,
      clock: systemClock,
      variablesOf: () => ({ DB_PASSWORD: 'sw-need-4711' }),
      changed: async () => tables.push(traffic()),
    })
    return { state, roster, tables, traffic, owed: () => roster.owed().map(({ what, ids }) => [what, ...ids]) }
  }
  const made = open()
  made.state.saveRelease(release)
  made.state.set('live', live)
  return { ...made, reopen: open }
}

test('numbers are given once: what is there, and new ones for what lacks', async (t) => {
  const { roster } = make(t)
  assert.deepEqual(roster.wanted(release, 'api'), [instanceOf(1).id, instanceOf(2).id])
  await roster.put([instanceOf(2)])
  assert.deepEqual(roster.wanted(release, 'api'), [instanceOf(2).id, instanceOf(3).id])
  await roster.stop(instanceOf(2).id)
  assert.deepEqual(roster.wanted(release, 'api'), [instanceOf(4).id, instanceOf(5).id])
})

test('what was told outlives control, without the pid of another place', async (t) => {
  const { roster, reopen } = make(t)
  await roster.put([instanceOf(1)])
  await roster.stop(instanceOf(1).id)
  const again = reopen()
  assert.deepEqual(again.roster.instances(), [{ ...instanceOf(1), pid: null, state: 'stopping' }])
  assert.deepEqual(again.owed(), [['stop', instanceOf(1).id]])
  await again.roster.forget([instanceOf(1).id])
  assert.deepEqual([again.roster.instances(), again.owed()], [[], []])
})

test('before its release is live an instance waits for the switch alone; beside the traffic until it is admitted', async (t) => {
  const { roster, state, tables, traffic } = make(t)
  await roster.put([instanceOf(1)])
  assert.deepEqual([traffic(), tables], [[instanceOf(1).id], []])
  state.set('live', RELEASE)
  await roster.put([instanceOf(1, { startedAt: 2_000 }), instanceOf(2)])
  assert.deepEqual(tables, [[instanceOf(1).id]])
  await roster.admit([instanceOf(2).id])
  assert.deepEqual(tables.at(-1), [instanceOf(1).id, instanceOf(2).id])
})

test('of a service that is stopped nobody is to be admitted: it comes back as a whole', async (t) => {
  const { roster, state, traffic } = make(t, RELEASE)
  state.set('stoppedServices', ['api'])
  await roster.put([instanceOf(1), instanceOf(2)])
  assert.deepEqual(traffic(), [instanceOf(1).id, instanceOf(2).id])
})

test('a wedged instance is out of the traffic and owed a restart, until it was started again and admitted', async (t) => {
  const { roster, state, traffic, owed } = make(t, RELEASE)
  const both = [instanceOf(1), instanceOf(2)]
  await roster.put(both)
  await roster.admit(both.map(({ id }) => id))
  await roster.restartWedged(instanceOf(1).id, '/live failed')
  assert.deepEqual([traffic(), owed()], [[instanceOf(2).id], [['restart', instanceOf(1).id]]])
  await roster.restartWedged(instanceOf(1).id, '/live failed')
  assert.equal(state.events(0, 10).filter(({ kind }) => kind === 'instance-wedged').length, 1)
  await roster.put([instanceOf(1)])
  await roster.admit([instanceOf(1).id])
  const left = [[instanceOf(2).id], [['restart', instanceOf(1).id]]]
  assert.deepEqual([traffic(), owed()], left, 'it was only seen, not started again')
  await roster.put([instanceOf(1, { startedAt: 2_000 })])
  assert.deepEqual([traffic(), owed()], [[instanceOf(2).id], []])
  await roster.admit([instanceOf(1).id])
  assert.deepEqual(traffic(), [instanceOf(1).id, instanceOf(2).id])
})

test('the last one of a service stays in the traffic, though it is wedged', async (t) => {
  const { roster, traffic, owed } = make(t, RELEASE)
  const both = [instanceOf(1), instanceOf(2)]
  await roster.put(both)
  await roster.admit(both.map(({ id }) => id))
  for (const { id } of both) await roster.restartWedged(id, '/live failed')
  assert.deepEqual(traffic(), [instanceOf(2).id])
  assert.deepEqual(
    owed().map(([what]) => what),
    ['restart', 'restart'],
  )
})

test('a stop outweighs a restart that is owed, and whoever is put again is to stay', async (t) => {
  const { roster, owed } = make(t)
  await roster.put([instanceOf(1)])
  await roster.restartWedged(instanceOf(1).id, '/live failed')
  await roster.stop(instanceOf(1).id)
  await roster.restartWedged(instanceOf(1).id, '/live failed')
  assert.deepEqual(owed(), [['stop', instanceOf(1).id]])
  await roster.put([instanceOf(1)])
  assert.deepEqual([owed(), roster.instances()[0]!.state], [[], 'running'])
})

test('one too many that could not be ended stays out of the traffic when it is told of again', async (t) => {
  const { roster, state, traffic, owed } = make(t, RELEASE)
  await roster.put([instanceOf(1), instanceOf(2)])
  await roster.admit([instanceOf(1).id, instanceOf(2).id])
  roster.leave([instanceOf(2).id])
  await roster.put([instanceOf(2)])
  await roster.admit([instanceOf(2).id])
  assert.deepEqual([traffic(), owed()], [[instanceOf(1).id], [['stop', instanceOf(2).id]]])
  assert.deepEqual(state.get('outside'), { [instanceOf(2).id]: 'leaving' })
  await roster.forget([instanceOf(2).id])
  assert.deepEqual([owed(), state.get('outside')], [[], {}])
})

test('a start is owed of what a live service lacks, until all are in the traffic', async (t) => {
  const { roster, state, owed } = make(t, RELEASE)
  assert.deepEqual(roster.expect(release, 'api', 'stopped on purpose'), [])
  assert.deepEqual(owed(), [['start']])
  state.set('live', null)
  assert.deepEqual(owed(), [], 'what is not live lacks nobody')
  state.set('live', RELEASE)
  await roster.put([instanceOf(1)])
  assert.deepEqual(owed(), [['start']], 'a command that was killed over the second')
  await roster.put([instanceOf(2)])
  assert.deepEqual(owed(), [['start']], 'one that was killed before they were let in')
  await roster.admit([instanceOf(1).id, instanceOf(2).id])
  assert.deepEqual(owed(), [])
  await roster.forget([instanceOf(2).id])
  assert.deepEqual(
    roster.expect(release, 'api', 'only one is there').map(({ id }) => id),
    [instanceOf(1).id],
  )
  assert.deepEqual(owed(), [['start']])
})

test('of a service that is stopped no start is owed any more', (t) => {
  const { roster, owed } = make(t, RELEASE)
  roster.expect(release, 'api', 'more of them are wanted')
  roster.expectNothing(release.id, 'api')
  assert.deepEqual(owed(), [])
})

test('an end that is owed tells how many of its service stay', async (t) => {
  const { roster } = make(t, RELEASE)
  await roster.put([instanceOf(1), instanceOf(2), instanceOf(3)])
  await roster.stop(instanceOf(3).id)
  assert.deepEqual(
    roster.owed().map(({ ids, stays }) => [...ids, stays]),
    [[instanceOf(3).id, 2]],
  )
  for (const number of [1, 2]) await roster.stop(instanceOf(number).id)
  assert.deepEqual(
    roster.owed().map(({ stays }) => stays),
    [0, 0, 0],
  )
})

test('nothing is taken in of an unknown release or service, nor more than can be kept track of', async (t) => {
  const { roster } = make(t)
  const other = '8-aaaaaaaa'
  const strange = { ...instanceOf(1), release: other, id: `api@${other}-1` }
  await assert.rejects(roster.put([strange]), { code: 'release.unknown' })
  await assert.rejects(roster.put([{ ...instanceOf(1), service: 'web' }]), { code: 'service.unknown' })
  await assert.rejects(roster.put([{ ...instanceOf(1), id: 'api@1-x-1' }]), /is no name of an instance/)
  const many = Array.from({ length: ROSTER_MAX + 1 }, (_, index) => instanceOf(index))
  await assert.rejects(roster.put(many), { code: 'roster.full' })
  assert.deepEqual(roster.instances(), [])
})

test('the first image of an artifact is the one, as long as a kept release has the artifact', (t) => {
  const { table } = make(t).roster
  assert.equal(table.recordedImage('a1b2'), null)
  assert.equal(table.recordImage('a1b2', 'sha256:one'), 'sha256:one')
  assert.equal(table.recordedImage('a1b2'), 'sha256:one')
  assert.equal(table.recordImage('a1b2', 'sha256:two'), 'sha256:one')
  assert.equal(table.recordImage('a1b2-91b0', 'sha256:other'), 'sha256:other')
  table.keepOnly([{ id: RELEASE, artifacts: { api: 'a1b2' } }])
  assert.equal(table.recordImage('a1b2-91b0', 'sha256:two'), 'sha256:other')
  assert.equal(table.recordImage('a1b2', 'sha256:two'), 'sha256:one')
  table.keepOnly([{ id: RELEASE, artifacts: { api: 'c3d4' } }])
  assert.equal(table.recordImage('a1b2', 'sha256:two'), 'sha256:two')
  assert.equal(table.recordImage('a1b2-91b0', 'sha256:two'), 'sha256:two')
})

test('the passwords of its needs are taken out of what an instance says', async (t) => {
  const { roster } = make(t)
  await roster.put([instanceOf(1)])
  assert.equal(roster.scrubOf(instanceOf(1).id)('no access for sw-need-4711'), 'no access for [DB_PASSWORD]')
})
