import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request } from 'node:http'
import { createServer } from 'node:net'
import type { Writable } from 'node:stream'
import { test } from 'node:test'
import { listening, rawConnection, startGateway, startUpstream, tableOf, until } from '../testing.ts'

const timeouts = { connectMs: 1_000, firstByteMs: 150, requestMs: 150, idleMs: 300, websocketIdleMs: 1_000 }

void test('identity headers: what a stranger claims is replaced, ids with harmful characters too', async () => {
  await using upstream = await startUpstream()
  await using gateway = await startGateway(tableOf([upstream.upstream]))

  const response = await fetch(gateway.url, {
    headers: {
      'x-forwarded-for': '6.6.6.6',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'evil.example',
      'x-forwarded-port': '1',
      'x-real-ip': '6.6.6.6',
      forwarded: 'for=6.6.6.6',
      'x-correlation-id': 'a b;c',
      'x-request-id': 'kept-1',
      traceparent: 'rubbish',
      tracestate: 'of=nothing',
    },
  })

  const seen = upstream.requests[0]!.headers
  assert.equal(seen['x-forwarded-for'], '127.0.0.1')
  assert.equal(seen['x-forwarded-proto'], 'http')
  assert.equal(seen['x-forwarded-host'], `127.0.0.1:${gateway.port}`)
  assert.equal(seen['x-forwarded-port'], String(gateway.port))
  assert.equal(seen['x-real-ip'], undefined)
  assert.equal(seen.forwarded, undefined)
  assert.equal(seen['x-correlation-id'], 'kept-1')
  assert.equal(response.headers.get('x-correlation-id'), 'kept-1')
  assert.match(String(seen['traceparent']), /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
  assert.equal(seen['tracestate'], undefined)
})

void test('identity headers: a trusted proxy is believed and appended to', async () => {
  await using upstream = await startUpstream()
  await using gateway = await startGateway(
    tableOf([upstream.upstream], { trustedProxies: ['127.0.0.0/8'], accessLog: true }),
  )

  await fetch(`${gateway.url}/x?secret=1`, {
    headers: { 'x-forwarded-for': '6.6.6.6, 203.0.113.9', 'x-forwarded-proto': 'https', 'x-real-ip': '203.0.113.9' },
  })

  const seen = upstream.requests[0]!.headers
  assert.equal(seen['x-forwarded-for'], '6.6.6.6, 203.0.113.9, 127.0.0.1')
  assert.equal(seen['x-forwarded-proto'], 'https')
  assert.equal(seen['x-real-ip'], '203.0.113.9')
  await until(() => gateway.lines().some((line) => line['part'] === 'access'))
  const line = gateway.lines().find((each) => each['part'] === 'access')!
  assert.equal(line['client'], '203.0.113.9')
  assert.equal(line['path'], '/x')
  assert.equal(line['status'], 200)
  assert.equal(line['instance'], upstream.upstream.id)
})

void test('hop-by-hop headers pass in neither direction, nor those that Connection names', async () => {
  await using upstream = await startUpstream('1', (_, response) => {
    response.setHeader('Connection', 'x-inner')
    response.setHeader('X-Inner', '1')
    response.setHeader('X-Outer', ['1', '2'])
    response.setHeader('Seaworthy-Release', 'forged')
    response.end('ok')
  })
  await using gateway = await startGateway(tableOf([upstream.upstream]))
  using client = rawConnection(
    gateway.port,
    'GET / HTTP/1.1\r\nHost: a\r\nConnection: close, X-Mine\r\nX-Mine: 1\r\nTE: trailers\r\nProxy: p\r\nX-Yours: 1\r\n\r\n',
  )

  await until(() => client.ended)

  const seen = upstream.requests[0]!.headers
  assert.equal(seen['x-mine'], undefined)
  assert.equal(seen.te, undefined)
  assert.equal(seen['proxy'], undefined)
  assert.equal(seen['x-yours'], '1')
  assert.equal(seen.host, 'a')
  assert.doesNotMatch(client.text, /x-inner/i)
  assert.match(client.text, /X-Outer: 1\r\nX-Outer: 2\r\n/)
  assert.deepEqual(client.text.match(/Seaworthy-Release: .*/g), ['Seaworthy-Release: 1'])
})

void test('a reset kept-alive connection: GET is asked again, POST never', async () => {
  // Answers the first request of a connection, cuts it at the second.
  let seen: string[] = []
  const server = createServer((socket) => {
    let count = 0
    socket.on('error', () => {})
    socket.on('data', (bytes) => {
      seen.push(bytes.toString().split(' ')[0]!)
      count += 1
      if (count === 1) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
      else socket.destroy()
    })
  })
  const port = await listening(server)
  await using gateway = await startGateway(tableOf([{ id: 'a', host: '127.0.0.1', port, release: '1' }]))

  assert.equal((await fetch(gateway.url)).status, 200)
  assert.equal((await fetch(gateway.url)).status, 200)
  assert.deepEqual(seen, ['GET', 'GET', 'GET'])
  seen = []
  await fetch(gateway.url)
  seen = []
  assert.equal((await fetch(gateway.url, { method: 'POST', body: 'x' })).status, 502)
  assert.deepEqual(seen, ['POST'])
  server.close()
})

void test('a refused connection: any method goes to another instance, once, and never where the route forbids it', async () => {
  await using upstream = await startUpstream()
  await using gone = await startUpstream()
  await gone[Symbol.asyncDispose]()
  const table = tableOf([gone.upstream, upstream.upstream], {
    options: [{ host: null, method: null, path: '/once', retry: false }],
  })
  await using gateway = await startGateway(table)

  assert.equal((await fetch(`${gateway.url}/once`, { method: 'POST', body: 'x' })).status, 502)
  assert.equal(upstream.requests.length, 0)
  for (let index = 0; index < 4; index++) {
    const response = await fetch(gateway.url, { method: 'POST', body: 'x' })
    assert.equal(response.status, 200)
  }
  assert.equal(upstream.requests.length, 4)
})

void test('a connection lost after the request was sent is 502, a wrong answer too; only GET on a lost one is repeated', async () => {
  const cases = [
    { reply: '', method: 'POST', attempts: 1 },
    { reply: '', method: 'GET', attempts: 2 },
    { reply: 'this is no HTTP\r\n\r\n', method: 'GET', attempts: 1 },
  ]
  for (const { reply, method, attempts } of cases) {
    let connections = 0
    const server = createServer((socket) => {
      connections += 1
      socket.on('error', () => {})
      socket.once('data', () => socket.end(reply))
    })
    const port = await listening(server)
    await using gateway = await startGateway(tableOf([{ id: 'a', host: '127.0.0.1', port, release: '1' }]))
    assert.equal((await fetch(gateway.url, { method })).status, 502)
    server.close()
    assert.equal(connections, attempts)
  }
})

void test('an instance that breaks off in the middle cuts the client off as well', async () => {
  await using upstream = await startUpstream('1', (_, response) => {
    response.write('half')
    setImmediate(() => response.destroy())
  })
  await using gateway = await startGateway(tableOf([upstream.upstream]))

  await assert.rejects(async () => (await fetch(gateway.url)).text())
})

void test('a client that leaves takes its request with it', async () => {
  let left = false
  await using upstream = await startUpstream('1', (request, response) => {
    response.once('close', () => (left = !response.writableFinished))
    if (request.url === '/begun') response.write('begun')
  })
  await using gateway = await startGateway(tableOf([upstream.upstream]))
  for (const path of ['/waiting', '/begun']) {
    left = false
    const before = upstream.requests.length
    using client = rawConnection(gateway.port, `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`)
    await until(() => upstream.requests.length > before)
    client.socket.destroy()
    await until(() => left)
  }
})

void test('a client that leaves with requests in its pipeline leaves nothing behind', async () => {
  let left = 0
  let quiet = false
  await using upstream = await startUpstream('1', (request, response) => {
    if (request.url === '/1' && quiet) return void response.once('close', () => (left += 1))
    response.end('1')
  })
  await using gateway = await startGateway(tableOf([upstream.upstream]))
  using client = rawConnection(gateway.port, 'GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n')
  await until(() => client.text.match(/200 OK/g)?.length === 2)
  quiet = true
  client.socket.write('GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n')
  await until(() => upstream.requests.length === 3)
  client.socket.destroy()
  await until(() => left === 1)
  // One at a time: what had not begun never does.
  assert.deepEqual(
    upstream.requests.map(({ url }) => url),
    ['/1', '/2', '/1'],
  )
})

void test('back-pressure: an upload waits for a slow instance, a download for a slow client', async () => {
  const pieces = 1024
  const size = pieces * PIECE_BYTES
  let resume: (() => void) | null = null
  let sent: () => number = () => 0
  await using upstream = await startUpstream('1', (request, response) => {
    if (request.method === 'GET') {
      sent = writePieces(response, pieces)
      return
    }
    let received = 0
    request.on('data', (chunk: Buffer) => (received += chunk.length))
    request.on('end', () => response.end(String(received)))
    request.pause()
    resume = () => request.resume()
  })
  const slow = { ...timeouts, firstByteMs: 5_000, requestMs: 10_000, idleMs: 10_000 }
  await using gateway = await startGateway(tableOf([upstream.upstream], { bodyBytesMax: size, timeouts: slow }))

  const upload = request(gateway.url, { method: 'POST', headers: { 'Content-Length': size } })
  const uploaded = writePieces(upload, pieces)
  await until(() => resume !== null)
  assert.ok((await settled(uploaded)) < pieces)
  resume!()
  const [answer] = (await once(upload, 'response')) as [AsyncIterable<Buffer>]
  let text = ''
  for await (const chunk of answer) text += chunk.toString()
  assert.equal(text, String(size))

  using reader = rawConnection(gateway.port)
  let received = 0
  reader.socket.removeAllListeners('data').on('data', (chunk: Buffer) => (received += chunk.length))
  reader.socket.pause()
  reader.socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  await until(() => upstream.requests.length === 2)
  assert.ok((await settled(() => sent())) < pieces)
  reader.socket.resume()
  await until(() => reader.ended, 10_000)
  assert.ok(received > size)
})

/** Small enough that the socket buffers of a busy machine take at least one. */
const PIECE_BYTES = 64 * 1024

/** Writes so many pieces and ends; returns how many of them the system has taken. */
function writePieces(stream: Writable, pieces: number): () => number {
  let taken = 0
  const next = (): void => {
    if (taken === pieces) return void stream.end()
    stream.write(Buffer.alloc(PIECE_BYTES), () => {
      taken += 1
      next()
    })
  }
  next()
  return () => taken
}

/** The value of a counter once it has stopped growing. */
async function settled(value: () => number): Promise<number> {
  let last = -1
  let same = 0
  await until(() => {
    same = value() === last ? same + 1 : 0
    last = value()
    return same > 20 && last > 0
  })
  return last
}

void test('an early answer passes while the upload still runs, and can be read by a client that writes first', async () => {
  await using upstream = await startUpstream('1', (incoming, response) => {
    incoming.pause()
    response.statusCode = 403
    response.end('no')
  })
  const large = 64 * 1024 * 1024
  await using gateway = await startGateway(tableOf([upstream.upstream], { bodyBytesMax: large }))
  using client = rawConnection(gateway.port)
  client.socket.pause()
  client.socket.write(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${large}\r\n\r\n`)
  await until(() => upstream.requests.length === 1)
  // The gateway has answered and does not want the rest any more.
  let taken = 0
  for (let index = 0; index < 32; index++) client.socket.write(Buffer.alloc(256 * 1024), () => (taken += 1))
  await until(() => taken > 16 || client.ended)
  client.socket.resume()
  await until(() => client.text.includes('\r\n\r\n') || client.ended)

  assert.match(client.text, /^HTTP\/1.1 403 [^]*Connection: close[^]*no$/)
})

void test('Expect: 100-continue is answered when the instance can take the body, refused by the length alone', async () => {
  await using upstream = await startUpstream('1', (incoming, response) => {
    incoming.resume()
    incoming.on('end', () => response.end('done'))
  })
  await using gateway = await startGateway(tableOf([upstream.upstream], { bodyBytesMax: 10 }))
  const head = (length: number): string =>
    `POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: ${length}\r\nConnection: close\r\n\r\n`

  using client = rawConnection(gateway.port, head(4))
  await until(() => client.text.startsWith('HTTP/1.1 100 Continue\r\n\r\n'))
  client.socket.write('body')
  await until(() => client.ended)
  assert.match(client.text, /200 OK[^]*done$/)

  using big = rawConnection(gateway.port, head(11))
  await until(() => big.text.includes('\r\n\r\n'))
  assert.match(big.text, /^HTTP\/1.1 413 /)
  assert.equal(upstream.requests.length, 1)
  using odd = rawConnection(gateway.port, 'GET / HTTP/1.1\r\nHost: a\r\nExpect: magic\r\n\r\n')
  await until(() => odd.text.includes('\r\n\r\n'))
  assert.match(odd.text, /^HTTP\/1.1 417 [^]*X-Correlation-Id: /)
})

void test('a body that turns out too large while it streams is 413, per route where the route says so', async () => {
  await using upstream = await startUpstream('1', (incoming, response) => {
    incoming.resume()
    incoming.on('end', () => response.end('done'))
  })
  const options = [{ host: null, method: 'POST', path: '/large', bodyBytesMax: 100 }]
  await using gateway = await startGateway(tableOf([upstream.upstream], { bodyBytesMax: 10, options }))
  const chunked = async (path: string): Promise<number> => {
    const outgoing = request(`${gateway.url}${path}`, { method: 'POST' })
    outgoing.on('error', () => {})
    outgoing.write('12345678')
    outgoing.end('12345678')
    const [response] = (await once(outgoing, 'response')) as [{ statusCode: number; resume(): void }]
    response.resume()
    return response.statusCode
  }

  assert.equal(await chunked('/'), 413)
  assert.equal(await chunked('/large'), 200)
})

void test('time limits: a silent instance is 504, a slow client 408, a stalled answer is cut', async () => {
  await using upstream = await startUpstream('1', (incoming, response) => {
    if (incoming.url === '/stall') response.write('begun')
    if (incoming.url === '/patient') setTimeout(() => response.end('late'), 250)
  })
  const options = [{ host: null, method: null, path: '/patient', timeoutMs: 2_000 }]
  await using gateway = await startGateway(tableOf([upstream.upstream], { timeouts, options }))

  assert.equal((await fetch(`${gateway.url}/silent`)).status, 504)
  assert.equal((await fetch(`${gateway.url}/patient`)).status, 200)
  await assert.rejects(async () => (await fetch(`${gateway.url}/stall`)).text())
  using client = rawConnection(gateway.port, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nab')
  await until(() => client.text.includes('\r\n\r\n'))
  assert.match(client.text, /^HTTP\/1.1 408 [^]*Seaworthy-Release: 1/)
})

void test('once the answer has begun, both directions may last beyond the request limit, as long as bytes flow', async () => {
  await using upstream = await startUpstream('1', (incoming, response) => {
    response.flushHeaders()
    // Quiet until the upload is over: the client's bytes alone keep it alive.
    let received = 0
    incoming.on('data', (chunk: Buffer) => (received += chunk.length))
    incoming.on('end', () => response.end(`got ${received}`))
  })
  await using gateway = await startGateway(tableOf([upstream.upstream], { timeouts }))
  using client = rawConnection(gateway.port, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n')
  const until900Ms = Date.now() + 900
  let sent = 0
  await until(() => {
    assert.equal(client.ended, false, `cut after ${sent} bytes`)
    if (Date.now() > until900Ms) return true
    client.socket.write('x')
    sent += 1
    return sent > 900
  })
  client.socket.write('x'.repeat(1000 - sent))
  await until(() => client.text.includes('got 1000'))

  using silent = rawConnection(gateway.port, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nab')
  await until(() => silent.ended)
  assert.match(silent.text, /^HTTP\/1.1 200 /)
})

void test('HEAD, 204 and 304 have no body and leave the connection usable', async () => {
  await using upstream = await startUpstream('1', (incoming, response) => {
    const status = Number(incoming.url!.slice(1))
    response
      .writeHead(status, status === 200 ? { 'Content-Length': '5' } : {})
      .end(status === 200 ? 'hello' : undefined)
  })
  await using gateway = await startGateway(tableOf([upstream.upstream]))
  using client = rawConnection(gateway.port)
  for (const [line, status] of [
    ['HEAD /200', 200],
    ['GET /204', 204],
    ['GET /304', 304],
  ] as const) {
    client.socket.write(`${line} HTTP/1.1\r\nHost: a\r\n\r\n`)
    await until(() => client.text.includes(`HTTP/1.1 ${status} `) && client.text.endsWith('\r\n\r\n'))
  }
  assert.match(client.text, /Content-Length: 5/)
  assert.doesNotMatch(client.text, /hello/)
})

void test('a POST with a body that claims to be a WebSocket handshake is a POST', async () => {
  await using upstream = await startUpstream('1', (request, response) => {
    let text = ''
    request.on('data', (chunk: Buffer) => (text += chunk.toString()))
    request.on('end', () => response.end(`got ${text}`))
  })
  await using gateway = await startGateway(tableOf([upstream.upstream]))
  const head =
    'POST /echo HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\nContent-Length: 4\r\n\r\nabcd'
  using client = rawConnection(gateway.port, head)
  await until(() => client.ended)
  assert.match(client.text, /^HTTP\/1.1 200 [^]*got abcd/)
})

void test('what is no proper request is refused with our headers', async () => {
  await using upstream = await startUpstream()
  await using gateway = await startGateway(tableOf([upstream.upstream]))
  for (const [bytes, status] of [
    ['GET / HTTP/1.1\r\n\r\n', 400],
    ['GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', 400],
    ['GET / HTTP/1.1\r\nHost: a b\r\n\r\n', 400],
    ['rubbish\r\n\r\n', 400],
    ['GET * HTTP/1.1\r\nHost: a\r\n\r\n', 400],
    ['GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n', 400],
    ['GET https://user:password@b:99/x HTTP/1.1\r\nHost: a\r\n\r\n', 400],
    ['POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n', 400],
    ['GET / HTTP/1.1\r\nHost: a\r\nConnection: Host\r\n\r\n', 400],
    ['CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n', 501],
    [`GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(17_000)}\r\n\r\n`, 431],
  ] as const) {
    using client = rawConnection(gateway.port, bytes)
    await until(() => client.text.includes('\r\n\r\n'))
    assert.match(client.text, new RegExp(`^HTTP/1.1 ${status} [^]*X-Correlation-Id: `))
    assert.match(client.text, /Seaworthy-Release: 1/)
  }
  assert.equal(upstream.requests.length, 0)
})
