import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { createFleet } from '../admin/fleet.ts'
import type { Fleet } from '../admin/fleet.ts'
import { NO_PAUSE_COUNTS } from '../pause-counts.ts'
import type { Pause } from '../table.ts'
import { rawConnection, startGateway, startUpstream, tableOf, until } from '../testing.ts'
import type { RawConnection, TestGateway } from '../testing.ts'
import type { PauseCounts } from '../waiting-room.ts'
import { closeFrame } from '../websocket.ts'

const hold: Pause = { kind: 'hold', services: null, queue: 500, bytesMax: 1 << 24, waitMs: 20_000, page: null }
const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`
const WEBSOCKET =
  'GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: k\r\nSec-WebSocket-Version: 13\r\n\r\n'

/** Control's side, to give tables and to see what is counted. */
async function controlOf(t: TestContext, gateway: TestGateway): Promise<Fleet> {
  const fleet = await createFleet({
    socketPath: join(gateway.state, 'gateway.sock'),
    expected: () => Promise.resolve([]),
    kill: () => Promise.resolve(),
  })
  t.after(() => fleet.close())
  await until(() => fleet.workers().length === 1)
  return fleet
}

async function countsOf(fleet: Fleet): Promise<PauseCounts> {
  return (await fleet.report()).pause ?? NO_PAUSE_COUNTS
}

void test('held requests go on to what the table names by then, and none falls between', async (t) => {
  await using old = await startUpstream('1')
  await using next = await startUpstream('2')
  await using gateway = await startGateway(tableOf([old.upstream], { pause: hold }))
  const fleet = await controlOf(t, gateway)
  const clients: RawConnection[] = []
  for (let index = 0; index < 200; index++) {
    clients.push(rawConnection(gateway.port, get(`/${index}`)))
    await until(async () => clients.length % 50 !== 0 || (await countsOf(fleet)).held === clients.length)
  }
  assert.equal(old.requests.length, 0)

  // Resumed, and switched to another release before a turn of the event loop could let all of them go.
  const resumed = fleet.apply(tableOf([old.upstream]))
  await Promise.all([resumed, fleet.apply(tableOf([next.upstream])), fleet.drain([old.upstream.id], 5_000)])
  await until(() => clients.every(({ ended }) => ended))

  assert.ok(clients.every(({ text }) => text.startsWith('HTTP/1.1 200')))
  // In which order: pause-order.test.ts beside this file, since what is sent in order over several connections may arrive otherwise.
  assert.equal(old.requests.length + next.requests.length, clients.length)
  assert.ok(next.requests.length > 0, 'all of them had gone before the switch')
  assert.deepEqual(await countsOf(fleet), { ...NO_PAUSE_COUNTS, forwarded: 200 })
})

void test('a resume works at once while a slow request still drains', async (t) => {
  const finish = Promise.withResolvers<void>()
  await using old = await startUpstream('1', (_request, response) => {
    void finish.promise.then(() => response.end('slow'))
  })
  await using next = await startUpstream('2')
  await using gateway = await startGateway(tableOf([old.upstream]))
  const fleet = await controlOf(t, gateway)
  using slow = rawConnection(gateway.port, get('/slow'))
  await until(() => old.requests.length === 1)
  await fleet.apply(tableOf([next.upstream], { pause: hold }))
  const drained = fleet.drain([old.upstream.id], 20_000)
  using held = rawConnection(gateway.port, get('/held'))
  await until(async () => (await countsOf(fleet)).held === 1)

  await fleet.apply(tableOf([next.upstream]))
  await until(() => held.ended)
  assert.match(held.text, /^HTTP\/1.1 200 [^]*Seaworthy-Release: 2/)
  assert.equal(slow.text, '', 'the slow request was still draining')

  finish.resolve()
  assert.equal((await drained).finished, 1)
  await until(() => slow.text.includes('slow'))
})

void test('overflow and time are 503 with a time to come back, and no release is judged by them', async (t) => {
  await using upstream = await startUpstream('1')
  await using gateway = await startGateway(
    tableOf([upstream.upstream], { pause: { ...hold, queue: 1, waitMs: 300 }, accessLog: true }),
  )
  const fleet = await controlOf(t, gateway)
  using first = rawConnection(gateway.port, get('/first'))
  await until(async () => (await countsOf(fleet)).held === 1)
  using second = rawConnection(gateway.port, get('/second'))
  await until(() => second.ended)
  assert.match(second.text, /^HTTP\/1.1 503 [^]*Retry-After: 5[^]*as many requests wait/)
  assert.equal(first.text, '', 'the first still waits')
  await until(() => first.ended)
  assert.match(first.text, /^HTTP\/1.1 503 [^]*Retry-After: 5[^]*longer than a request may wait/)

  const { cells, unrouted, pause } = await fleet.report()
  assert.deepEqual([cells, unrouted], [[], 2])
  assert.deepEqual(pause, { ...NO_PAUSE_COUNTS, overflowed: 1, timedOut: 1 })
  await until(() => gateway.lines().some(({ path, heldMs }) => path === '/first' && Number(heldMs) >= 290))
})

void test('the time in the gateway is no latency of the release', async (t) => {
  await using upstream = await startUpstream('1')
  await using gateway = await startGateway(tableOf([upstream.upstream], { pause: hold }))
  const fleet = await controlOf(t, gateway)
  const heldSince = performance.now()
  using client = rawConnection(gateway.port, get('/'))
  await until(async () => (await countsOf(fleet)).held === 1)
  await until(() => performance.now() - heldSince > 400)
  await fleet.apply(tableOf([upstream.upstream]))
  await until(() => client.ended)
  const [cell] = (await fleet.report()).cells
  assert.equal(cell?.count, 1)
  assert.ok(cell.sumMs < 390, `${cell.sumMs} ms`)
})

void test('clients that leave free their place: plain, with an upload, and with a WebSocket', async (t) => {
  await using upstream = await startUpstream('1')
  await using gateway = await startGateway(tableOf([upstream.upstream], { pause: hold }))
  const fleet = await controlOf(t, gateway)
  const heads = [get('/'), 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf', WEBSOCKET]
  for (const [index, head] of heads.entries()) {
    for (const leave of ['end', 'resetAndDestroy'] as const) {
      const before = (await countsOf(fleet)).left
      using client = rawConnection(gateway.port, head)
      await until(async () => (await countsOf(fleet)).held === 1)
      client.socket[leave]()
      await until(async () => (await countsOf(fleet)).held === 0)
      assert.equal((await countsOf(fleet)).left, before + 1, `${index} ${leave}`)
    }
  }
  assert.equal(upstream.requests.length, 0)
})

void test('an upload is held by backpressure and arrives whole', async (t) => {
  const sent = randomBytes(32 * 1024 * 1024)
  const received = Promise.withResolvers<string>()
  await using upstream = await startUpstream('1', (request, response) => {
    const hash = createHash('sha256')
    request.on('data', (chunk: Buffer) => hash.update(chunk))
    request.on('end', () => {
      received.resolve(hash.digest('hex'))
      response.end()
    })
  })
  const table = { bodyBytesMax: 1 << 26 }
  await using gateway = await startGateway(tableOf([upstream.upstream], { ...table, pause: hold }))
  const fleet = await controlOf(t, gateway)
  using client = rawConnection(gateway.port, `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${sent.length}\r\n\r\n`)
  await until(async () => (await countsOf(fleet)).held === 1)
  const before = process.memoryUsage().arrayBuffers
  let flushed = false
  client.socket.write(sent, () => (flushed = true))
  // What the system and one buffer take is taken; then nothing moves any more.
  let stuckAt = -1
  await until(async () => {
    const now = client.socket.bytesWritten - client.socket.writableLength
    const same = now === stuckAt
    stuckAt = now
    await new Promise((resolve) => setTimeout(resolve, 50))
    return same
  })
  assert.equal(flushed, false, 'the gateway has read on')
  assert.ok(process.memoryUsage().arrayBuffers - before < sent.length / 2)

  await fleet.apply(tableOf([upstream.upstream], table))
  assert.equal(await received.promise, createHash('sha256').update(sent).digest('hex'))
})

void test('an upload that was held longer than a request may take to arrive still may', async (t) => {
  await using upstream = await startUpstream('1', (request, response) => {
    request.resume().on('end', () => response.end('whole'))
  })
  // Node's own limit, REQUEST_MARGIN_MS beyond the first, would come while it is held.
  const timeouts = { connectMs: 1_000, firstByteMs: 5_000, requestMs: 500, idleMs: 5_000, websocketIdleMs: 5_000 }
  await using gateway = await startGateway(tableOf([upstream.upstream], { timeouts, pause: hold }))
  const fleet = await controlOf(t, gateway)
  const since = performance.now()
  using client = rawConnection(gateway.port, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\nhalf')
  await until(async () => (await countsOf(fleet)).held === 1)
  await until(() => performance.now() - since > 7_500, 10_000)
  assert.equal(client.text, '')
  await fleet.apply(tableOf([upstream.upstream], { timeouts }))
  await until(() => upstream.requests.length === 1)
  client.socket.write('half')
  await until(() => client.text.includes('whole'))
})

void test('a WebSocket waits, with what its client has sent already', async (t) => {
  await using upstream = await startUpstream('1')
  upstream.server.on('upgrade', (_request, socket) => {
    socket.on('error', () => {})
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
    socket.on('data', (bytes: Buffer) => socket.write(bytes))
    socket.on('end', () => socket.end())
  })
  await using gateway = await startGateway(tableOf([upstream.upstream], { pause: hold }))
  const fleet = await controlOf(t, gateway)
  using client = rawConnection(gateway.port, WEBSOCKET)
  await until(async () => (await countsOf(fleet)).held === 1)
  client.socket.write(Buffer.from([0x81, 1, 97]))
  await fleet.apply(tableOf([upstream.upstream]))
  await until(() => client.received.includes(Buffer.from([0x81, 1, 97])))
  assert.match(client.text, /^HTTP\/1.1 101 /)
})

void test('a WebSocket that a retiring worker has held is closed with 1012 before the worker ends', async (t) => {
  await using upstream = await startUpstream('1')
  upstream.server.on('upgrade', (_request, socket) => {
    socket.on('error', () => {})
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
    socket.on('end', () => socket.end())
    socket.resume()
  })
  await using gateway = await startGateway(tableOf([upstream.upstream], { pause: hold }), { retireMs: 2_000 })
  const fleet = await controlOf(t, gateway)
  using client = rawConnection(gateway.port, WEBSOCKET)
  await until(async () => (await countsOf(fleet)).held === 1)
  const retired = gateway.worker.retire()
  await fleet.apply(tableOf([upstream.upstream]))
  await until(() => client.text.startsWith('HTTP/1.1 101'))
  await retired
  await until(() => client.ended)
  assert.ok(client.received.subarray(-4).equals(closeFrame(1012)))
})

void test('maintenance answers 503 with the page, or a sentence, for the services it names', async (t) => {
  await using upstream = await startUpstream('1')
  const services = { api: tableOf([upstream.upstream]).services['api']!, other: { kind: 'none' } as const }
  const routes = [
    { host: null, path: '/', service: 'api' },
    { host: null, path: '/other', service: 'other' },
  ]
  const pause: Pause = { ...hold, kind: 'maintenance', services: ['api'], page: '<h1>Back at nine</h1>' }
  await using gateway = await startGateway(tableOf([upstream.upstream], { services, routes, pause }))
  const fleet = await controlOf(t, gateway)
  const page = await fetch(gateway.url)
  assert.deepEqual(
    [page.status, page.headers.get('content-type'), page.headers.get('retry-after'), await page.text()],
    [503, 'text/html; charset=utf-8', '30', '<h1>Back at nine</h1>'],
  )
  const head = await fetch(gateway.url, { method: 'HEAD' })
  assert.deepEqual([head.headers.get('content-length'), await head.text()], ['21', ''])
  using socket = rawConnection(gateway.port, WEBSOCKET)
  await until(() => socket.text.includes('</h1>'))
  assert.match(await (await fetch(`${gateway.url}/other`)).text(), /stopped/)

  await fleet.apply(tableOf([upstream.upstream], { services, routes, pause: { ...pause, page: null } }))
  assert.match(await (await fetch(gateway.url)).text(), /being maintained/)
  assert.equal((await countsOf(fleet)).turnedAway, 4)
  await fleet.apply(tableOf([upstream.upstream]))
  assert.equal((await fetch(gateway.url)).status, 200)
})

void test('a held request survives that its service is stopped for the next release, a worker that ends answers it', async (t) => {
  await using upstream = await startUpstream('1')
  const gateway = await startGateway(tableOf([], { services: { api: { kind: 'none' } }, pause: hold }), {
    retireMs: 1_000,
  })
  await using _ = gateway
  const fleet = await controlOf(t, gateway)
  using client = rawConnection(gateway.port, get('/'))
  await until(async () => (await countsOf(fleet)).held === 1)
  await fleet.apply(tableOf([upstream.upstream]))
  await until(() => client.text.startsWith('HTTP/1.1 200'))

  await fleet.apply(tableOf([upstream.upstream], { pause: hold }))
  using last = rawConnection(gateway.port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  await until(async () => (await countsOf(fleet)).held === 1)
  await gateway.worker.retire()
  await until(() => last.ended)
  assert.match(last.text, /^HTTP\/1.1 503 [^]*Retry-After[^]*Connection: close/)
  assert.equal(fleet.counters().pause?.lost, 1)
})
