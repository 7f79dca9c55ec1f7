import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Connections } from '../../control/guard/connections.ts'
import type { Connection } from '../admin/connection.ts'
import { blockListOf } from '../client-address.ts'
import { startGateway, startUpstream, rawConnection, tableOf, until } from '../testing.ts'
import { policyOf } from '../testing-guard.ts'
import { ClientConnections } from './client-connections.ts'

const NOBODY = blockListOf([])

void test('a client holds as many connections as it may, whatever others hold', () => {
  const refused: string[] = []
  const connections = new ClientConnections((address) => refused.push(address))
  connections.configure(2, NOBODY)
  assert.deepEqual(
    ['192.0.2.1', '192.0.2.1', '192.0.2.1', '192.0.2.2'].map((address) => connections.opened(address)),
    [true, true, false, true],
  )
  assert.deepEqual(refused, ['192.0.2.1'])
  connections.closed('192.0.2.1')
  assert.equal(connections.opened('192.0.2.1'), true)
  // All of a /64 are one client.
  assert.deepEqual(
    ['2001:db8::1', '2001:db8::2', '2001:db8::3'].map((address) => connections.opened(address)),
    [true, true, false],
  )
})

void test('trusted proxies speak for many, and the witness for nobody: neither is bounded', () => {
  const connections = new ClientConnections(() => {})
  connections.configure(1, blockListOf(['10.0.0.0/8']))
  for (let nth = 0; nth < 50; nth++) {
    assert.equal(connections.opened('10.1.2.3'), true)
    assert.equal(connections.opened('::ffff:10.1.2.3'), true)
    assert.equal(connections.opened('127.83.87.87'), true)
  }
})

void test('what a client holds in other workers counts, until it lets go or control leaves', async () => {
  const control = new Connections()
  const [one, other] = [workerOf(control, 4), workerOf(control, 4)]
  for (let nth = 0; nth < 3; nth++) assert.equal(one.connections.opened('192.0.2.1'), true)
  await turns()
  assert.deepEqual(
    [1, 2].map(() => other.connections.opened('192.0.2.1')),
    [true, false],
  )
  await turns()
  // The first does not know of the single one elsewhere: that is the one in each other worker.
  assert.deepEqual(
    [1, 2].map(() => one.connections.opened('192.0.2.1')),
    [true, false],
  )
  await turns()
  for (let nth = 0; nth < 3; nth++) one.connections.closed('192.0.2.1')
  await turns()
  assert.equal(other.connections.opened('192.0.2.1'), true)
  one.leave()
  other.leave()
  assert.deepEqual(
    [1, 2, 3].map(() => other.connections.opened('192.0.2.1')),
    [true, true, false],
    'alone it sees its own',
  )
})

void test('a worker that dies takes its connections with it, and one that comes learns of the others', async () => {
  const control = new Connections()
  const [one, other] = [workerOf(control, 3), workerOf(control, 3)]
  for (let nth = 0; nth < 3; nth++) one.connections.opened('192.0.2.1')
  await turns()
  assert.equal(other.connections.opened('192.0.2.1'), false)
  const late = workerOf(control, 3)
  assert.equal(late.connections.opened('192.0.2.1'), false)
  one.leave()
  assert.equal(other.connections.opened('192.0.2.1'), true)
})

void test('the connection after the last is answered with 503 and closed, and the others notice nothing', async () => {
  await using upstream = await startUpstream()
  await using gateway = await startGateway(
    tableOf([upstream.upstream], { guard: policyOf({ connectionsPerClient: 20 }) }),
  )
  const connections: ReturnType<typeof rawConnection>[] = []
  try {
    for (let nth = 0; nth < 20; nth++) {
      const connection = rawConnection(gateway.port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')
      connections.push(connection)
      await until(() => connection.text.startsWith('HTTP/1.1 200'))
    }
    const refused = rawConnection(gateway.port)
    connections.push(refused)
    await until(() => refused.ended)
    assert.match(refused.text, /^HTTP\/1\.1 503 .*\r\nRetry-After: 5\r\n/)
    assert.equal(upstream.requests.length, 20)
    connections[3]!.socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    await until(() => upstream.requests.length === 21)
    connections[0]!.socket.destroy()
    // Its place is free as soon as the gateway has seen it go.
    await until(async () => {
      const connection = rawConnection(gateway.port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')
      connections.push(connection)
      await until(() => connection.text !== '' || connection.ended)
      return connection.text.startsWith('HTTP/1.1 200')
    })
  } finally {
    for (const { socket } of connections) socket.destroy()
  }
})

/** One worker's side, connected to control without a socket between them. */
function workerOf(control: Connections, max: number): { connections: ClientConnections; leave(): void } {
  const connections = new ClientConnections(() => {})
  connections.configure(max, NOBODY)
  const connection: Connection = {
    worker: 1,
    pid: 1,
    gateway: '',
    incarnation: '',
    version: 1,
    send: (message) => void (message.type === 'connections' && connections.onElsewhere(message)),
  }
  connections.connect((message) => {
    if (message.type === 'connections') control.counted(connection, message.clients)
  })
  control.joined(connection)
  return {
    connections,
    leave() {
      connections.connect(null)
      control.left(connection)
    },
  }
}

/** What is told is told after the turn in which it happened. */
async function turns(): Promise<void> {
  for (let nth = 0; nth < 3; nth++) await new Promise(setImmediate)
}
