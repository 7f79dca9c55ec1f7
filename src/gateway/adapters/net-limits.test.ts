import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { plainAnswer } from '../exchange.ts'
import type { Exchange } from '../exchange.ts'
import { listening, rawConnection, startGateway, startUpstream, tableOf, until } from '../testing.ts'
import type { Refused } from './connection-host.ts'
import { createNetListener } from './net-listener.ts'
import type { ListenerOptions } from './net-listener.ts'

const IDLE_MS = 60_000

/** A listener alone; by default every request is answered with its path. */
async function startListener(options: Partial<ListenerOptions> = {}) {
  const refused: Refused[] = []
  const exchanges: Exchange[] = []
  const listener = createNetListener({
    onExchange: (exchange) =>
      exchange.client.send(plainAnswer(200, exchange.head.target), { idleMs: IDLE_MS }, () => {}),
    ...options,
    onRefused: (one) => {
      refused.push(one)
      return ['X-Own', '1']
    },
  })
  const { port } = await listener.listen({ host: '127.0.0.1', port: 0 })
  return { listener, port, refused, exchanges, [Symbol.dispose]: () => listener.close() }
}

const GET = 'GET /a HTTP/1.1\r\nHost: a\r\n\r\n'

void test('a head that is dripped is 408 when its time is over, while others are served', async () => {
  using scene = await startListener({ headMs: 300 })
  using slow = rawConnection(scene.port, 'GET / HTTP/1.1\r\nHo')
  const drip = setInterval(() => slow.socket.write('x'), 20)
  using other = rawConnection(scene.port)
  let asked = 0
  await until(() => {
    if (other.text.split('\r\n\r\n/a').length === asked + 1 && asked < 10_000) {
      other.socket.write(GET)
      asked += 1
    }
    return slow.text.includes('\r\n\r\n')
  })
  clearInterval(drip)
  assert.match(slow.text, /^HTTP\/1.1 408 [^]*X-Own: 1\r\n[^]*Connection: close/)
  assert.deepEqual(
    scene.refused.map(({ status, code, within }) => [status, code, within]),
    [[408, 'slow-head', false]],
  )
  assert.ok(asked > 3)
  await until(() => slow.ended)
})

void test('a body that comes below the least rate is 408, one that is waited with is not', async () => {
  const exchanges: Exchange[] = []
  using scene = await startListener({ bodyWindowMs: 200, onExchange: (exchange) => void exchanges.push(exchange) })
  const head = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n'
  using slow = rawConnection(scene.port, `${head}\r\nx`)
  using asking = rawConnection(scene.port, `${head}Expect: 100-continue\r\n\r\n`)
  using fast = rawConnection(scene.port, `${head}\r\n`)
  let gone = 0
  await until(() => exchanges.length === 3)
  for (const { client } of exchanges) client.onGone({ left: () => void (gone += 1) })
  const pour = setInterval(() => fast.socket.write('x'.repeat(200)), 20)
  await until(() => slow.text.includes('\r\n\r\n'))
  // Several looks later.
  await new Promise((resolve) => setTimeout(resolve, 700))
  clearInterval(pour)
  assert.match(slow.text, /^HTTP\/1.1 408 /)
  assert.deepEqual([asking.text, fast.text, asking.ended, fast.ended, gone], ['', '', false, false, 1])
  assert.equal(scene.refused[0]!.within, true)
})

void test('pipelined requests are answered one after the other, those of one turn in one write', async (t) => {
  using scene = await startListener()
  let writes = 0
  const server = createServer((socket) => {
    // What goes to the system: one piece, or several gathered ones.
    for (const name of ['_write', '_writev'] as const) {
      const write = socket[name]! as (...parameters: unknown[]) => void
      socket[name] = (...parameters: unknown[]) => {
        writes += 1
        write.apply(socket, parameters)
      }
    }
    scene.listener.accept(socket)
  })
  t.after(() => server.close())
  const port = await listening(server)
  using client = rawConnection(port)
  client.socket.write(['/1', '/2', '/3'].map((path) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`).join(''))
  await until(() => client.text.includes('/3\n'))
  assert.deepEqual(client.text.match(/\r\n\r\n\/\d/g), ['\r\n\r\n/1', '\r\n\r\n/2', '\r\n\r\n/3'])
  assert.equal(writes, 1)
})

void test('a body that came with its head is ready; one that did not is a stream', async () => {
  const seen: (string | null)[] = []
  using scene = await startListener({
    onExchange(exchange) {
      seen.push(exchange.body.ready?.toString() ?? null)
      let text = ''
      exchange.body.stream.on('data', (chunk: Buffer) => (text += chunk.toString()))
      exchange.body.stream.on('end', () => exchange.client.send(plainAnswer(200, text), { idleMs: IDLE_MS }, () => {}))
    },
  })
  const head = (framing: string): string => `POST / HTTP/1.1\r\nHost: a\r\n${framing}\r\n\r\n`
  using client = rawConnection(scene.port, `${head('Content-Length: 5')}whole`)
  await until(() => client.text.endsWith('whole\n'))
  client.socket.write(`${head('Transfer-Encoding: chunked')}3\r\nwho\r\n2\r\nle\r\n0\r\n\r\n`)
  await until(() => client.text.match(/whole\n/g)?.length === 2)
  client.socket.write(`${head('Content-Length: 5')}par`)
  await until(() => seen.length === 3)
  client.socket.write('ts' + GET.replace('GET', 'POST').replace('\r\n\r\n', '\r\nContent-Length: 0\r\n\r\n'))
  await until(() => client.text.includes('parts\n') && seen.length === 4)
  assert.deepEqual(seen, ['whole', 'whole', null, null])
})

void test('whoever is not let in gets 503 and is not counted; who is let in is counted off once', async () => {
  let open = 0
  using scene = await startListener({
    onConnection: () => open < 1 && (open += 1) > 0,
    onConnectionClosed: () => void (open -= 1),
  })
  using first = rawConnection(scene.port, GET)
  await until(() => first.text.includes('/a'))
  using second = rawConnection(scene.port, GET)
  await until(() => second.ended)
  assert.match(second.text, /^HTTP\/1.1 503 [^]*Retry-After: 5/)
  // A turn later, when the second is gone for the listener too.
  first.socket.write(GET)
  await until(() => first.text.match(/\/a\n/g)?.length === 2)
  assert.deepEqual([scene.listener.openConnections, open], [1, 1])
  first.socket.destroy()
  await until(() => open === 0)
  using third = rawConnection(scene.port, GET)
  await until(() => third.text.includes('/a'))
})

void test('an answer to HTTP/1.0 of unknown length ends with the connection, one that breaks off with a reset', async () => {
  await using upstream = await startUpstream('1', (request, response) => {
    response.write('begun ')
    if (request.url === '/whole') setTimeout(() => response.end('done'), 50)
    else setTimeout(() => response.destroy(), 50)
  })
  await using gateway = await startGateway(tableOf([upstream.upstream]))
  using whole = rawConnection(gateway.port, 'GET /whole HTTP/1.0\r\nConnection: keep-alive\r\n\r\n')
  await until(() => whole.ended)
  assert.match(whole.text, /^HTTP\/1.1 200 [^]*Connection: close\r\n\r\nbegun done$/)
  assert.doesNotMatch(whole.text, /chunked/i)
  using part = rawConnection(gateway.port)
  const errors: string[] = []
  part.socket.on('error', (error: NodeJS.ErrnoException) => errors.push(error.code ?? ''))
  part.socket.write('GET /part HTTP/1.0\r\nHost: a\r\n\r\n')
  await until(() => part.ended)
  assert.deepEqual(errors, ['ECONNRESET'])
})
