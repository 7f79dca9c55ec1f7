/** Services whose instances control does not keep; those that it keeps are in test/whole. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { dockerRelease } from '../../test/support/docker-release.ts'
import { systemClock } from '../core/clock.ts'
import { Problem } from '../core/problem.ts'
import type { Release } from '../deploy/release.ts'
import { Roster } from './roster.ts'
import { SecretFiles } from './secrets.ts'
import { Services } from './services.ts'
import { State } from './state.ts'
import type { Supervisor } from './supervisor.ts'

const release = dockerRelease({ api: { start: 'node x', routes: ['/'] } }, { id: '7-3fa9c1d2' })
const next = dockerRelease({ api: { start: 'node x', routes: ['/'] } }, { id: '8-aaaaaaaa' })
const instanceOf = (of: Release) => ({
  id: `api@${of.id}-1`,
  service: 'api',
  release: of.id,
  host: 'api',
  port: 8080,
  state: 'running' as const,
  pid: null,
  startedAt: 1,
  restarts: 0,
  lastExit: null,
})

/**
 * Traffic and fleet note what is asked of them, in order; `supervisor` must not be asked at all.
 * @param whileDraining what happens meanwhile
 * @param whileWaiting what happens until what is started accepts connections
 */
function make(
  t: TestContext,
  whileDraining: (made: Made) => unknown = () => {},
  whileWaiting: (made: Made) => unknown = () => {},
): Made {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-services-'))
  const state = new State(join(folder, 'state.db'))
  t.after(() => {
    state.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const done: string[] = []
  const roster = new Roster({ state, clock: systemClock, variablesOf: () => ({}), changed: async () => {} })
  const note = (what: string) => async () => void done.push(what)
  const services = new Services({
    folder,
    path: '/usr/bin',
    state,
    clock: systemClock,
    instances: roster,
    supervisor: {} as Supervisor,
    roster,
    traffic: {
      refresh: note('refresh'),
      switchTo: note('switch'),
      untilAccepting: async () => {
        done.push('accepting')
        await whileWaiting(made)
      },
      upstreamsOf: () => roster.instances().map(({ id }) => id),
    } as never,
    fleet: {
      drain: async (ids: readonly string[]) => {
        done.push(`drain ${ids.join(' ')}`)
        await whileDraining(made)
      },
    } as never,
    secrets: new SecretFiles(folder),
  })
  for (const one of [release, next]) state.saveRelease(one)
  state.set('live', release.id)
  const made = { state, roster, services, done }
  return made
}

interface Made {
  readonly state: State
  readonly roster: Roster
  readonly services: Services
  readonly done: string[]
}

test('who is to be ended elsewhere is out of the table, then drained, and owed a stop until it is gone', async (t) => {
  const { state, roster, services, done } = make(t)
  await roster.put([instanceOf(next)])
  state.set('canary', { release: next.id, share: 0.1 })
  const { id } = instanceOf(next)
  assert.deepEqual(await services.leave(next.id, null, 1), [id])
  assert.deepEqual(done, ['refresh', `drain ${id}`])
  assert.deepEqual(
    roster.owed().map(({ what, ids }) => [what, ids]),
    [['stop', [id]]],
  )
  assert.deepEqual(await services.leave(next.id, null, 1), [id], 'again, for whoever was killed before it was gone')
})

test('what is live does not leave', async (t) => {
  const { roster, services, done } = make(t)
  await roster.put([instanceOf(release)])
  await assert.rejects(services.leave(release.id, null, 1), { code: 'instance.live' })
  assert.deepEqual([roster.owed(), done], [[], []])
})

test('a service that is stopped on purpose comes back when its instances are there; until then that is owed', async (t) => {
  const { state, roster, services, done } = make(t)
  await roster.put([instanceOf(release)])
  await services.takeOut('api', false)
  const { id } = instanceOf(release)
  await roster.forget([id])
  await assert.rejects(services.bringBack('api'), { code: 'instance.owed' })
  assert.deepEqual(
    roster.owed().map(({ what, service }) => [what, service]),
    [['start', 'api']],
  )
  assert.deepEqual(state.get('stoppedServices'), ['api'])
  await roster.put([instanceOf(release)])
  done.length = 0
  await services.bringBack('api')
  assert.deepEqual([done, roster.owed(), state.get('stoppedServices')], [['accepting', 'refresh'], [], []])
})

test('who stops a service does not say which release has the traffic: a switch may be under way', async (t) => {
  const { roster, services, done } = make(t)
  await roster.put([instanceOf(release)])
  await services.takeOut('api', false)
  assert.deepEqual(done, ['refresh', `drain ${instanceOf(release).id}`])
})

test('a service stays out when another release went live while it was started: of that one nobody has asked', async (t) => {
  const { state, roster, services, done } = make(t, undefined, ({ state: now }) => now.set('live', next.id))
  await roster.put([instanceOf(release)])
  state.set('stoppedServices', ['api'])
  await assert.rejects(services.bringBack('api'), { code: 'service.moved' })
  assert.deepEqual([state.get('stoppedServices'), done], [['api'], ['accepting']])
})

test('what is brought back while it was drained is not ended', async (t) => {
  const { state, roster, services } = make(t, ({ services: meanwhile }) => meanwhile.bringBack('api'))
  await roster.put([instanceOf(release)])
  await assert.rejects(services.takeOut('api', true), { code: 'lease.lost' })
  assert.deepEqual([roster.owed(), state.get('heldServices')], [[], []])
  assert.equal(roster.instances()[0]!.state, 'running')
})

test('where another command has taken over while it was drained, what becomes of it is for that one to say', async (t) => {
  const { roster, services } = make(t, ({ state }) => state.set('token', state.get('token') + 1))
  await roster.put([instanceOf(release)])
  await assert.rejects(services.takeOut('api', true), { code: 'lease.lost' })
  assert.deepEqual(roster.owed(), [])
})

test('going back waits for nobody who cannot be started', async (t) => {
  const { state, services, done } = make(t)
  await services.revive(release, next)
  assert.deepEqual(done, [])
  const { text } = state.events(0, 10).find(({ kind }) => kind === 'revive-incomplete')!
  assert.match(text, /^api of 7-3fa9c1d2 has no instance/)
})

test('going back would be to nobody where a service has no instance, unless it was stopped on purpose', async (t) => {
  const { services, roster, state } = make(t)
  assert.equal(await services.outOfReach(release), '7-3fa9c1d2 has made room')
  state.set('stoppedServices', ['api'])
  assert.equal(await services.outOfReach(release), null)
  state.set('stoppedServices', [])
  await roster.put([instanceOf(release)])
  assert.equal(await services.outOfReach(release), null)
  assert.equal(services.lacking(release), null)
  await roster.stop(instanceOf(release).id)
  assert.equal(await services.outOfReach(release), '7-3fa9c1d2 has made room')
  assert.equal(services.lacking(release), 'api')
})

test('nor does anybody serve who is on the roster and accepts nothing: that one is owed a restart', async (t) => {
  const { services, roster } = make(t, undefined, () => {
    throw new Problem('service.not-ready', 'api accepts no connection')
  })
  await roster.put([instanceOf(release)])
  assert.equal(await services.outOfReach(release), 'api accepts no connection')
  assert.deepEqual(
    roster.owed().map(({ what, ids }) => [what, ids]),
    [['restart', [instanceOf(release).id]]],
  )
})

test('a service that is stopped on purpose runs in no release; what makes room does so in the live one alone', async (t) => {
  const { services, roster, state } = make(t)
  const warm = dockerRelease({ api: { start: 'node x', routes: ['/'] } }, { id: '6-bbbbbbbb' })
  state.saveRelease(warm)
  state.set('canary', { release: next.id, share: 0.1 })
  await roster.put([instanceOf(warm), instanceOf(release), instanceOf(next)])
  const stopped = (): ReadonlySet<string> => new Set(roster.owed().map(({ what, release: of }) => `${what} ${of}`))
  await services.takeOut('api', true)
  assert.deepEqual(stopped(), new Set([`stop ${release.id}`]))
  await services.takeOut('api', false)
  assert.deepEqual(stopped(), new Set([warm, release, next].map(({ id }) => `stop ${id}`)))
})

test('a service comes back in the live release and in the one on trial: clients of both need it', async (t) => {
  const { services, roster, state, done } = make(t)
  state.set('canary', { release: next.id, share: 0.1 })
  state.set('stoppedServices', ['api'])
  await roster.put([instanceOf(release)])
  await assert.rejects(services.bringBack('api'), { code: 'instance.owed', message: /api of 8-aaaaaaaa/ })
  assert.deepEqual(state.get('stoppedServices'), ['api'])
  await roster.put([instanceOf(next)])
  await services.bringBack('api')
  assert.deepEqual([done, state.get('stoppedServices')], [['accepting', 'accepting', 'refresh'], []])
})
