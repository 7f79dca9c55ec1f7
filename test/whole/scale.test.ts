import assert from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { failuresOf, startLoad } from '../support/load.ts'
import { plainConfig, TestProject, until } from '../support/project.ts'
import { numbers, scaling } from '../support/scaling.ts'

const scaleTo = (min: number, max: number, measures: object = {}) => ({ scale: { min, max, ...measures } })

void test('scale by hand brings instances in and out under load, none of whose requests fail; a deploy keeps the number', async () => {
  const slow = (name: string): object =>
    plainConfig({ service: scaleTo(1, 4), env: { NAME: name, SLOW_START_MS: '700' } })
  await using project = new TestProject(slow('v1'))
  await project.must(['up', '--detach'])
  await using load = startLoad({
    port: await project.port(),
    clients: 8,
    path: '/?work=30',
    isGood: (status) => status === 200,
  })
  const up = await project.must(['scale', 'api=3'])
  assert.match(up.stdout, /api: 1 of 3 \(2 starting\)[\s\S]*api: 3 of 3/)
  assert.deepEqual(await numbers(project), { wanted: 3, running: 3 })
  // Each of them has its share of the traffic.
  const before = await instancesOf(project)
  assert.equal(before.length, 3)

  project.configure(slow('v2'))
  await project.must(['deploy'])
  assert.deepEqual(await numbers(project), { wanted: 3, running: 3 }, 'after a deploy')
  await project.must(['scale', 'api=4'])
  // Warm with three where four are wanted: a rollback starts the one that is lacking.
  const back = await project.must(['rollback'])
  assert.match(back.stdout, /start:api|starting api/i)
  assert.deepEqual(await numbers(project), { wanted: 4, running: 4 }, 'after a rollback')
  await project.must(['restart'])
  assert.deepEqual(await numbers(project), { wanted: 4, running: 4 }, 'after a restart')
  await project.must(['scale', 'api=1'])
  assert.equal((await instancesOf(project)).length, 1, 'those that left are gone')
  const answers = await load.stop()
  assert.deepEqual(failuresOf(answers), [])
  assert.ok(answers.length > 200, `${answers.length} answers`)

  const status = await project.must(['status'])
  assert.match(status.stdout, /api +1 +1 +1 to 4 +hand .*set to 1 by \S+@\S+/)
  const { events } = await project.control.call('events', { after: 0, limit: 100 })
  assert.deepEqual(
    events.filter(({ kind }) => kind === 'table-mended' || kind === 'scale-failed'),
    [],
  )
})

void test('scale refuses what cannot be, with the reason, and changes nothing', async () => {
  const services = { web: { static: '.', routes: ['/web'] }, fixed: { start: 'node plain.mjs', port: 28_417 } }
  await using project = new TestProject(plainConfig({ service: scaleTo(1, 3), services }))
  await project.must(['up', '--detach'])
  await refused({ api: 4 }, 'scale.out-of-bounds', /4 is not between scale.min 1 and scale.max 3/)
  await refused({ api: 0 }, 'scale.out-of-bounds', /0 is not between/)
  await refused({ api: 2, fixed: 2 }, 'scale.impossible', /insists on port 28417/)
  await refused({ web: 2 }, 'scale.impossible', /served by the gateway itself/)
  await refused({ nobody: 2 }, 'service.unknown', /nobody is no service/)
  await project.control.call('service.stop', { service: 'api', held: false, token: null })
  await refused({ api: 2 }, 'scale.impossible', /it is stopped/)
  await project.control.call('service.start', { service: 'api', token: null })
  const told = await project.run(['scale', 'api=4'])
  assert.deepEqual([told.code, /\[scale.out-of-bounds\]/.test(told.stderr)], [1, true], told.stderr)
  const usage = await project.run(['scale', 'api=many'])
  assert.deepEqual([usage.code, /write SERVICE=COUNT/.test(usage.stderr)], [2, true], usage.stderr)
  // A deploy at work has its instances to itself.
  const { token } = await project.control.call('lease.acquire', { holder: 'somebody', reason: 'deploy', process: null })
  await refused({ api: 2 }, 'deploy.locked', /somebody is at work/)
  await project.control.call('lease.release', { token })
  assert.deepEqual(await numbers(project), { wanted: 1, running: 1 })

  async function refused(counts: Record<string, number>, code: string, message: RegExp): Promise<void> {
    await assert.rejects(project.control.call('service.scale', { counts, by: 'test' }), { code, message })
  }
})

/** Waits to listen while there is a file `held`, and does not start at all while there is one `broken`. */
const MOODY = `
  import { existsSync } from 'node:fs'
  import { createServer } from 'node:http'
  if (existsSync(process.env.BROKEN)) { console.error('no licence left'); process.exit(3) }
  const server = createServer((request, response) => response.end('ok'))
  const listen = () => (existsSync(process.env.HELD) ? setTimeout(listen, 50) : server.listen(Number(process.env.PORT), '127.0.0.1'))
  listen()
  process.on('SIGTERM', () => process.exit(0))`

void test('an instance that does not become ready never takes traffic; a killed control goes on letting in the others', async () => {
  await using project = new TestProject(plainConfig(), { 'moody.mjs': MOODY })
  const broken = join(project.folder, 'broken')
  const held = join(project.folder, 'held')
  const env = { BROKEN: broken, HELD: held }
  project.configure(plainConfig({ service: { start: 'node moody.mjs', ...scaleTo(1, 3) }, env }))
  await project.must(['up', '--detach'])
  await using load = startLoad({ port: await project.port(), clients: 4, isGood: (status) => status === 200 })
  writeFileSync(broken, '')
  const failed = await project.run(['scale', 'api=2'])
  assert.equal(failed.code, 1)
  assert.match(failed.stderr, /api stays at 1: .*exited with 3.*\[scale.not-ready\]/s)
  assert.deepEqual(await numbers(project), { wanted: 1, running: 1 })
  await until(async () => (await instancesOf(project)).length === 1, 'the failed one to be gone')

  rmSync(broken)
  writeFileSync(held, '')
  await project.control.call('service.scale', { counts: { api: 3 }, by: 'test' })
  await until(async () => (await scaling(project)).joining === 2, 'two to start')
  const { controlPid } = await project.status()
  process.kill(controlPid, 'SIGKILL')
  rmSync(held)
  await until(async () => (await scaling(project)).running === 3, 'both to be let in by the next control')
  assert.notEqual((await project.status()).controlPid, controlPid)
  assert.deepEqual(failuresOf(await load.stop()), [])
})

async function instancesOf(project: TestProject) {
  const { instances, world } = await project.status()
  return instances.filter(({ release }) => release === world.live)
}
