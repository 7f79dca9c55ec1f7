/** A kept-alive connection that its upstream ends in the moment it is needed. */
import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import { listening, rawConnection, startGateway, tableOf, until } from '../testing.ts'
import type { Upstream } from '../table.ts'

interface Keeping extends Disposable {
  readonly upstream: Upstream
  readonly sockets: readonly Socket[]
  /** Request lines, in order. */
  readonly seen: readonly string[]
}

/** Answers everything, and keeps its connections. */
async function startKeeping(): Promise<Keeping> {
  const sockets: Socket[] = []
  const seen: string[] = []
  const server = createServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => {})
    socket.on('data', (bytes) => {
      seen.push(...(bytes.toString('latin1').match(/^[A-Z]+ \/\S*(?= HTTP)/gm) ?? []))
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
    })
  })
  const port = await listening(server)
  return {
    upstream: { id: `api@1-${port}`, host: '127.0.0.1', port, release: '1' },
    sockets,
    seen,
    [Symbol.dispose]() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

const FIRST = 'GET /first HTTP/1.1\r\nHost: a\r\n\r\n'
const POST = 'POST /once HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc'
const ends: readonly [how: string, end: (socket: Socket) => void][] = [
  ['closes', (socket) => socket.destroy()],
  ['resets', (socket) => socket.resetAndDestroy()],
]

for (const [how, end] of ends) {
  for (const order of ['request first', 'end first']) {
    void test(`a POST and an upstream that ${how} the connection for it, in one turn, ${order}: sent once, and answered`, async () => {
      using keeping = await startKeeping()
      await using gateway = await startGateway(tableOf([keeping.upstream]))
      using client = rawConnection(gateway.port, FIRST)
      await until(() => client.text.endsWith('ok'))
      // Both are with the system before this process looks again: the gateway finds them in this order.
      if (order === 'end first') end(keeping.sockets[0]!)
      client.socket.write(POST)
      if (order === 'request first') end(keeping.sockets[0]!)
      await until(() => client.ended)
      assert.deepEqual(client.text.match(/HTTP\/1.1 \d+/g), ['HTTP/1.1 200', 'HTTP/1.1 200'])
      assert.deepEqual(keeping.seen, ['GET /first', 'POST /once'])
    })
  }
}

void test('a POST that is read before its connection is reset and written behind it has not been sent, and goes to another', async () => {
  using keeping = await startKeeping()
  await using gateway = await startGateway(tableOf([keeping.upstream]))
  using client = rawConnection(gateway.port, FIRST)
  await until(() => client.text.endsWith('ok'))
  // In front of the immediate that writes what the gateway reads in this turn.
  setImmediate(() => keeping.sockets[0]!.resetAndDestroy())
  client.socket.write(POST)
  await until(() => client.ended)
  assert.deepEqual(client.text.match(/HTTP\/1.1 \d+/g), ['HTTP/1.1 200', 'HTTP/1.1 200'])
  assert.deepEqual(keeping.seen, ['GET /first', 'POST /once'])
})

void test('a POST whose body is still coming is not given to a connection that has just ended', async () => {
  using keeping = await startKeeping()
  await using gateway = await startGateway(tableOf([keeping.upstream]))
  using client = rawConnection(gateway.port, FIRST)
  await until(() => client.text.endsWith('ok'))
  keeping.sockets[0]!.destroy()
  client.socket.write(POST.slice(0, -1))
  await until(() => keeping.sockets.length === 2)
  client.socket.write('c')
  await until(() => client.ended)
  assert.deepEqual(client.text.match(/HTTP\/1.1 \d+/g), ['HTTP/1.1 200', 'HTTP/1.1 200'])
})
