import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LINGER_MS } from './client-connection.ts'
import { REQUEST_MARGIN_MS } from './net-listener.ts'
import { rawConnection, startGateway, startUpstream, tableOf, until } from '../testing.ts'

const upgrade = (path: string, host = 'a'): string =>
  `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: k\r\n\r\n`

void test('the connection of a refused upgrade is closed, whoever refused it and even when its client stays', async () => {
  await using upstream = await startUpstream('1', (request, response) => {
    response.statusCode = Number(request.url!.slice(1))
    response.end('no')
  })
  const table = tableOf([upstream.upstream], {
    routes: [
      { host: 'a', path: '/', service: 'api' },
      { host: 'off', path: '/', service: 'off' },
    ],
  })
  const services = { ...table.services, off: { kind: 'none' } as const }
  await using gateway = await startGateway({ ...table, services })
  for (const [status, path, host] of [
    [200, '/200', 'a'],
    [401, '/401', 'a'],
    [404, '/', 'nowhere'],
    [503, '/', 'off'],
  ] as const) {
    const began = Date.now()
    using client = rawConnection(gateway.port, upgrade(path, host))
    await until(() => client.ended)
    assert.ok(Date.now() - began < LINGER_MS * 0.75, 'not only after the linger')
    assert.match(client.text, new RegExp(`^HTTP/1.1 ${status} `))
  }
  // A client that never ends its half: the gateway's side goes nevertheless, so this write meets a reset.
  using staying = rawConnection(gateway.port, upgrade('/401'))
  let reset = false
  staying.socket.on('close', () => (reset = true))
  await until(() => {
    if (staying.ended && !reset) staying.socket.write('x')
    return reset
  })
})

void test('what stands behind the last request of a connection is no request: not even when the answer is there at once', async () => {
  await using upstream = await startUpstream()
  const routes = [{ host: null, path: '/api', service: 'api' }]
  await using gateway = await startGateway(tableOf([upstream.upstream], { routes }))
  const behind = 'POST /api/behind HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n'
  // A kept connection to the instance, on which a request goes out in the same turn.
  using warm = rawConnection(gateway.port, 'GET /api/first HTTP/1.1\r\nHost: a\r\n\r\n')
  await until(() => warm.text.endsWith('1'))
  using client = rawConnection(gateway.port, `GET /no HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n${behind}`)
  await until(() => client.ended)
  assert.match(client.text, /^HTTP\/1.1 404 /)
  // On the same kept connection, so behind whatever went out before.
  warm.socket.write('GET /api/last HTTP/1.1\r\nHost: a\r\n\r\n')
  await until(() => upstream.requests.at(-1)!.url === '/api/last')
  assert.deepEqual(
    upstream.requests.map(({ url }) => url),
    ['/api/first', '/api/last'],
  )
})

void test('a request that takes longer than it may is not cut once its answer has begun', async () => {
  await using upstream = await startUpstream('1', (incoming, response) => {
    response.write('begun ')
    incoming.resume()
    incoming.on('end', () => response.end('done'))
  })
  const timeouts = { connectMs: 1_000, firstByteMs: 1_000, requestMs: 100, idleMs: 1_000, websocketIdleMs: 1_000 }
  await using gateway = await startGateway(tableOf([upstream.upstream], { timeouts }))
  const length = 100_000
  using client = rawConnection(gateway.port, `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${length}\r\n\r\n`)
  // The limit for a whole request is the table's with a margin.
  const enough = Date.now() + timeouts.requestMs + REQUEST_MARGIN_MS + 2_000
  let sent = 0
  await until(() => {
    assert.equal(client.ended, false, `cut after ${sent} bytes`)
    client.socket.write('x')
    sent += 1
    return Date.now() > enough
  }, 10_000)
  client.socket.write('x'.repeat(length - sent))
  await until(() => client.text.includes('done'))
})

void test('a retiring worker lets silent connections go soon, new ones and used ones, and answers what comes before', async () => {
  await using upstream = await startUpstream('1')
  await using gateway = await startGateway(tableOf([upstream.upstream]), { retireMs: 20_000 })
  const ask = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
  using used = rawConnection(gateway.port, ask)
  using sending = rawConnection(gateway.port, ask)
  using fresh = rawConnection(gateway.port)
  await until(() => used.text.endsWith('\r\n\r\n1') && sending.text.endsWith('\r\n\r\n1'))
  await until(() => !fresh.socket.connecting)

  const began = Date.now()
  const retired = gateway.worker.retire()
  // Half a head is a request on its way.
  sending.socket.write(ask.slice(0, 10))
  await until(() => used.ended && fresh.ended)
  assert.ok(Date.now() - began >= 900)
  assert.equal(sending.ended, false)
  sending.socket.write(ask.slice(10))
  await until(() => sending.ended)
  assert.equal(sending.text.match(/HTTP\/1.1 200 OK/g)?.length, 2)
  await retired
  assert.ok(Date.now() - began < 2_500, `${Date.now() - began} ms`)
})
