import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { TLSSocket } from 'node:tls'
import { systemClock } from '../core/clock.ts'
import { toJsonLine } from '../core/json-lines.ts'
import { createLogger } from '../core/logger.ts'
import type { Fleet } from '../gateway/admin/fleet.ts'
import type { FromGateway } from '../gateway/remote/protocol.ts'
import { connectSealed } from '../gateway/remote/sealed.ts'
import { until } from '../gateway/testing.ts'
import { RemoteGateways } from './remote-gateways.ts'
import { State } from './state.ts'

/** Nobody of theirs has said hello. */
const NO_WORKERS = { workers: () => [] } as unknown as Fleet

async function make(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-gateways-'))
  const key = randomBytes(32)
  writeFileSync(join(folder, 'key'), key)
  const state = new State(join(folder, 'state.db'))
  const lines: string[] = []
  const forgotten: number[] = []
  const start = async (): Promise<RemoteGateways> => {
    const gateways = new RemoteGateways({
      folder,
      where: { port: 0, key: join(folder, 'key'), host: 'front', http: 80, https: 443 },
      state,
      clock: systemClock,
      logger: createLogger('control', (line) => lines.push(line)),
      onForgotten: () => forgotten.push(1),
    })
    await gateways.elsewhere.door.open(() => ({ onMessage: () => {}, onClosed: () => {} }))
    t.after(() => gateways.elsewhere.door.close())
    return gateways
  }
  t.after(() => {
    state.close()
    rmSync(folder, { recursive: true })
  })
  const gateways = await start()
  const connect = (name: string, own = key): TLSSocket => {
    const socket = connectSealed({ host: '127.0.0.1', port: gateways.elsewhere.door.port, key: own, name })
    socket.on('error', () => {})
    socket.resume()
    t.after(() => socket.destroy())
    return socket
  }
  const say = (socket: TLSSocket, message: FromGateway): void => void socket.write(toJsonLine(message))
  return { gateways, start, connect, say, state, lines, forgotten }
}

function names(gateways: RemoteGateways): readonly string[] {
  return gateways.known(NO_WORKERS).map(({ name }) => name)
}

test('a gateway belongs to the environment until it says goodbye or is seen no more, whoever is control meanwhile', async (t) => {
  const { gateways, start, connect, say, state, forgotten } = await make(t)
  const [one, two] = [connect('one'), connect('two')]
  for (const socket of [one, two]) say(socket, { type: 'gateway', workers: 2, leaving: false })
  await until(() => names(gateways).length === 2)
  assert.deepEqual(
    gateways
      .known(NO_WORKERS)
      .map(({ name, workers, version, connected, serves }) => ({ name, workers, version, connected, serves })),
    ['one', 'two'].map((name) => ({ name, workers: 2, version: null, connected: true, serves: false })),
  )
  // Their workers are still starting.
  assert.deepEqual(await gateways.expected(), [])
  assert.equal(gateways.elsewhere.isMember('one'), false)
  for (const socket of [one, two]) say(socket, { type: 'serves' })
  await until(() => gateways.known(NO_WORKERS).every(({ serves }) => serves))
  // So it stays, over a connection that only says that it is there.
  const another = connect('one')
  say(another, { type: 'gateway', workers: 2, leaving: false })
  await once(another, 'data')
  another.destroy()
  assert.equal(gateways.elsewhere.isMember('one'), true)
  assert.equal(gateways.workersFor(), 4)
  assert.deepEqual(
    (await gateways.expected()).map(({ gateway, worker, isAway }) => [gateway, worker, isAway]),
    ['one', 'two'].flatMap((name) => [1, 2].map((worker) => [name, worker, false])),
  )

  two.destroy()
  await until(() => gateways.known(NO_WORKERS).some(({ connected }) => !connected))
  const next = await start()
  assert.deepEqual(names(next), ['one', 'two'])
  assert.equal((await next.expected()).length, 4)

  say(one, { type: 'bye' })
  await until(() => !gateways.elsewhere.isMember('one'))
  // It finishes what it has, and may have to connect again for it.
  const again = connect('one')
  say(again, { type: 'gateway', workers: 2, leaving: true })
  await once(again, 'data')
  assert.deepEqual(names(gateways), ['two'])
  assert.deepEqual(gateways.seen(['three']), ['two'])
  assert.deepEqual([names(gateways), gateways.seen([]), forgotten.length], [[], [], 2])
  assert.deepEqual(
    state.events(0, 10).map(({ text }) => text),
    ['one said goodbye', 'two is not there any more'],
  )
  assert.deepEqual(names(await start()), [])
  // Who says that it serves has to have said that it is there.
  say(connect('four'), { type: 'serves' })
  const five = connect('five')
  say(five, { type: 'gateway', workers: 1, leaving: false })
  await until(() => names(gateways).length > 0)
  assert.deepEqual(names(gateways), ['five'])
})

test('a connection that is replaced before its end is noticed does not make the gateway absent', async (t) => {
  const { gateways, connect, say } = await make(t)
  const before = connect('one')
  say(before, { type: 'gateway', workers: 1, leaving: false })
  await until(() => names(gateways).length === 1)
  const after = connect('one')
  say(after, { type: 'gateway', workers: 1, leaving: false })
  await once(after, 'data')
  const closed = once(before, 'close')
  before.destroy()
  await closed
  // What is said behind it is heard behind it.
  say(connect('two'), { type: 'gateway', workers: 1, leaving: false })
  await until(() => names(gateways).length === 2)
  assert.equal(gateways.known(NO_WORKERS)[0]!.connected, true)
})

test('who has another key is no gateway, however often it is tried; one line says so', async (t) => {
  const { gateways, connect, lines } = await make(t)
  for (let tried = 0; tried < 3; tried++) {
    const socket = connect('one', randomBytes(32))
    await new Promise((closed) => socket.once('close', closed))
  }
  await until(() => lines.length > 0)
  assert.deepEqual([lines.length, names(gateways)], [1, []])
  assert.match(lines[0]!, /does not have their key/)
})

test('users come in by what stands in front, and nobody here replaces a pod', async (t) => {
  const { gateways } = await make(t)
  assert.deepEqual([gateways.entrance, gateways.httpsPort], [{ host: 'front', port: 80 }, 443])
  await assert.rejects(gateways.upgrade(), { code: 'target.not-yet' })
})
