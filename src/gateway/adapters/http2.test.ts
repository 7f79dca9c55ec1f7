import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import type { IncomingHttpHeaders, RequestListener } from 'node:http'
import { connect, constants } from 'node:http2'
import type { ClientHttp2Session, OutgoingHttpHeaders } from 'node:http2'
import { after, test } from 'node:test'
import { connect as connectTls } from 'node:tls'
import { writePair } from '../../../test/support/tls-files.ts'
import type { RoutingTable } from '../table.ts'
import { startGateway, startUpstream, tableOf, throwawayFolder, until } from '../testing.ts'
import type { TestGateway, TestUpstream } from '../testing.ts'

const folder = throwawayFolder()
after(() => rmSync(folder, { recursive: true, force: true }))

interface Front extends AsyncDisposable {
  readonly gateway: TestGateway
  readonly upstream: TestUpstream
  readonly session: ClientHttp2Session
}

/** An upstream, a gateway with TLS in front of it, and a client that speaks HTTP/2 to that. */
async function startFront(handler?: RequestListener, parts: Partial<RoutingTable> = {}): Promise<Front> {
  const upstream = await startUpstream('1', handler)
  const table = tableOf([upstream.upstream], { tls: writePair(folder), ...parts })
  const gateway = await startGateway(table, { tls: true })
  const session = connect(`https://127.0.0.1:${gateway.tlsPort}`, { rejectUnauthorized: false })
  session.on('error', () => {})
  return {
    gateway,
    upstream,
    session,
    async [Symbol.asyncDispose]() {
      session.destroy()
      await gateway[Symbol.asyncDispose]()
      await upstream[Symbol.asyncDispose]()
    },
  }
}

interface Seen {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

function ask(
  session: ClientHttp2Session,
  headers: OutgoingHttpHeaders = {},
  body: string | Buffer | null = null,
): Promise<Seen> {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ':path': '/', ...headers }, { endStream: body === null })
    let head: IncomingHttpHeaders | null = null
    const chunks: Buffer[] = []
    stream.on('response', (response) => (head = response))
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('error', reject)
    stream.on('end', () => {
      if (head === null) return reject(new Error('ended without an answer'))
      resolve({ status: Number(head[':status']), headers: head, body: Buffer.concat(chunks) })
    })
    if (body !== null) stream.end(body)
  })
}

const ECHO: RequestListener = (request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    response.setHeader('Set-Cookie', ['a=1', 'b=2'])
    response.setHeader('X-Upper', 'Yes')
    response.setHeader('Connection', 'keep-alive, X-Hop')
    response.setHeader('X-Hop', 'for one hop')
    response.end(request.method === 'HEAD' ? undefined : Buffer.concat(chunks))
  })
}

test('a request goes to the upstream in HTTP/1.1 and its answer comes back', async () => {
  // What a config adds may be for HTTP/1.1 alone as well.
  const options = [{ host: null, method: null, path: '/', headers: { 'Keep-Alive': 'timeout=5', 'X-Added': 'yes' } }]
  await using front = await startFront(ECHO, { options })
  const seen = await ask(
    front.session,
    {
      ':method': 'POST',
      ':path': '/a/b?c=d',
      ':authority': 'Example.test:8443',
      cookie: ['one=1', 'two=2'],
      'x-custom': 'ä',
    },
    'hello',
  )
  assert.equal(seen.status, 200)
  assert.equal(seen.body.toString(), 'hello')
  assert.deepEqual(seen.headers['set-cookie'], ['a=1', 'b=2'])
  assert.equal(seen.headers['x-upper'], 'Yes')
  assert.equal(seen.headers['x-added'], 'yes')
  assert.equal(seen.headers['seaworthy-release'], '1')
  for (const name of ['connection', 'keep-alive', 'transfer-encoding', 'x-hop'])
    assert.ok(!(name in seen.headers), name)
  const [request] = front.upstream.requests
  assert.equal(request!.method, 'POST')
  assert.equal(request!.url, '/a/b?c=d')
  assert.equal(request!.headers.host, 'Example.test:8443')
  assert.equal(request!.headers.cookie, 'one=1; two=2')
  assert.equal(request!.headers['x-forwarded-proto'], 'https')
  assert.equal(request!.headers['x-forwarded-host'], 'Example.test:8443')
  assert.equal(request!.rawHeaders.filter((name) => name.toLowerCase() === 'host').length, 1)
})

test('an answer with a field that may stand once, and is there twice, is an answer nevertheless', async () => {
  await using front = await startFront((_request, response) => {
    for (const name of once) response.setHeader(name, ['first', 'second'])
    response.setHeader('Content-Language', ['de', 'en'])
    response.setHeader('X-Many', ['a', 'b'])
    response.end('hello')
  })
  // Every field that this Node knows, but the framing's: whichever it refuses twice.
  const once = Object.entries(constants)
    .filter(([key, name]) => key.startsWith('HTTP2_HEADER_') && typeof name === 'string' && !name.startsWith(':'))
    .map(([, name]) => String(name))
    .filter((name) => !/^(content-length|transfer-encoding|connection|upgrade|keep-alive|date|.*cookie)$/.test(name))
  const seen = await ask(front.session)
  assert.equal(seen.status, 200)
  assert.equal(seen.body.toString(), 'hello')
  assert.equal(seen.headers['content-type'], 'first')
  assert.equal(seen.headers['x-content-type-options'], 'first')
  assert.equal(seen.headers['content-language'], 'de, en')
  assert.equal(seen.headers['x-many'], 'a, b')
})

test('large bodies go both ways, with and without a length', async () => {
  await using front = await startFront(ECHO, { bodyBytesMax: 8 * 1024 * 1024 })
  const body = Buffer.alloc(3 * 1024 * 1024, 'abcdefghij')
  const [plain, counted] = await Promise.all([
    ask(front.session, { ':method': 'POST' }, body),
    ask(front.session, { ':method': 'PUT', 'content-length': String(body.length) }, body),
  ])
  assert.ok(plain.body.equals(body))
  assert.ok(counted.body.equals(body))
  assert.equal(front.upstream.requests[0]!.headers['transfer-encoding'], 'chunked')
})

test('answers without a body, and heads alone', async () => {
  await using front = await startFront((request, response) => {
    if (request.url === '/none') response.writeHead(204).end()
    else if (request.url === '/same') response.writeHead(304, { ETag: '"x"' }).end()
    else response.setHeader('Content-Length', '5').end(request.method === 'HEAD' ? undefined : 'hello')
  })
  assert.equal((await ask(front.session, { ':path': '/none' })).status, 204)
  assert.equal((await ask(front.session, { ':path': '/same' })).headers.etag, '"x"')
  const head = await ask(front.session, { ':method': 'HEAD' })
  assert.equal(head.headers['content-length'], '5')
  assert.equal(head.body.length, 0)
})

test('many requests on one connection are answered each on its own', async () => {
  await using front = await startFront((request, response) => {
    const delay = request.url === '/slow' ? 100 : 0
    setTimeout(() => response.end(request.url), delay)
  })
  const slow = ask(front.session, { ':path': '/slow' })
  const quick = await Promise.all(
    Array.from({ length: 50 }, (_, index) => ask(front.session, { ':path': `/${index}` })),
  )
  assert.deepEqual(
    quick.map(({ body }) => body.toString()),
    Array.from({ length: 50 }, (_, index) => `/${index}`),
  )
  assert.equal((await slow).body.toString(), '/slow')
})

test('trailers of a request go no further', async () => {
  await using front = await startFront(ECHO)
  const stream = front.session.request({ ':method': 'POST', ':path': '/' }, { waitForTrailers: true, endStream: false })
  stream.on('wantTrailers', () => stream.sendTrailers({ 'x-late': 'smuggled' }))
  stream.end('body')
  const chunks: Buffer[] = []
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  await new Promise((resolve) => stream.once('end', resolve))
  assert.equal(Buffer.concat(chunks).toString(), 'body')
  assert.deepEqual(front.upstream.requests[0]!.rawTrailers, [])
  assert.ok(!('x-late' in front.upstream.requests[0]!.headers))
})

test('heads that can be read in two ways are refused', async () => {
  await using front = await startFront()
  const refused: [OutgoingHttpHeaders, number | RegExp][] = [
    [{ ':authority': 'a.test', host: 'b.test' }, 400],
    [{ ':authority': 'a.test:8443:1' }, 400],
    [{ ':authority': 'user@a.test' }, /PROTOCOL_ERROR/],
    [{ ':authority': 'a.test/b' }, /PROTOCOL_ERROR/],
    [{ ':path': '/a#b' }, 400],
    [{ ':path': '*', ':method': 'POST' }, /PROTOCOL_ERROR/],
    [{ ':method': 'CONNECT', ':authority': 'a.test:443' }, 501],
    // What the reader of HTTP/1.1 does not take: a service must not see it for having come in another way.
    [{ ':authority': 'a.test:65536' }, 400],
    [{ ':path': '/\u00ff' }, 400],
    [{ ':path': `/${'a'.repeat(8 * 1024)}` }, 414],
    [{ ':method': 'FETCH' }, 501],
    [{ ':method': 'post' }, 501],
  ]
  for (const [headers, expected] of refused) {
    const path = headers[':method'] === 'CONNECT' ? {} : { ':path': '/' }
    const seen = await new Promise<number | string>((resolve) => {
      const stream = front.session.request({ ...path, ...headers })
      stream.once('response', (response) => resolve(response[':status']!))
      stream.once('error', (error: Error) => resolve(error.message))
      stream.resume()
      stream.end()
    })
    if (typeof expected === 'number') assert.equal(seen, expected, JSON.stringify(headers))
    else assert.match(String(seen), expected, JSON.stringify(headers))
  }
  assert.equal(front.upstream.requests.length, 0)
  assert.equal((await ask(front.session, { ':authority': 'a.test', host: 'a.test' })).status, 200)
})

test('a client that resets a request frees its upstream; its neighbours go on', async () => {
  const left: string[] = []
  await using front = await startFront((request, response) => {
    if (request.url !== '/long') return void response.end('ok')
    request.once('close', () => left.push('closed'))
    response.write('begun')
  })
  const stream = front.session.request({ ':path': '/long' })
  await new Promise((resolve) => stream.once('data', resolve))
  stream.close(constants.NGHTTP2_CANCEL)
  await until(() => left.length === 1)
  assert.equal((await ask(front.session)).status, 200)
})

test('an answer that breaks off in the middle is no whole answer', async () => {
  await using front = await startFront((request, response) => {
    if (request.url !== '/cut') return void response.end('ok')
    response.setHeader('Content-Length', '100')
    response.write('some')
    setImmediate(() => response.destroy())
  })
  await assert.rejects(ask(front.session, { ':path': '/cut' }), /NGHTTP2_INTERNAL_ERROR/)
  assert.equal((await ask(front.session)).status, 200)
})

test('an early answer ends a request whose body nobody reads', async () => {
  await using front = await startFront(undefined, { bodyBytesMax: 10 })
  const stream = front.session.request({ ':method': 'POST', ':path': '/' })
  stream.write('more than ten bytes')
  const answered = new Promise<number>((resolve) => stream.once('response', (head) => resolve(head[':status']!)))
  const closed = new Promise((resolve) => stream.once('close', resolve))
  stream.on('error', () => {})
  stream.resume()
  assert.equal(await answered, 413)
  await closed
  assert.equal(stream.rstCode, constants.NGHTTP2_NO_ERROR)
  assert.equal((await ask(front.session)).status, 200)
})

test('100 Continue is said when the upstream is there', async () => {
  await using front = await startFront(ECHO)
  const stream = front.session.request({ ':method': 'POST', ':path': '/', expect: '100-continue' })
  await new Promise((resolve) => stream.once('continue', resolve))
  stream.end('now')
  const [chunk] = await stream.toArray()
  assert.equal(String(chunk), 'now')
})

test('a slow body gets 408, and its neighbours notice nothing', async () => {
  const timeouts = { connectMs: 1_000, firstByteMs: 5_000, requestMs: 150, idleMs: 5_000, websocketIdleMs: 5_000 }
  await using front = await startFront(ECHO, { timeouts })
  const stream = front.session.request({ ':method': 'POST', ':path': '/' })
  stream.write('never more')
  stream.on('error', () => {})
  stream.resume()
  const status = await new Promise<number>((resolve) => stream.once('response', (head) => resolve(head[':status']!)))
  assert.equal(status, 408)
  assert.equal((await ask(front.session)).status, 200)
})

test('a retiring worker answers what is open, takes nothing more, and is gone', async () => {
  let release = (): void => {}
  const may = new Promise<void>((resolve) => (release = resolve))
  await using front = await startFront((_request, response) => void may.then(() => response.end('late')))
  const open = ask(front.session)
  await until(() => front.upstream.requests.length === 1)
  const goaway = new Promise<number>((resolve) => front.session.once('goaway', resolve))
  const retired = front.gateway.worker.retire()
  assert.equal(await goaway, constants.NGHTTP2_NO_ERROR)
  release()
  assert.equal((await open).body.toString(), 'late')
  await retired
})

test('a client that ends its side is let go at once, not only when its connection has been idle for long', async () => {
  const timeouts = { connectMs: 1_000, firstByteMs: 5_000, requestMs: 5_000, idleMs: 600_000, websocketIdleMs: 5_000 }
  await using front = await startFront(undefined, { timeouts })
  const socket = connectTls({
    port: front.gateway.tlsPort,
    host: '127.0.0.1',
    ALPNProtocols: ['h2'],
    rejectUnauthorized: false,
  })
  let ended = false
  socket.on('error', () => {})
  socket.on('end', () => (ended = true))
  // The first bytes are the gateway's settings: there is a session that could stay.
  await new Promise<void>((resolve) => {
    socket.once('data', () => resolve())
    socket.write(
      Buffer.concat([Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), Buffer.from('000000040000000000', 'hex')]),
    )
  })
  socket.end()
  await until(() => ended)
  socket.destroy()
})
