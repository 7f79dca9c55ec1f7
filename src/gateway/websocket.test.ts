import assert from 'node:assert/strict'
import type { Duplex } from 'node:stream'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { createFleet } from './admin/fleet.ts'
import { closeFrame } from './websocket.ts'
import { listening, rawConnection, startGateway, startUpstream, tableOf, until } from './testing.ts'
import { join } from 'node:path'

const HELLO =
  'GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: k\r\nSec-WebSocket-Version: 13\r\n\r\n'
const text = (words: string): Buffer => Buffer.concat([Buffer.from([0x81, words.length]), Buffer.from(words)])
const CLOSE_FROM_CLIENT = Buffer.from([0x88, 0x82, 0, 0, 0, 0, 0x03, 0xf4])

/** Accepts the upgrade and hands the connection over; by default it sends back what comes. */
async function startSocketServer(
  onSocket: (socket: Duplex) => void = (socket) => void socket.on('data', (bytes) => socket.write(bytes)),
) {
  const target = await startUpstream('1')
  const sockets: Duplex[] = []
  target.server.on('upgrade', (_request, socket, first) => {
    sockets.push(socket)
    socket.on('error', () => {})
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nX-Mine: 1\r\n\r\n')
    if (first.length > 0) socket.unshift(first)
    socket.on('end', () => socket.end())
    socket.resume()
    onSocket(socket)
  })
  const dispose = target[Symbol.asyncDispose].bind(target)
  return Object.assign(target, {
    sockets,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await dispose()
    },
  })
}

void test('a WebSocket passes both ways, with bytes sent along with the head', async () => {
  await using target = await startSocketServer()
  await using gateway = await startGateway(tableOf([target.upstream]))
  const first = text('first')
  using client = rawConnection(gateway.port, Buffer.concat([Buffer.from(HELLO), first]))

  await until(() => client.received.includes(first))
  assert.match(client.text, /^HTTP\/1.1 101 [^]*X-Mine: 1[^]*Seaworthy-Release: 1/)
  assert.match(client.text, /X-Correlation-Id: /)
  for (const byte of text('second')) client.socket.write(Buffer.from([byte]))
  await until(() => client.received.includes(text('second')))

  client.socket.end()
  await until(() => client.ended && target.sockets[0]!.destroyed)
})

void test('a WebSocket is counted when it opens and only then, since it may last for days', async (t) => {
  await using target = await startSocketServer()
  await using gateway = await startGateway(tableOf([target.upstream]))
  const fleet = await createFleet({
    socketPath: join(gateway.state, 'gateway.sock'),
    expected: () => Promise.resolve([]),
    kill: () => Promise.resolve(),
  })
  t.after(() => fleet.close())
  const opened = async (): Promise<unknown> => (await fleet.report()).cells.map(({ status, count }) => [status, count])
  await until(() => fleet.workers().length === 1)
  using client = rawConnection(gateway.port, HELLO)
  await until(() => client.text.startsWith('HTTP/1.1 101'))
  assert.deepEqual(await opened(), [['1xx', 1]])

  client.socket.end()
  await until(() => client.ended && target.sockets[0]!.destroyed)
  assert.deepEqual(await opened(), [['1xx', 1]])
})

void test('a refused upgrade is an ordinary answer, another kind of upgrade an ordinary request', async () => {
  await using refusing = await startUpstream('1', (request, response) => {
    response.statusCode = 426
    response.end(String(request.headers.upgrade))
  })
  await using gateway = await startGateway(tableOf([refusing.upstream]))
  for (const [hello, seen] of [
    [HELLO, 'websocket'],
    [
      'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: A\r\n\r\n',
      'undefined',
    ],
  ] as const) {
    using client = rawConnection(gateway.port, hello)
    await until(() => client.text.includes(`\r\n\r\n${seen}`) || client.text.includes(seen))
    assert.match(client.text, /^HTTP\/1.1 426 [^]*Seaworthy-Release: 1/)
  }
})

void test('a WebSocket without a byte for too long is ended', async () => {
  await using target = await startSocketServer()
  const timeouts = { connectMs: 500, firstByteMs: 500, requestMs: 500, idleMs: 500, websocketIdleMs: 60 }
  await using gateway = await startGateway(tableOf([target.upstream], { timeouts }))
  using client = rawConnection(gateway.port, HELLO)
  await until(() => client.ended)
  await until(() => target.sockets[0]!.destroyed)
})

void test('drain closes WebSockets with 1012 between two frames, ends event streams, lets requests finish, and says so', async () => {
  const long = text('x'.repeat(100))
  await using target = await startSocketServer((socket) => void socket.write(long.subarray(0, 50)))
  let finish: (() => void) | null = null
  target.server.removeAllListeners('request')
  target.server.on('request', (request, response) => {
    if (request.url === '/events') {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write('data: 1\n\n')
      return
    }
    finish = () => response.end('finished')
  })
  await using next = await startUpstream('2')
  await using gateway = await startGateway(tableOf([target.upstream]))
  const fleet = await createFleet({
    socketPath: join(gateway.state, 'gateway.sock'),
    expected: () => Promise.resolve([]),
    kill: () => Promise.resolve(),
  })
  using socket = rawConnection(gateway.port, HELLO)
  using polite = rawConnection(gateway.port, HELLO)
  using events = rawConnection(gateway.port, 'GET /events HTTP/1.1\r\nHost: a\r\n\r\n')
  const slow = fetch(`${gateway.url}/slow`)
  await until(() => target.sockets.length === 2 && finish !== null && events.text.includes('data: 1'))
  await until(() => fleet.workers().length === 1)
  await until(() => polite.received.includes(long.subarray(0, 50)) && socket.received.includes(long.subarray(0, 50)))

  await fleet.apply(tableOf([next.upstream]))
  const draining = fleet.drain([target.upstream.id], 1_000)
  // Both are in the middle of a frame: nothing may come between its bytes.
  const before = socket.received.length
  await until(() => events.text.endsWith('0\r\n\r\n'))
  assert.equal(socket.received.length, before)
  for (const each of target.sockets) each.write(Buffer.concat([long.subarray(50), text('lost').subarray(0, 3)]))
  for (const client of [socket, polite]) {
    await until(() => client.ended || client.received.subarray(-4).equals(closeFrame(1012)))
    assert.ok(client.received.subarray(-104 - 2).equals(Buffer.concat([long, closeFrame(1012)])))
    client.socket.write(CLOSE_FROM_CLIENT)
  }
  await until(() => polite.ended && socket.ended)
  finish!()

  assert.equal(await (await slow).text(), 'finished')
  assert.deepEqual(await draining, { finished: 1, cut: 0, websockets: 2, streams: 1 })
  const { cells } = await fleet.report()
  assert.equal(cells.find((cell) => cell.status === '1xx')?.count, 2)
  assert.equal(cells.find((cell) => cell.status === '2xx' && cell.release === '1')?.count, 2)
  await fleet.close()
})

void test('a client that never answers the close frame is let go, a request that never ends is cut', async () => {
  await using target = await startSocketServer()
  await using next = await startUpstream('2')
  let held = 0
  target.server.removeAllListeners('request').on('request', () => (held += 1))
  await using gateway = await startGateway(tableOf([target.upstream]))
  const fleet = await createFleet({
    socketPath: join(gateway.state, 'gateway.sock'),
    expected: () => Promise.resolve([]),
    kill: () => Promise.resolve(),
  })
  using socket = rawConnection(gateway.port, HELLO)
  const cut = assert.rejects(fetch(gateway.url))
  await until(() => target.sockets.length === 1 && held === 1 && fleet.workers().length === 1)
  await until(() => socket.text.startsWith('HTTP/1.1 101'))

  await fleet.apply(tableOf([next.upstream]))
  assert.deepEqual(await fleet.drain([target.upstream.id], 200), { finished: 0, cut: 1, websockets: 1, streams: 0 })

  await cut
  await until(() => socket.ended)
  const { cells } = await fleet.report()
  assert.equal(cells.find((cell) => cell.status === 'aborted')?.count, 1)
  await fleet.close()
})

void test('an upgrade that the instance drops is 502', async () => {
  const server = createServer((socket) => void socket.once('data', () => socket.destroy()))
  const port = await listening(server)
  await using gateway = await startGateway(tableOf([{ id: 'a', host: '127.0.0.1', port, release: '1' }]))
  using client = rawConnection(gateway.port, HELLO)
  await until(() => client.text.includes('\r\n\r\n'))
  assert.match(client.text, /^HTTP\/1.1 502 /)
  server.close()
})
