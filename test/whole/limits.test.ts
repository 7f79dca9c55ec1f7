import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SecurityEvent } from '../../src/guard/event.ts'
import { rawConnection, until } from '../../src/gateway/testing.ts'
import type { RawConnection } from '../../src/gateway/testing.ts'
import { limitOf } from '../../src/gateway/testing-guard.ts'
import { LEASE_MAX } from '../../src/guard/limit/store.ts'
import { startLimited } from '../support/limited-workers.ts'
import { storm } from '../support/storm.ts'

const WORKERS = 8
const QUOTA = 2_000
/** No request comes back within a test's time: an hour and more for one. */
const limits = [limitOf({ count: 1, burst: QUOTA, perMs: 3_600_000 })]

void test('eight workers together admit the quota: never more, and less only by what they hold', async () => {
  await using gateway = await startLimited({ workers: WORKERS, limits })
  const { byStatus, broken } = await storm({ port: gateway.port, requests: 8_000, connections: 64 })
  const passed = byStatus.get(200) ?? 0
  assert.deepEqual(
    [...byStatus.keys()].toSorted((one, other) => one - other),
    [200, 429],
  )
  assert.equal(broken, 0)
  assert.ok(passed <= QUOTA, `${passed} of ${QUOTA}`)
  assert.ok(passed >= QUOTA - WORKERS * LEASE_MAX, `${passed} of ${QUOTA}`)
  // A flood of refusals becomes few events, and every refusal is counted in one.
  const refused = byStatus.get(429)!
  await until(() => countOf(gateway.events) === refused)
  assert.ok(gateway.events.length < refused / 10, `${gateway.events.length} events for ${refused} refusals`)
})

void test('forged addresses, random keys and new user agents admit not one request more', async () => {
  await using gateway = await startLimited({ workers: 2, limits })
  const { byStatus } = await storm({
    port: gateway.port,
    requests: 4_000,
    connections: 16,
    fieldsOf: (nth) => [
      `X-Forwarded-For: 203.0.113.${nth % 256}`,
      `X-API-Key: ${nth}-${Math.random()}`,
      `User-Agent: agent/${nth}`,
    ],
  })
  const passed = byStatus.get(200) ?? 0
  assert.ok(passed <= QUOTA && passed >= QUOTA - 2 * LEASE_MAX, `${passed} of ${QUOTA}`)
})

void test('when control dies with its counts in the middle and another comes, the quota holds', async () => {
  await using gateway = await startLimited({ workers: 4, limits })
  const steps: Promise<void>[] = []
  const { byStatus } = await storm({
    port: gateway.port,
    requests: 8_000,
    connections: 32,
    onAnswer(answered) {
      if (answered === 1_200) steps.push(gateway.controlLeaves())
      if (answered === 3_000) steps.push(Promise.all(steps).then(() => gateway.controlComesBack()))
    },
  })
  await Promise.all(steps)
  const passed = byStatus.get(200) ?? 0
  // Each worker knows what was left when it last asked, and goes on with its share of that.
  assert.ok(passed <= QUOTA + 4 * LEASE_MAX, `${passed} of ${QUOTA}`)
  // What was lent by the one that died is spent for it; a question without an answer counts twice.
  assert.ok(passed >= QUOTA - 2 * 4 * LEASE_MAX - 32, `${passed} of ${QUOTA}`)
  await until(() => gateway.events.some(({ kind }) => kind === 'store-lost'))
  await until(() => gateway.events.some(({ kind }) => kind === 'store-back'))
})

void test('a worker that is killed takes away no more than it held', async () => {
  await using gateway = await startLimited({ workers: 4, limits })
  const { byStatus } = await storm({
    port: gateway.port,
    requests: 8_000,
    connections: 32,
    onAnswer(answered) {
      if (answered === 1_000) gateway.kill(gateway.pids[0]!, 'SIGKILL')
    },
  })
  const passed = byStatus.get(200) ?? 0
  assert.ok(passed <= QUOTA && passed >= QUOTA - 4 * LEASE_MAX - 32, `${passed} of ${QUOTA}`)
})

void test('over four workers a client holds its connections and at most one more in each other worker', async () => {
  await using gateway = await startLimited({ workers: 4, limits: [], connectionsPerClient: 20 })
  const connections: RawConnection[] = []
  try {
    // One after the other, so that each is accepted when news of the one before is there.
    for (let nth = 0; nth < 60; nth++) connections.push(await answered(gateway.port))
    const held = connections.filter(({ text }) => text.startsWith('HTTP/1.1 200')).length
    assert.ok(held >= 20 && held <= 23, `${held} of 60`)
    for (const { socket } of connections) socket.destroy()
    await until(async () => {
      const connection = await answered(gateway.port)
      connections.push(connection)
      return connection.text.startsWith('HTTP/1.1 200')
    })
  } finally {
    for (const { socket } of connections) socket.destroy()
  }
})

/** A connection that has sent a request and heard something, or nothing any more. */
async function answered(port: number): Promise<RawConnection> {
  const connection = rawConnection(port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  await until(() => connection.text.includes('\r\n\r\n') || connection.ended)
  return connection
}

function countOf(events: readonly SecurityEvent[]): number {
  return events.filter(({ kind }) => kind === 'rate-limited').reduce((sum, { count = 1 }) => sum + count, 0)
}
