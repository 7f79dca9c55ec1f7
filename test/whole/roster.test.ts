/**
 * Instances that control does not keep, as on Docker and Kubernetes: the deploy suite of `process` over the roster, with an
 * engine of `node` children. Control itself, gateway, journal and the deploy's engine are the real ones.
 */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { hasTraffic } from '../../src/deploy/journal.ts'
import { journalPoints, type Plan } from '../../src/deploy/plan.ts'
import { failuresOf, startLoad } from '../support/load.ts'
import { plainConfig, until } from '../support/project.ts'
import { RosterProject } from '../support/roster-project.ts'

const INSTANCES = 2

const configOf = (name: string, env: Readonly<Record<string, string>> = {}, environment: object = {}): object =>
  plainConfig({
    env: { NAME: name, ...env },
    service: {
      scale: { min: INSTANCES },
      health: {
        ready: '/health/readiness',
        live: '/health/liveness',
        interval: '500ms',
        timeout: '400ms',
        deadline: '20s',
        passes: 1,
        failures: 3,
      },
    },
    environment: {
      target: 'docker',
      watch: { for: '500ms', warm: '10min', p95: '100x' },
      smoke: [{ request: 'GET /env', expect: { status: 200, body: 'RELEASE' } }],
      ...environment,
    },
  })

async function upWith(name: string): Promise<RosterProject> {
  const project = new RosterProject(configOf(name))
  await project.must(['up'])
  await project.must(['deploy'])
  return project
}

/** Control and engine agree: the live release has all its instances, the warm one beside it, and nothing else is there. */
async function assertWhole(project: RosterProject, live: string): Promise<void> {
  const { world, running, lease, instances, owed } = await project.status()
  assert.equal(world.live, live)
  assert.deepEqual([running, lease, owed], [null, null, []])
  assert.equal(instances.filter(({ release }) => release === live).length, INSTANCES)
  for (const { id, release, state, pid } of instances) {
    assert.ok([world.live, world.warm].includes(release), `${id} should be gone`)
    assert.deepEqual([state, pid], ['running', null])
  }
  const idsOf = (list: readonly { id: string }[]): readonly string[] => list.map(({ id }) => id).toSorted()
  assert.deepEqual(idsOf(project.engine()), idsOf(instances))
}

async function liveOf(project: RosterProject): Promise<string> {
  return (await project.status()).world.live!
}

test('a good deploy and the way back lose no request', async (t) => {
  await using project = await upWith('v1')
  const first = await liveOf(project)
  await assertWhole(project, first)
  await using load = startLoad({ port: await project.port(), clients: 4 })
  project.configure(configOf('v2'))
  await project.must(['deploy'])
  const second = await liveOf(project)
  assert.notEqual(second, first)
  await assertWhole(project, second)
  await until(() => load.answers.at(-1)?.release === second, 'the second release to answer')
  await project.must(['rollback'])
  await assertWhole(project, first)
  await until(() => load.answers.at(-1)?.release === first, 'the first release to answer')
  const answers = await load.stop()
  assert.deepEqual(failuresOf(answers), [])
  t.diagnostic(`${answers.length} requests, 0 failed`)

  const holder = { holder: 'me', reason: 'test', process: null }
  const { token } = await project.control.call('lease.acquire', holder)
  const start = { token, release: first, service: 'api', secrets: {} }
  await assert.rejects(project.control.call('instance.start', start), { code: 'instance.kept-elsewhere' })
  await assert.rejects(project.control.call('roster.leave', { token, release: first, service: null }), {
    code: 'instance.live',
  })
  await assert.rejects(project.control.call('roster.put', { token: token - 1, instances: [] }), { code: 'lease.lost' })
  await project.control.call('lease.release', { token })
})

test('a release that does not become ready is refused, and nothing of it is left', async () => {
  await using project = await upWith('v1')
  const first = await liveOf(project)
  const deadline = { service: { health: { ready: '/health/readiness', interval: '500ms', deadline: '1s' } } }
  const config = configOf('ill', { UNREADY: 'no database' }) as { services: { api: object } }
  Object.assign(config.services.api, deadline.service)
  project.configure(config)
  const { code, stderr } = await project.run(['deploy'])
  assert.equal(code, 1)
  assert.match(stderr, /did not become ready .*answered 503.*no database/)
  assert.match(stderr, /\[deploy\.gate-failed\]/)
  await assertWhole(project, first)
})

for (const whose of ['the command', 'control alone'] as const) {
  test(`a release that fails after its switch is taken back by ${whose}; what it leaves is ended`, async (t) => {
    await using project = await upWith('v1')
    const first = await liveOf(project)
    await using load = startLoad({ port: await project.port(), clients: 4 })
    project.configure(configOf('rotten', { ROTS_AFTER_MS: '1000' }, { watch: { for: '60s' } }))
    const cli = project.start(['deploy'])
    if (whose === 'control alone') {
      await until(async () => hasTraffic((await project.status()).running?.journal ?? []), 'the switch')
      process.kill(cli.pid, 'SIGKILL')
    }
    const { code, stdout, stderr } = await cli.ended
    if (whose === 'the command') assert.equal(code, 1, stdout + stderr)
    await until(async () => (await project.status()).last?.state === 'taken-back', 'the release to be taken back')
    assert.equal(await liveOf(project), first)
    if (whose === 'control alone') {
      const { owed, instances } = await project.status()
      const bad = instances.filter(({ release }) => release !== first)
      assert.deepEqual(
        bad.map(({ state }) => state),
        ['stopping', 'stopping'],
      )
      assert.deepEqual(
        owed.map(({ what, ids }) => [what, ...ids]),
        bad.map(({ id }) => ['stop', id]),
      )
      assert.equal(project.engine().length, 2 * INSTANCES, 'nobody could end them')
      // Whoever comes next with the tools does it, whatever becomes of the deploy.
      project.configure(configOf('v2'))
      await project.must(['deploy'])
    }
    await assertWhole(project, await liveOf(project))
    const failed = (await load.stop()).filter(({ failure }) => failure !== null)
    assert.ok(failed.length > 0, 'there was a breach')
    assert.ok(failed.every(({ release, status }) => status === 500 && release !== first))
    t.diagnostic(`${failed.length} answers of the release that was taken back failed`)
  })
}

test('a wedged instance leaves the traffic, and the next command starts it again', async () => {
  await using project = await upWith('v1')
  const first = await liveOf(project)
  const [wedged] = project.engine()
  process.kill(wedged!.pid!, 'SIGSTOP')
  await until(async () => (await project.status()).owed.length > 0, 'it to be noticed')
  const { owed } = await project.status()
  assert.deepEqual([owed[0]!.what, owed[0]!.ids], ['restart', [wedged!.id]])
  assert.match(owed[0]!.because, /^\/health\/liveness failed 3 times in a row/)
  await using load = startLoad({ port: await project.port(), clients: 4 })
  await until(() => load.answers.length > 200, 'answers')
  assert.deepEqual(failuresOf(load.answers), [])
  project.configure(configOf('v2'))
  await project.must(['deploy'])
  await until(() => load.answers.at(-1)?.release !== first, 'the next release to answer')
  assert.deepEqual(failuresOf(await load.stop()), [])
  await assertWhole(project, await liveOf(project))
  const restarted = (await project.status()).instances.find(({ id }) => id === wedged!.id)
  assert.equal(restarted?.restarts, 1)
})

for (const way of ['resume', 'abort'] as const) {
  test(`the command dies by SIGKILL at every journal point, then ${way}: one healthy release, no request lost`, (t) =>
    everyPoint(way, t))
}

async function everyPoint(way: 'resume' | 'abort', t: TestContext): Promise<void> {
  await using project = await upWith('v1')
  // A second release, so that there is a warm one to retire.
  project.configure(configOf('v2'))
  await project.must(['deploy'])
  await using load = startLoad({ port: await project.port(), clients: 4, pauseMs: 20 })
  project.configure(configOf('planned'))
  const points = journalPoints(JSON.parse((await project.must(['plan'])).stdout) as Plan)
  for (const [index, { operation, point }] of points.entries()) {
    const where = `${operation}:${point}`
    const before = await liveOf(project)
    project.configure(configOf(`${way}-${index}`))
    const crashed = await project.run(['deploy'], { SEAWORTHY_CRASH_AT: where })
    assert.equal(crashed.signal, 'SIGKILL', `${where}: ${crashed.stdout}\n${crashed.stderr}`)
    const { running } = await project.status()
    assert.ok(running, `${where}: the deploy is not left unfinished`)
    await project.must([way])
    await assertWhole(project, way === 'resume' ? running.plan.release.id : before)
    const { deploy } = await project.control.call('deploy.get', { deploy: running.id })
    assert.equal(deploy!.proof!.failed, 0, deploy!.proof!.failures.join('\n'))
  }
  const answers = await load.stop()
  assert.deepEqual(failuresOf(answers), [])
  t.diagnostic(`${points.length} points, ${answers.length} requests, 0 failed`)
}
