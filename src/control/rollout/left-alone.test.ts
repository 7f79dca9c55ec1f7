/** Rollouts whose command is gone: control sees them through, whatever else it does meanwhile. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { systemClock } from '../../core/clock.ts'
import type { Logger } from '../../core/logger.ts'
import type { Plan } from '../../deploy/plan.ts'
import type { Release } from '../../deploy/release.ts'
import { throwawayFolder, until } from '../../gateway/testing.ts'
import { Leases } from '../lease.ts'
import { State } from '../state.ts'
import { Rollouts, type RolloutsWorld } from './rollouts.ts'

const releaseOf = (id: string, sequence: number): Release =>
  ({ id, sequence, config: { drainMs: 0, watch: { forMs: 0 } } }) as unknown as Release
const old = releaseOf('1-x', 1)
const next = releaseOf('2-y', 2)
const answers = { cells: [], unrouted: 0, openConnections: 0, openRequests: 0 }

/** A deploy at its switch, whose lease was given back. Its gateway has a table of `token`, and `refuses` what goes to a release. */
function make(t: TestContext, token: (newest: number) => number, refuses: string | null = null) {
  const folder = throwawayFolder()
  const state = new State(join(folder, 'state.db'))
  t.after(() => state.close())
  const leases = new Leases(state, systemClock)
  for (const one of [old, next]) state.saveRelease(one)
  state.set('live', old.id)
  const plan = { kind: 'deploy', release: next, base: { live: old.id, warm: null }, retires: [], operations: [] }
  const deploy = state.beginDeploy({ kind: 'deploy', by: 'me', plan: plan as unknown as Plan, startedAt: 1 })
  const asked = leases.acquire({ holder: 'command', reason: 'deploy', process: null })
  leases.release(asked.token)
  // Two stops of a service, say: each draws a token.
  state.set('token', asked.token + 2)
  const inForce = token(asked.token + 2)
  const did: string[] = []
  const world = {
    state,
    leases,
    clock: systemClock,
    witnesses: {
      start: () => {},
      stop: async () => {},
      switching: () => ({ [Symbol.dispose]: () => {} }),
      switched: () => {},
    },
    traffic: {
      switchTo: async ({ id }: Release, by: number) => {
        if (by < inForce) throw new Error(`token ${by} is below ${inForce}`)
        if (id === refuses) throw new Error('refused')
        did.push(`switch to ${id}, on trial: ${state.get('canary')?.release ?? 'nobody'}`)
        return { firstAckNs: 0, lastAckNs: 0, workers: 1, silent: [] }
      },
      refresh: async () => null,
      upstreamsOf: () => [],
    },
    drain: async () => ({ websockets: 0 }),
    report: async () => answers,
    baselineOf: () => ({ answers: 0, errors: 0, p95Ms: null }),
    outOfReach: async () => null,
    revive: async () => {},
    stopInstances: async (id: string) => void did.push(`stop ${id}`),
    saveProof: () => {},
    lacking: () => null,
  } as unknown as RolloutsWorld
  const rollouts = new Rollouts(world, { error: () => {} } as unknown as Logger)
  const settled = async (): Promise<string | undefined> => {
    await until(() => !rollouts.isRunning() && state.rollout(deploy)?.phase === 'settled')
    const last = state.rolloutEvents(deploy, 0).at(-1)?.event
    return last?.kind === 'settled' ? last.outcome : undefined
  }
  return { state, leases, deploy, asked, did, rollouts, settled }
}

test('what control did under leases of its own does not fence off the switch of a deploy left to it', async (t) => {
  const { state, deploy, asked, did, rollouts, settled } = make(t, (newest) => newest)
  rollouts.begin(deploy, asked.token)
  assert.notEqual(await settled(), 'failed')
  assert.deepEqual(did, ['switch to 2-y, on trial: nobody'])
  assert.equal(state.get('live'), next.id)
})

test('a deploy that is over keeps its own token: what follows it may have switched', async (t) => {
  const { state, deploy, asked, did, rollouts, settled } = make(t, (newest) => newest)
  state.finishDeploy(deploy, 'aborted', null, 1)
  rollouts.begin(deploy, asked.token)
  assert.equal(await settled(), 'failed')
  assert.deepEqual([did, state.get('live')], [[], old.id])
})

test('a switch that fails while nobody is there to hear of it is taken back, and with it the trial', async (t) => {
  const { state, deploy, asked, did, rollouts, settled } = make(t, () => 0, next.id)
  state.set('canary', { release: next.id, share: 0.2 })
  rollouts.begin(deploy, asked.token)
  assert.equal(await settled(), 'taken-back')
  assert.deepEqual(did, ['switch to 1-x, on trial: nobody', 'stop 2-y'])
  assert.deepEqual([state.deploy(deploy)!.state, state.get('canary')], ['taken-back', null])
})

test('a switch that fails under the lease of a command is for that one to decide', async (t) => {
  const { state, leases, deploy, did, rollouts, settled } = make(t, () => 0, next.id)
  const { token } = leases.acquire({ holder: 'command', reason: 'deploy', process: null })
  rollouts.begin(deploy, token)
  assert.equal(await settled(), 'failed')
  assert.deepEqual([did, state.deploy(deploy)!.state], [[], 'running'])
})
