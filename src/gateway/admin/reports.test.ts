import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { readJsonLines, toJsonLine } from '../../core/json-lines.ts'
import { createCounterBook } from '../counters.ts'
import { throwawayFolder, until } from '../testing.ts'
import type { ExpectedWorker } from './connection.ts'
import { createFleet } from './fleet.ts'
import type { Fleet } from './fleet.ts'

interface Empty extends AsyncDisposable {
  readonly fleet: Fleet
  readonly expected: ExpectedWorker[]
  /** A worker that answers everything connects. */
  join(pid: number): Socket
}

/** A fleet as after a restart of control: workers run, and none has connected yet. */
async function startEmpty(...pids: number[]): Promise<Empty> {
  const folder = throwawayFolder()
  const path = join(folder, 'gateway.sock')
  const expected = pids.map((pid, index) => ({ worker: index + 1, pid, startedAt: 0 }))
  const fleet = await createFleet({
    socketPath: path,
    expected: () => Promise.resolve([...expected]),
    kill: () => Promise.resolve(),
  })
  const sockets: Socket[] = []
  return {
    fleet,
    expected,
    join(pid) {
      const socket = connect(path)
      sockets.push(socket)
      socket.write(toJsonLine({ type: 'hello', worker: 1, pid, incarnation: String(pid), version: 0, token: 0 }))
      const book = createCounterBook()
      book.count({ service: 'api', release: '1', status: '2xx', latencyMs: 1, retried: 0 })
      const counters = book.snapshot({ connections: 0, requests: 0 })
      const drained = { finished: 0, cut: 0, websockets: 2, streams: 0 }
      readJsonLines(socket, (value) => {
        const message = value as { type: string; drain?: number }
        if (message.type === 'report') socket.write(toJsonLine({ type: 'counters', counters }))
        if (message.type === 'drain')
          socket.write(toJsonLine({ type: 'drained', drain: message.drain, report: drained }))
      })
      return socket
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await fleet.close()
      rmSync(folder, { recursive: true })
    },
  }
}

/** Both are alive all the time, which is what counts. */
const [FIRST, SECOND] = [process.pid, process.ppid]

void test('a report waits for workers that run and have yet to connect', async () => {
  await using empty = await startEmpty(FIRST, SECOND)
  const report = empty.fleet.report()
  empty.join(FIRST)
  await until(() => empty.fleet.counters().cells.length === 1)
  empty.join(SECOND)
  const began = Date.now()

  assert.equal((await report).cells[0]?.count, 2)
  assert.ok(Date.now() - began < 900)
})

void test('a report leaves out after a second who was there before, and settles at once when nobody is expected', async () => {
  await using empty = await startEmpty(FIRST)
  const worker = empty.join(FIRST)
  await until(() => empty.fleet.workers().length === 1)
  worker.destroy()
  await until(() => empty.fleet.workers().length === 0)
  const began = Date.now()
  await empty.fleet.report()
  assert.ok(Date.now() - began >= 900 && Date.now() - began < 3_000)

  empty.expected.splice(0)
  const second = Date.now()
  await empty.fleet.report()
  assert.deepEqual(await empty.fleet.drain(['a'], 5_000), { finished: 0, cut: 0, websockets: 0, streams: 0 })
  assert.ok(Date.now() - second < 900)
})

void test('a drain asks workers that connect after it began, and forgets those nobody expects any longer', async () => {
  await using empty = await startEmpty(FIRST, SECOND)
  let settled = false
  const draining = empty.fleet.drain(['a'], 60_000).finally(() => (settled = true))
  empty.join(FIRST)
  await until(() => empty.fleet.workers().length === 1)
  await empty.fleet.report().then(() => assert.equal(settled, false))
  empty.expected.splice(1)

  assert.deepEqual(await draining, { finished: 0, cut: 0, websockets: 2, streams: 0 })
})
