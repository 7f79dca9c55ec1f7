/** Gateways that are programs of their own, as in pods: what control and they owe each other, under load. */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { listening } from '../../src/gateway/testing.ts'
import { emptied, startGateways, WORKERS } from '../support/gateways.ts'
import { failuresOf, startLoad } from '../support/load.ts'
import { plainConfig, until } from '../support/project.ts'

const CLIENTS = 8

void test('two gateways: every worker acknowledges a deploy; one made anew, and control killed, lose nothing', async (t) => {
  await using gateways = await startGateways()
  const { project } = gateways
  const [one, two] = [gateways.start('one'), gateways.start('two')]
  await gateways.untilConnected('one', 'two')
  // Before the first deploy: what an installation waits for.
  await until(async () => (await one.check()).code === 0, 'the first to be ready')

  await project.must(['deploy'])
  const switched = async (): Promise<{ workers: number; flipBacks: number; failed: number }> => {
    const { last } = await project.status()
    const { events } = await project.control.call('rollout.follow', { deploy: last!.id, after: 0, waitMs: 0 })
    const { event } = events.find((found) => found.event.kind === 'switched')!
    assert.ok(event.kind === 'switched')
    return { workers: event.workers, flipBacks: last!.proof!.flipBacks, failed: last!.proof!.failed }
  }
  assert.equal((await switched()).workers, 2 * WORKERS)
  assert.equal((await two.check()).code, 0)

  await using first = startLoad({ port: one.port, clients: CLIENTS })
  await using second = startLoad({ port: two.port, clients: CLIENTS })
  project.configure(plainConfig({ env: { NAME: 'v2' } }))
  await project.must(['deploy'])
  assert.deepEqual(await switched(), { workers: 2 * WORKERS, flipBacks: 0, failed: 0 })
  assert.deepEqual(failuresOf(await second.stop()), [])

  // As a pod that is lost, and another in its place: an empty folder, the table from control.
  two.signal('SIGKILL')
  await emptied(two)
  const again = gateways.start('two')
  await gateways.untilConnected('one', 'two')
  await until(async () => (await again.check()).code === 0, 'the new one to be ready')
  const { live } = (await project.status()).world
  const answer = await fetch(`http://127.0.0.1:${again.port}/`)
  assert.equal(answer.headers.get('seaworthy-release'), live)

  await using third = startLoad({ port: again.port, clients: CLIENTS })
  const { controlPid } = await project.status()
  const before = third.answers.length
  process.kill(controlPid, 'SIGKILL')
  await until(async () => (await project.status()).controlPid !== controlPid, 'the next control')
  await gateways.untilConnected('one', 'two')
  await until(() => third.answers.length > before + 200, 'some more answers')
  assert.deepEqual(
    (await gateways.known()).map(({ name, workers, connected }) => ({ name, workers, connected })),
    ['one', 'two'].map((name) => ({ name, workers: WORKERS, connected: true })),
  )
  assert.equal((await again.check()).code, 0)
  const answers = [...(await first.stop()), ...(await third.stop())]
  assert.deepEqual(failuresOf(answers), [])
  t.diagnostic(`${answers.length} requests, none failed`)
})

void test('a gateway that is silent makes a deploy fail by name, and is forgotten on the word of who can see it is gone', async () => {
  await using gateways = await startGateways()
  const { project } = gateways
  const [one, two] = [gateways.start('one'), gateways.start('two')]
  await gateways.untilConnected('one', 'two')
  await project.must(['deploy'])
  const { live } = (await project.status()).world
  await using load = startLoad({ port: one.port, clients: CLIENTS })

  two.signal('SIGSTOP')
  // What nobody can wait for leaves it out, and the next time at once.
  const by = 'anna@test'
  await project.control.call('pause.begin', { kind: 'hold', services: null, waitMs: null, page: null, by })
  const began = performance.now()
  await project.control.call('pause.end', { by })
  assert.ok(performance.now() - began < 10_000)
  const { events } = await project.control.call('events', { after: 0, limit: 1_000 })
  assert.deepEqual(
    events.filter(({ kind }) => kind === 'gateway-silent').map(({ text }) => text.startsWith('two: left out')),
    [true],
  )
  project.configure(plainConfig({ env: { NAME: 'v2' } }))
  const failed = await project.run(['deploy'])
  assert.notEqual(failed.code, 0)
  assert.match(failed.stdout + failed.stderr, /not acknowledged by every gateway: silent is two/)
  assert.equal((await project.status()).world.live, live)

  const { token } = await project.control.call('lease.acquire', { holder: 'test', reason: 'test', process: null })
  assert.deepEqual(await project.control.call('gateways.seen', { token, names: ['one'] }), { forgotten: ['two'] })
  await project.control.call('lease.release', { token })
  await project.must(['deploy'])
  const next = (await project.status()).world.live
  assert.notEqual(next, live)
  assert.deepEqual(failuresOf(await load.stop()), [])

  // It was there after all: it belongs to the environment again, with the newest table.
  two.signal('SIGCONT')
  await gateways.untilConnected('one', 'two')
  await until(async () => {
    const answer = await fetch(`http://127.0.0.1:${two.port}/`)
    await answer.arrayBuffer()
    return answer.headers.get('seaworthy-release') === next
  }, 'the new release')
})

void test('a switch that waits for a gateway goes on at once when that one is gone', async () => {
  await using gateways = await startGateways()
  const { project } = gateways
  const two = [gateways.start('one'), gateways.start('two')][1]!
  await gateways.untilConnected('one', 'two')
  await project.must(['deploy'])
  const { live } = (await project.status()).world
  const versionOfOne = async (): Promise<number> =>
    (await gateways.known()).find(({ name }) => name === 'one')!.version ?? 0
  const before = await versionOfOne()
  two.signal('SIGSTOP')
  project.configure(plainConfig({ env: { NAME: 'v2' } }))
  const deployed = project.run(['deploy', '--json'])
  await until(async () => (await versionOfOne()) > before, 'the switch to wait for the other')
  const { token } = (await project.status()).lease!
  assert.deepEqual(await project.control.call('gateways.seen', { token, names: ['one'] }), { forgotten: ['two'] })
  const seenAt = performance.now()
  await until(async () => (await project.status()).world.live !== live, 'the switch')
  // Otherwise it would take the rest of the time that a gateway has.
  assert.ok(performance.now() - seenAt < 8_000)
  const { code, stdout } = await deployed
  assert.equal(code, 0, stdout)
})

void test('a gateway with another key is let in nowhere, and told of in one line', async () => {
  await using gateways = await startGateways()
  const { project } = gateways
  const other = join(project.folder, 'other-key')
  writeFileSync(other, randomBytes(32))
  const stranger = gateways.start('one', { key: other })
  const refusals = (): number => project.log('control').split('does not have their key').length - 1
  await until(() => refusals() > 0, 'a refusal')
  await until(() => /control is away/.test(stranger.log('relay')), 'the stranger to say so')
  gateways.start('two')
  await gateways.untilConnected('two')
  assert.equal(refusals(), 1)
  assert.notEqual((await stranger.check()).code, 0)
})

void test('a gateway that is told to go says goodbye, finishes what it has, and ends with 0', async (t) => {
  await using gateways = await startGateways()
  const { project } = gateways
  const [one, two] = [gateways.start('one'), gateways.start('two')]
  await gateways.untilConnected('one', 'two')
  await project.must(['deploy'])
  // What stands in front of pods: it stops sending to one before that one is told.
  await using front = await startFront([one.port, two.port])
  await using load = startLoad({ port: front.port, clients: CLIENTS })
  const slow = fetch(`http://127.0.0.1:${two.port}/?work=3000`)
  await until(() => load.answers.length > 100, 'answers')
  front.ports.splice(0, 2, one.port)
  two.terminate()
  await until(async () => (await gateways.known()).map(({ name }) => name).join() === 'one', 'its goodbye')
  // Nobody waits for it any more, though it is still at work.
  project.configure(plainConfig({ env: { NAME: 'v2' } }))
  await project.must(['deploy'])
  assert.equal((await slow).status, 200)
  assert.equal(await two.ended, 0)
  const answers = await load.stop()
  assert.deepEqual(failuresOf(answers), [])
  t.diagnostic(`${answers.length} requests, none failed`)
})

void test('without control a gateway starts with what it saved; one made anew with the table handed to it, after a while', async () => {
  await using gateways = await startGateways()
  const { project } = gateways
  const one = gateways.start('one')
  await gateways.untilConnected('one')
  await project.must(['deploy'])
  const { live } = (await project.status()).world
  const table = join(project.stateFolder, 'table.json')
  const { controlPid } = await project.status()
  process.kill(controlPid, 'SIGSTOP')
  const releaseAt = async (port: number): Promise<string | null> => {
    const answer = await fetch(`http://127.0.0.1:${port}/`).catch(() => null)
    await answer?.arrayBuffer()
    return answer?.headers.get('seaworthy-release') ?? null
  }

  one.signal('SIGKILL')
  await one.ended
  const again = gateways.start('one')
  await until(async () => (await releaseAt(again.port)) === live, 'the saved table')
  await until(async () => (await again.check()).code === 0, 'it to be ready')

  const two = gateways.start('two', { args: ['--table', table] })
  await until(async () => /no table was saved/.test((await two.check()).stderr), 'two to run without one')
  await until(async () => (await releaseAt(two.port)) === live, 'the table handed over')
  await until(async () => (await two.check()).code === 0, 'two to be ready')
  process.kill(controlPid, 'SIGCONT')
  await gateways.untilConnected('one', 'two')
})

interface Front extends AsyncDisposable {
  readonly port: number
  /** Where new connections go, by turns. */
  readonly ports: number[]
}

async function startFront(ports: readonly number[]): Promise<Front> {
  const to = [...ports]
  let turn = 0
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    const far = connect(to[turn++ % to.length]!, '127.0.0.1')
    for (const one of [socket, far]) {
      open.add(one)
      one.on('error', () => {})
      one.once('close', () => {
        open.delete(one)
        socket.destroy()
        far.destroy()
      })
    }
    socket.pipe(far).pipe(socket)
  })
  return {
    port: await listening(server),
    ports: to,
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
