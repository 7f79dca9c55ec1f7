import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { monotonicNs } from '../../core/clock.ts'
import { readJsonLines, toJsonLine } from '../../core/json-lines.ts'
import { socketPath } from '../../keeper/paths.ts'
import { saveTable } from '../table-store.ts'
import { holdWorkers, startUpstream, tableOf, throwawayFolder, until } from '../testing.ts'
import type { TestUpstream, WorkerProcesses } from '../testing.ts'
import type { RoutingTable } from '../table.ts'
import { startLoad } from '../testing-load.ts'
import { createFleet } from './fleet.ts'
import type { ExpectedWorker } from './connection.ts'
import type { Fleet } from './fleet.ts'

interface Whole extends AsyncDisposable {
  readonly workers: WorkerProcesses
  readonly fleet: Fleet
  readonly expected: ExpectedWorker[]
  readonly killed: number[]
  /** When each of them had ended. */
  readonly killedNs: number[]
  /** Saves and applies, as control does. */
  apply(table: RoutingTable): ReturnType<Fleet['apply']>
}

/** Two worker processes and control's side of them. */
async function startWhole(table: RoutingTable, retireMs = 3_000): Promise<Whole> {
  const workers = await holdWorkers({ retireMs })
  const expected: ExpectedWorker[] = []
  const killed: number[] = []
  const killedNs: number[] = []
  saveTable(workers.state, table)
  const fleet = await createFleet({
    socketPath: socketPath(workers.state, 'gateway'),
    expected: () => Promise.resolve(expected),
    kill: async (pid) => {
      killed.push(pid)
      workers.kill(pid, 'SIGKILL')
      expected.splice(
        expected.findIndex((worker) => worker.pid === pid),
        1,
      )
      await until(() => !workers.running(pid))
      killedNs.push(monotonicNs())
    },
  })
  const close = async (): Promise<void> => {
    await fleet.close()
    await workers[Symbol.asyncDispose]()
  }
  try {
    for (const number of [1, 2]) expected.push(await workers.start(number))
    await until(() => fleet.workers().length === 2, BOTH_WITHIN_MS)
  } catch (error) {
    await close()
    throw error
  }
  return {
    workers,
    fleet,
    expected,
    killed,
    killedNs,
    apply(next) {
      saveTable(workers.state, next)
      return fleet.apply(next)
    },
    [Symbol.asyncDispose]: close,
  }
}

/** On a machine that has other work as well. */
const BOTH_WITHIN_MS = 30_000

void test('50 switches under load over two workers: nothing fails, no POST is doubled, nothing flips back', async () => {
  let posts = 0
  await using upstreams = new AsyncDisposableStack()
  const slow = async (release: string): Promise<TestUpstream> => {
    const upstream = await startUpstream(release, (request, response) => {
      if (request.method === 'POST') posts += 1
      request.resume()
      request.on('end', () => setTimeout(() => response.end(release), 5 + (posts % 20)))
    })
    return upstreams.use(upstream)
  }
  const first = await slow('0')
  await using whole = await startWhole(tableOf([first.upstream]))
  // Workers that began before now have applied nothing but the saved table.
  const switches: { ns: number; release: number }[] = []
  await using load = startLoad(whole.workers.port, { clients: 20 })

  let live = first
  for (let round = 1; round <= 50; round++) {
    const next = await slow(String(round))
    const { lastAckNs, firstAckNs, workers } = await whole.apply(tableOf([next.upstream]))
    assert.equal(workers, 2)
    assert.ok(firstAckNs <= lastAckNs && lastAckNs <= monotonicNs())
    switches.push({ ns: lastAckNs, release: round })
    const report = await whole.fleet.drain([live.upstream.id], 20_000)
    assert.equal(report.cut, 0)
    await live[Symbol.asyncDispose]()
    live = next
  }
  const answers = await load.stop()

  assert.deepEqual(answers.filter((answer) => answer.failure !== null).slice(0, 3), [])
  assert.ok(answers.length > 500, `only ${answers.length} requests`)
  const flipped = answers.filter((answer) => {
    const owed = switches.findLast(({ ns }) => ns < answer.startedNs)?.release ?? 0
    return Number(answer.release) < owed
  })
  assert.deepEqual(flipped, [])
  assert.equal(posts, answers.filter((answer) => answer.method === 'POST').length)
  assert.deepEqual(whole.killed, [])
  const { cells, unrouted } = await whole.fleet.report()
  assert.equal(unrouted, 0)
  assert.equal(
    cells.reduce((sum, cell) => sum + cell.count, 0),
    answers.length,
  )
  assert.equal(cells.filter((cell) => cell.status !== '2xx').length, 0)
})

void test('an upload slower than the switch reaches the old release whole', async () => {
  let received = 0
  await using old = await startUpstream('1', (request, response) => {
    request.on('data', (chunk: Buffer) => (received += chunk.length))
    request.on('end', () => response.end(String(received)))
  })
  await using next = await startUpstream('2')
  await using whole = await startWhole(tableOf([old.upstream]))
  let push: (bytes: string | null) => void = () => {}
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      push = (bytes) => (bytes === null ? controller.close() : controller.enqueue(Buffer.from(bytes)))
    },
  })
  const upload = fetch(whole.workers.url, { method: 'POST', body, duplex: 'half' })
  push('begin')
  await until(() => received === 5)

  await whole.apply(tableOf([next.upstream]))
  const draining = whole.fleet.drain([old.upstream.id], 5_000)
  assert.equal(await (await fetch(whole.workers.url)).text(), '2')
  push('end')
  push(null)

  const response = await upload
  assert.equal(response.headers.get('seaworthy-release'), '1')
  assert.equal(await response.text(), '8')
  assert.deepEqual(await draining, { finished: 1, cut: 0, websockets: 0, streams: 0 })
})

void test('a table that is too old, or made under a lost lease, is refused with the reason', async () => {
  await using upstream = await startUpstream()
  const older = tableOf([upstream.upstream])
  const held = tableOf([upstream.upstream], { token: 5 })
  await using whole = await startWhole(held)

  await assert.rejects(whole.fleet.apply(older), {
    code: 'gateway.table-refused',
    message: /version \d+ is not above \d+/,
  })
  await assert.rejects(whole.fleet.apply(tableOf([upstream.upstream], { token: 4 })), {
    code: 'gateway.table-refused',
    message: /token 4 is below 5/,
  })
  await assert.rejects(whole.fleet.apply(tableOf([upstream.upstream], { token: 5, trustedProxies: ['nonsense'] })), {
    message: /trustedProxies\[0\] is no address/,
  })
  assert.equal((await whole.apply(tableOf([upstream.upstream], { token: 5 }))).workers, 2)
  assert.equal(await (await fetch(whole.workers.url)).text(), '1')
})

void test('a stopped worker is killed, not waited for, and its successor begins with the saved table', async () => {
  await using old = await startUpstream('1')
  await using next = await startUpstream('2')
  await using whole = await startWhole(tableOf([old.upstream]))
  const [frozen, other] = whole.expected as [ExpectedWorker, ExpectedWorker]
  // As if it had been running for long: a young one would get more time.
  whole.expected[0] = { ...frozen, startedAt: Date.now() - 60_000 }
  whole.workers.kill(frozen.pid, 'SIGSTOP')

  const began = Date.now()
  const { workers, lastAckNs } = await whole.apply(tableOf([next.upstream]))

  assert.equal(workers, 1)
  assert.ok(lastAckNs >= whole.killedNs[0]!, 'it may have served the old table until its end')
  assert.deepEqual(whole.killed, [frozen.pid])
  assert.ok(Date.now() - began < 4_000)
  whole.expected.push(await whole.workers.start(1))
  const upToDate = (): number =>
    whole.fleet.workers().filter(({ version }) => version === whole.fleet.current?.version).length
  await until(() => upToDate() === 2)
  whole.workers.kill(other.pid, 'SIGKILL')
  await until(() => whole.fleet.workers().length === 1)
  assert.equal(await (await fetch(whole.workers.url)).text(), '2')
})

void test('a worker that dies during a drain counts as done', async () => {
  let held = 0
  await using old = await startUpstream('1', () => (held += 1))
  await using next = await startUpstream('2')
  await using whole = await startWhole(tableOf([old.upstream]))
  const lost = fetch(whole.workers.url).catch(() => null)
  await until(() => held === 1)
  await whole.apply(tableOf([next.upstream]))

  const draining = whole.fleet.drain([old.upstream.id], 60_000)
  for (const { pid } of whole.expected) whole.workers.kill(pid, 'SIGKILL')

  assert.deepEqual(await draining, { finished: 0, cut: 0, websockets: 0, streams: 0 })
  await lost
})

void test('counters outlive their worker, and a control that comes back finds its workers again', async () => {
  await using upstream = await startUpstream()
  await using whole = await startWhole(tableOf([upstream.upstream]))
  for (let index = 0; index < 10; index++) await (await fetch(whole.workers.url)).text()
  const countOf = (fleet: Fleet): number => fleet.counters().cells.reduce((sum, cell) => sum + cell.count, 0)
  await whole.fleet.report()
  assert.equal(countOf(whole.fleet), 10)
  const [victim] = whole.expected as [ExpectedWorker]
  whole.workers.kill(victim.pid, 'SIGKILL')
  await until(() => whole.fleet.workers().length === 1)
  assert.equal(countOf(whole.fleet), 10)

  await whole.fleet.close()
  assert.equal(await (await fetch(whole.workers.url)).text(), '1')
  const again = await createFleet({
    socketPath: socketPath(whole.workers.state, 'gateway'),
    expected: () => Promise.resolve(whole.expected.slice(1)),
    kill: () => Promise.resolve(),
  })
  await until(() => again.workers().length === 1)
  assert.equal((await again.apply(tableOf([upstream.upstream]))).workers, 1)
  await again.close()
})

void test('SIGTERM under load: a worker and its successor lose nothing', async () => {
  await using upstream = await startUpstream('1', (request, response) => {
    request.resume()
    request.on('end', () => setTimeout(() => response.end('1'), 10))
  })
  await using whole = await startWhole(tableOf([upstream.upstream]))
  await using load = startLoad(whole.workers.port, { clients: 16 })
  for (let round = 0; round < 3; round++) {
    const old = whole.expected.splice(0)
    for (const { worker } of old) whole.expected.push(await whole.workers.start(worker))
    await until(() => whole.expected.every(({ pid }) => whole.fleet.workers().some((worker) => worker.pid === pid)))
    const before = load.count()
    await until(() => load.count() > before + 50)
    for (const { pid } of old) whole.workers.kill(pid, 'SIGTERM')
    await until(() => old.every(({ pid }) => !whole.workers.running(pid)), 20_000)
  }
  const answers = await load.stop()

  assert.deepEqual(answers.filter((answer) => answer.failure !== null).slice(0, 3), [])
  assert.ok(answers.length > 200)
})

void test('a worker that loses its connection during a drain is asked again and may then answer', async () => {
  const folder = throwawayFolder()
  const path = join(folder, 'gateway.sock')
  await using fleet = Object.assign(
    await createFleet({ socketPath: path, expected: () => Promise.resolve([]), kill: () => Promise.resolve() }),
    {
      async [Symbol.asyncDispose]() {
        await fleet.close()
        rmSync(folder, { recursive: true })
      },
    },
  )
  const orders: number[] = []
  const connectWorker = (answer: boolean): Socket => {
    const socket = connect(path)
    socket.write(toJsonLine({ type: 'hello', worker: 1, pid: process.pid, incarnation: 'x', version: 0, token: 0 }))
    readJsonLines(socket, (value) => {
      const { drain } = value as { drain: number }
      orders.push(drain)
      const report = { finished: 3, cut: 0, websockets: 0, streams: 0 }
      if (answer) socket.write(toJsonLine({ type: 'drained', drain, report }))
    })
    return socket
  }
  const first = connectWorker(false)
  await until(() => fleet.workers().length === 1)
  const draining = fleet.drain(['a'], 5_000)
  await until(() => orders.length === 1)
  first.destroy()
  await until(() => fleet.workers().length === 0)
  const second = connectWorker(true)

  assert.equal((await draining).finished, 3)
  assert.equal(orders[0], orders[1])
  second.destroy()
})
