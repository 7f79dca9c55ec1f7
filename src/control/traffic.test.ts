import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { systemClock } from '../core/clock.ts'
import type { Instance, Release } from '../deploy/release.ts'
import type { Silent } from '../gateway/admin/fleet.ts'
import { notAcknowledged } from '../gateway/fencing.ts'
import type { RoutingTable } from '../gateway/table.ts'
import { readSavedTable } from '../gateway/table-store.ts'
import { State } from './state.ts'
import { Traffic } from './traffic.ts'

const timeouts = { connectMs: 1, firstByteMs: 1, requestMs: 1, idleMs: 1, websocketIdleMs: 1 }
const health = {
  ready: { kind: 'default' },
  expect: { status: null, body: null },
  intervalMs: 1000,
  timeoutMs: 1000,
  passes: 1,
  failures: 1,
}
const releaseOf = (id: string, sequence: number): Release =>
  ({
    id,
    sequence,
    artifacts: { api: 'a' },
    config: {
      services: { api: { run: { kind: 'program' }, routes: [{ host: null, path: '/' }], health } },
      gateway: { routes: [], timeouts, bodyBytesMax: 1, trustedProxies: [], accessLog: false },
    },
  }) as unknown as Release
const instanceOf = (release: string, state: Instance['state'] = 'running'): Instance =>
  ({ id: `api@${release}-1`, service: 'api', release, host: '127.0.0.1', port: 20_000, state }) as Instance

function make(
  t: TestContext,
  apply: (table: RoutingTable, silent: Silent) => Promise<readonly string[] | void> = async () => {},
) {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-traffic-'))
  const state = new State(join(folder, 'state.db'))
  t.after(() => {
    state.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const applied: RoutingTable[] = []
  const instances: Instance[] = []
  const traffic = new Traffic({
    folder,
    state,
    clock: systemClock,
    instances: { instances: () => instances },
    fleet: {
      apply: async (table, how = {}) => {
        const silent = (await apply(table, how)) ?? []
        applied.push(table)
        return { version: table.version, firstAckNs: 0, lastAckNs: 1, workers: 2, silent }
      },
    },
  })
  return { folder, traffic, state, applied, instances }
}

test('tables follow one another: the second is not made before the first was acknowledged', async (t) => {
  const release = Promise.withResolvers<void>()
  const { traffic, applied } = make(t, (table) => (table.version === 1 ? release.promise : Promise.resolve()))
  const both = Promise.all([traffic.switchTo(releaseOf('1-x', 1), 1), traffic.switchTo(releaseOf('2-x', 2), 1)])
  release.resolve()
  await both
  assert.deepEqual(
    applied.map((table) => [table.version, table.release]),
    [
      [1, '1-x'],
      [2, '2-x'],
    ],
  )
})

test('a table that is not what the live release needs is mended, once', async (t) => {
  const { traffic, state, applied, instances } = make(t)
  for (const [id, sequence] of [
    ['1-x', 1],
    ['2-x', 2],
  ] as const)
    state.saveRelease(releaseOf(id, sequence))
  instances.push(instanceOf('1-x'), instanceOf('2-x'))
  await traffic.switchTo(releaseOf('1-x', 1), 1)
  state.set('live', '2-x')
  assert.match((await traffic.reconcile()) ?? '', /\(1-x\) was not what 2-x needs/)
  assert.equal(applied.at(-1)?.release, '2-x')
  assert.equal(await traffic.reconcile(), null)
  instances[1] = { ...instances[1]!, host: '10.0.0.7' }
  assert.notEqual(await traffic.reconcile(), null, 'it is reached at another address')
})

test('a switch that a gateway must acknowledge and does not is taken back under a newer version; to nothing, if it was the first', async (t) => {
  const answers = new Map<number, Silent>()
  const { folder, traffic, applied } = make(t, async (table, silent) => {
    answers.set(table.version, silent)
    if (silent.leftOut !== true && table.version !== 3) throw notAcknowledged(table, ['pod-1'])
  })
  const switched = (id: string, sequence: number): Promise<unknown> =>
    traffic.switchTo(releaseOf(id, sequence), 7, { leftOut: false })
  const refused = { code: 'gateway.not-acknowledged', details: ['pod-1'] }
  await assert.rejects(switched('1-x', 1), refused)
  assert.deepEqual(
    applied.map(({ version, token, release, routes }) => [version, token, release, routes]),
    [[2, 7, null, []]],
  )
  await switched('1-x', 1)
  await assert.rejects(switched('2-x', 2), refused)
  const { version, release, token } = readSavedTable(folder)!
  assert.deepEqual([version, release, token, applied.at(-1)!.version], [5, '1-x', 7, 5])
  assert.deepEqual(answers.get(5), { leftOut: true })
})

test('a gateway that is left out is told of by name', async (t) => {
  const { traffic, state } = make(t, async () => ['pod-1', 'pod-2'])
  await traffic.switchTo(releaseOf('1-x', 1), 1)
  assert.deepEqual(
    state.events(0, 10).map(({ kind, text }) => [kind, text]),
    [['gateway-silent', 'pod-1, pod-2: left out of table 1']],
  )
})

test('an instance that is being stopped gets no traffic', async (t) => {
  const { traffic, applied, instances } = make(t)
  instances.push(instanceOf('1-x', 'stopping'))
  await traffic.switchTo(releaseOf('1-x', 1), 1)
  assert.deepEqual(applied[0]?.services['api'], { kind: 'none' })
})

test('going back is content with one instance that accepts; a start wants all of them', async (t) => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  const { traffic, instances } = make(t)
  // Port 1 is nobody's: the one that crashed.
  instances.push({ ...instanceOf('1-x'), port }, { ...instanceOf('1-x'), id: 'api@1-x-2', port: 1 })
  await traffic.untilAccepting(releaseOf('1-x', 1), 'api', { atLeast: 'one', withinMs: 200 })
  await assert.rejects(traffic.untilAccepting(releaseOf('1-x', 1), 'api', { atLeast: 'all', withinMs: 200 }), {
    code: 'service.not-ready',
  })
})
