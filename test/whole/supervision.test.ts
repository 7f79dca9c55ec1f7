/** What becomes of an instance that dies, keeps dying, hangs, or does not want to go. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CRASHES_MAX } from '../../src/control/backoff.ts'
import type { Instance } from '../../src/deploy/release.ts'
import { startLoad } from '../support/load.ts'
import { isGone, stateOf } from '../support/processes.ts'
import { plainConfig, TestProject, until } from '../support/project.ts'

test('an instance killed under load is started again, and the other one serves meanwhile', async (t) => {
  await using project = await startProject()
  await using load = startLoad({ port: await project.port(), clients: 8 })
  const [victim, other] = await instancesOf(project)
  process.kill(victim!.pid!, 'SIGKILL')
  const killedAt = Date.now()
  await until(async () => {
    const now = (await instancesOf(project)).find(({ id }) => id === victim!.id)
    return now?.state === 'running' && now.pid !== victim!.pid && now.restarts === 1
  }, 'the instance to be started again')
  t.diagnostic(`started again after ${Date.now() - killedAt} ms`)
  const answers = await load.stop()
  const failed = answers.filter(({ failure }) => failure !== null)
  t.diagnostic(`${answers.length} requests, ${failed.length} lost with the instance`)
  assert.ok(failed.length <= 8, 'more failed than were in flight')
  const after = await instancesOf(project)
  assert.equal(after.find(({ id }) => id === other!.id)!.pid, other!.pid)
  assert.equal(after.find(({ id }) => id === victim!.id)!.lastExit, 'was killed by SIGKILL')
})

test('an instance that keeps dying is tried ever more slowly, called a crash loop, and shown with its last lines', async (t) => {
  await using project = await startProject()
  const [victim] = await instancesOf(project)
  const ends: number[] = []
  for (let round = 0; round < CRASHES_MAX; round++) {
    await until(async () => (await find(project, victim!.id)).pid !== null, 'the instance to run')
    const { pid } = await find(project, victim!.id)
    await until(() => project.log(victim!.id).split('listening').length > round + 1, 'the instance to say so')
    process.kill(pid!, 'SIGKILL')
    ends.push(Date.now())
    await until(async () => (await find(project, victim!.id)).pid !== pid, 'its end to be seen')
  }
  await until(async () => (await find(project, victim!.id)).state === 'crash-loop', 'the crash loop to be seen')
  const { events } = await project.control.call('events', { after: 0, limit: 100 })
  const event = events.find(({ kind }) => kind === 'crash-loop')
  assert.ok(event, JSON.stringify(events))
  assert.match(event.text, new RegExp(`${victim!.id} was killed by SIGKILL`))
  assert.match(event.text, /\| .*listening/)
  const gaps = ends.slice(1).map((end, index) => end - ends[index]!)
  t.diagnostic(`ended ${CRASHES_MAX} times, ${gaps.join(', ')} ms apart`)
  assert.ok(gaps.at(-1)! > 1_500, 'it was not tried more slowly')
})

test('an instance that ignores SIGTERM is killed after its grace', async (t) => {
  await using project = await startProject({ env: { IGNORE_SIGTERM: '1' }, service: { grace: '1s' } })
  const before = await instancesOf(project)
  const startedAt = Date.now()
  await project.must(['stop', '--service', 'api'])
  t.diagnostic(`gone after ${Date.now() - startedAt} ms`)
  assert.ok(before.every(({ pid }) => isGone(pid!)))
  const { events } = await project.control.call('events', { after: 0, limit: 100 })
  assert.equal(events.filter(({ kind }) => kind === 'instance-killed').length, before.length)
})

test('an instance that hangs is started again where `health.live` says how to see it', async (t) => {
  await using project = await startProject()
  await using load = startLoad({ port: await project.port(), clients: 4, methods: ['GET'] })
  const [victim] = await instancesOf(project)
  process.kill(victim!.pid!, 'SIGSTOP')
  await until(() => stateOf(victim!.pid!) === 'T', 'the instance to be stopped')
  const stoppedAt = Date.now()
  await until(async () => {
    const { pid, state } = await find(project, victim!.id)
    return state === 'running' && pid !== victim!.pid
  }, 'the hanging instance to be started again')
  t.diagnostic(`started again after ${Date.now() - stoppedAt} ms`)
  const { events } = await project.control.call('events', { after: 0, limit: 100 })
  assert.ok(events.some(({ kind, text }) => kind === 'instance-wedged' && text.includes('/health/liveness')))
  const answers = await load.stop()
  const failed = answers.filter(({ failure }) => failure !== null)
  t.diagnostic(`${answers.length} requests, ${failed.length} failed with the instance`)
  assert.ok(failed.length <= 4, 'more failed than were in flight')
})

function instancesOf(project: TestProject): Promise<readonly Instance[]> {
  return project.status().then(({ instances }) => instances)
}

async function find(project: TestProject, wanted: string): Promise<Instance> {
  return (await instancesOf(project)).find(({ id }) => id === wanted)!
}

async function startProject(options: { env?: Record<string, string>; service?: object } = {}): Promise<TestProject> {
  const project = new TestProject(
    plainConfig({
      env: options.env ?? {},
      service: {
        scale: { min: 2 },
        health: {
          ready: '/health/readiness',
          live: '/health/liveness',
          interval: '300ms',
          timeout: '300ms',
          deadline: '20s',
          passes: 1,
        },
        ...options.service,
      },
    }),
  )
  try {
    await project.must(['up', '--detach'])
    return project
  } catch (error) {
    await project[Symbol.asyncDispose]()
    throw error
  }
}
