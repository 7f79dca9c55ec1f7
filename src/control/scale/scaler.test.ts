import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { dockerRelease } from '../../../test/support/docker-release.ts'
import { kubernetesRelease } from '../../../test/support/kubernetes-release.ts'
import { systemClock } from '../../core/clock.ts'
import type { Release } from '../../deploy/release.ts'
import { Roster } from '../roster.ts'
import { State } from '../state.ts'
import { inTable } from './outside.ts'
import { Scaler, type ScalerOptions } from './scaler.ts'
import { SCALE_TIMING } from './timing.ts'

const api = { start: 'node api.js', routes: ['/'], scale: { min: 1, max: 4 } }

/** Control where somebody else keeps the instances: three of `api` are there, and take traffic. */
async function make(t: TestContext, release: Release) {
  const state = new State(':memory:')
  t.after(() => state.close())
  state.saveRelease(release)
  const did: string[] = []
  const changed = async (): Promise<void> => {}
  const roster = new Roster({ state, clock: systemClock, variablesOf: () => ({}), changed })
  const ids = [1, 2, 3].map((number) => `api@${release.id}-${number}`)
  const well = { service: 'api', release: release.id, host: 'api', port: 8080, state: 'running', pid: null } as const
  await roster.put(ids.map((id) => ({ ...well, id, startedAt: 1, restarts: 0, lastExit: null })))
  state.set('live', release.id)
  const served = (): string => String(inTable(state, roster.instances()).length)
  const options = {
    state,
    clock: systemClock,
    roster,
    // Nothing is looked for there: no program is started from here.
    folder: '/nowhere',
    path: '',
    instances: roster,
    timing: SCALE_TIMING,
    traffic: { refresh: async () => (did.push(`table of ${served()}`), null) },
    fleet: { drain: async (gone: readonly string[]) => void did.push(`drain ${gone.join()}`) },
  }
  const owed = (): readonly string[] => roster.owed().map(({ what, ids: of }) => [what, ...of].join(' '))
  return { scaler: new Scaler(options as unknown as ScalerOptions), did, ids, owed, state }
}

test('kept by an engine: those too many are out of the traffic and drained when it is said, and their end is owed', async (t) => {
  const { scaler, did, ids, owed } = await make(t, dockerRelease({ api }))
  await scaler.scale({ api: 1 }, 'ann@box')
  assert.deepEqual(did, ['table of 1', `drain ${ids[1]},${ids[2]}`])
  assert.deepEqual(owed().toSorted(), [`stop ${ids[1]}`, `stop ${ids[2]}`])
  const [status] = scaler.status()
  assert.deepEqual([status?.wanted, status?.running, status?.leaving], [1, 1, 2])
})

test('a start of what lacks is owed, and nothing when as many are there', async (t) => {
  const { scaler, did, owed } = await make(t, dockerRelease({ api: { ...api, port: 8080 } }))
  await scaler.scale({ api: 3 }, 'ann@box')
  assert.deepEqual([owed(), did], [[], []])
  await scaler.scale({ api: 4 }, 'ann@box')
  assert.deepEqual([owed(), did], [['start'], []])
})

test('beside an autoscaler of the cluster nobody sets a number', async (t) => {
  const scale = { min: 1, max: 4, cpu: '70%' }
  const { scaler, state } = await make(t, kubernetesRelease({ api: { ...api, scale } }))
  await assert.rejects(scaler.scale({ api: 4 }, 'ann@box'), {
    code: 'scale.impossible',
    message: "api cannot be scaled: the cluster's autoscaler says how many there are",
  })
  assert.deepEqual(state.get('scaled'), {})
})

test('a control that was killed over those that leave takes them out when it is asked again', async (t) => {
  const { scaler, did, ids, state } = await make(t, dockerRelease({ api }))
  await scaler.scale({ api: 2 }, 'ann@box')
  did.length = 0
  await scaler.scale({ api: 2 }, 'ann@box')
  assert.deepEqual(did, ['table of 2', `drain ${ids[2]}`])
  assert.deepEqual(state.get('outside'), { [ids[2]!]: 'leaving' })
})

test('handed back where nobody measures it has its least', async (t) => {
  const { scaler, state } = await make(
    t,
    kubernetesRelease({ api: { ...api, scale: { min: 1, max: 4, rate: '9/s' } } }),
  )
  await scaler.scale({ api: 3 }, 'ann@box')
  assert.deepEqual(state.get('scaled'), { api: 3 })
  await scaler.scale({ api: null }, 'ann@box')
  assert.deepEqual([state.get('scaled'), scaler.status()[0]?.wanted], [{}, 1])
})
