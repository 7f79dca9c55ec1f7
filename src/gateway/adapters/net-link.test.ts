import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import { listening, startUpstream, until } from '../testing.ts'
import type { UpstreamCall, UpstreamEvents, UpstreamLink } from '../upstream-link.ts'
import { createNetLink, UPSTREAM_IDLE_MS } from './net-link.ts'

interface Answered {
  readonly status: number
  readonly text: string
}

/** Sends a request and resolves with what came of it: an answer, or why there is none. */
function ask(
  link: UpstreamLink,
  path: string,
  parts: {
    method?: string
    body?: Buffer
    fresh?: boolean
    onCall?: (call: UpstreamCall) => void
    onConnected?: () => void
  } = {},
): Promise<Answered | string> {
  const { method = 'GET', body, fresh = false, onCall, onConnected = () => {} } = parts
  return new Promise((resolve) => {
    const events: UpstreamEvents = {
      connected: onConnected,
      answered({ status, body: stream }) {
        let text = ''
        stream.on('data', (chunk: Buffer) => (text += chunk.toString()))
        stream.on('end', () => resolve({ status, text }))
        stream.on('error', () => resolve('broken off'))
      },
      upgraded: () => resolve('upgraded'),
      failed: ({ kind }) => resolve(kind),
    }
    const framing = body === undefined ? '' : `Content-Length: ${body.length}\r\n`
    const head = `${method} ${path} HTTP/1.1\r\nHost: a\r\n${framing}`
    const call = link.send({ method, head, body: body ?? 'none', connectMs: 1_000, fresh, websocket: false }, events)
    onCall?.(call)
  })
}

/** An upstream that answers each request by what stands for its path, as bytes. */
async function startBytes(answers: Readonly<Record<string, string>>): Promise<{
  readonly port: number
  readonly connections: () => number
  readonly open: Set<Socket>
  readonly seen: string[]
  [Symbol.dispose](): void
}> {
  let connections = 0
  const open = new Set<Socket>()
  const seen: string[] = []
  const server = createServer((socket) => {
    connections += 1
    open.add(socket)
    socket.on('close', () => open.delete(socket))
    socket.on('error', () => {})
    socket.on('data', (bytes) => {
      const path = bytes.toString('latin1').split(' ')[1] ?? ''
      seen.push(path)
      const answer = answers[path]
      if (answer === undefined) return
      const [whole, ends] = answer.endsWith('<END>') ? [answer.slice(0, -5), true] : [answer, false]
      socket.write(whole, 'latin1')
      if (ends) socket.end()
    })
  })
  const port = await listening(server)
  return {
    port,
    connections: () => connections,
    open,
    seen,
    [Symbol.dispose]() {
      for (const socket of open) socket.destroy()
      server.close()
    },
  }
}

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

void test('an idle connection to an upstream is closed by us, before a common server would; a busy one is left alone', async () => {
  assert.ok(UPSTREAM_IDLE_MS < 5_000)
  const sockets = new Set<Socket>()
  let connections = 0
  await using upstream = await startUpstream('1', (request, response) => {
    // Without this, the server's own hint would do.
    response.setHeader('Connection', 'keep-alive')
    if (request.url === '/slow') setTimeout(() => response.end('slow'), 250)
    else response.end('1')
  })
  upstream.server.keepAliveTimeout = 0
  upstream.server.on('connection', (socket: Socket) => {
    connections += 1
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  const link = createNetLink(upstream.upstream, { idleMs: 60 })

  assert.deepEqual(await ask(link, '/1'), { status: 200, text: '1' })
  assert.deepEqual(await ask(link, '/slow'), { status: 200, text: 'slow' })
  assert.equal(connections, 1)
  await until(() => sockets.size === 0)
  await ask(link, '/2')
  assert.equal(connections, 2)
  link.close()
})

void test('a connection is used again after an exact end, and only then', async () => {
  const cases: readonly [answer: string, again: boolean, text: string | null][] = [
    [OK, true, 'ok'],
    ['HTTP/1.1 204 No Content\r\n\r\n', true, ''],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n', true, 'ok'],
    ['HTTP/1.1 100 Continue\r\n\r\n' + OK, true, 'ok'],
    ['HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n' + OK, true, 'ok'],
    ['HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok', false, 'ok'],
    ['HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok', false, 'ok'],
    ['HTTP/1.1 200 OK\r\nKeep-Alive: timeout=1\r\nContent-Length: 2\r\n\r\nok', false, 'ok'],
    ['HTTP/1.1 200 OK\r\n\r\nok<END>', false, 'ok'],
    // A byte too many, or a body where there is none: nobody knows what comes next.
    [OK + 'x', false, null],
    ['HTTP/1.1 204 No Content\r\n\r\nx', false, null],
    ['HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', false, null],
    ['HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n', false, null],
  ]
  for (const [answer, again, text] of cases) {
    using upstream = await startBytes({ '/first': answer, '/second': OK })
    const link = createNetLink({ host: '127.0.0.1', port: upstream.port })
    const first = await ask(link, '/first')
    assert.equal(typeof first === 'string' ? first : first.text, text ?? 'malformed', answer)
    assert.deepEqual(await ask(link, '/second'), { status: 200, text: 'ok' }, answer)
    assert.equal(upstream.connections(), again ? 1 : 2, answer)
    link.close()
  }
})

void test('bytes that come on an idle connection end it', async () => {
  using upstream = await startBytes({ '/': OK })
  const link = createNetLink({ host: '127.0.0.1', port: upstream.port }, { idleMs: 60_000 })
  await ask(link, '/')
  const [socket] = upstream.open
  socket!.write('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil')
  await until(() => upstream.open.size === 0)
  assert.deepEqual(await ask(link, '/'), { status: 200, text: 'ok' })
  assert.equal(upstream.connections(), 2)
  link.close()
})

void test('an answer that comes before the request is complete leaves a connection that is not used again', async () => {
  using upstream = await startBytes({ '/early': OK, '/second': OK })
  const link = createNetLink({ host: '127.0.0.1', port: upstream.port })
  const events: UpstreamEvents = {
    connected: () => {},
    answered: ({ status, flow }) => {
      answered = status
      flow.first = null
    },
    upgraded: () => {},
    failed: () => {},
  }
  let answered = 0
  const head = 'POST /early HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n'
  const request = { method: 'POST', head, body: 'length', connectMs: 1_000, fresh: false, websocket: false } as const
  const call = link.send(request, events)
  await until(() => answered === 200)
  assert.deepEqual(await ask(link, '/second'), { status: 200, text: 'ok' })
  assert.equal(upstream.connections(), 2)
  call.write(Buffer.from('0123456789'))
  call.end()
  await until(() => upstream.open.size === 1)
  link.close()
})

void test('at the cap requests wait for a connection, as long as for one to be made', async () => {
  using upstream = await startBytes({ '/': OK, '/silent': undefined as unknown as string })
  const link = createNetLink({ host: '127.0.0.1', port: upstream.port }, { connectionsMax: 2 })
  const answers = await Promise.all(Array.from({ length: 10 }, () => ask(link, '/')))
  assert.deepEqual(
    new Set(answers.map((answer) => (typeof answer === 'string' ? answer : answer.text))),
    new Set(['ok']),
  )
  assert.equal(upstream.connections(), 2)
  const calls: UpstreamCall[] = []
  for (const path of ['/silent', '/silent']) void ask(link, path, { onCall: (call) => calls.push(call) })
  assert.equal(await ask(link, '/'), 'connect-timeout')
  // One that is given up makes room for the next that waits.
  const waiting = ask(link, '/')
  calls[0]!.destroy()
  assert.deepEqual(await waiting, { status: 200, text: 'ok' })
  link.close()
  for (const call of calls) call.destroy()
})

void test('a connection for one request counts as any other: at the cap it waits, and takes the place of an idle one', async () => {
  using upstream = await startBytes({ '/': OK, '/silent': undefined as unknown as string })
  const link = createNetLink({ host: '127.0.0.1', port: upstream.port }, { connectionsMax: 2 })
  const fresh = { fresh: true }
  const answers = await Promise.all(Array.from({ length: 6 }, () => ask(link, '/', fresh)))
  assert.deepEqual(
    answers.map((answer) => (typeof answer === 'string' ? answer : answer.text)).join(),
    'ok,ok,ok,ok,ok,ok',
  )
  assert.equal(upstream.connections(), 6)
  await Promise.all([ask(link, '/'), ask(link, '/')])
  assert.equal(upstream.open.size, 2)
  // Both are kept and idle: one of them goes.
  assert.deepEqual(await ask(link, '/', fresh), { status: 200, text: 'ok' })
  const calls: UpstreamCall[] = []
  for (const path of ['/silent', '/silent']) void ask(link, path, { ...fresh, onCall: (call) => calls.push(call) })
  const before = upstream.connections()
  assert.equal(await ask(link, '/', fresh), 'connect-timeout')
  assert.ok(upstream.connections() <= before + 2)
  // A kept one that comes free is not what this one wants: it has a new one in its place.
  const waiting = ask(link, '/', fresh)
  calls[0]!.destroy()
  assert.deepEqual(await waiting, { status: 200, text: 'ok' })
  link.close()
  for (const call of calls) call.destroy()
})

void test('what breaks off says when', async () => {
  using upstream = await startBytes({
    '/nothing': '<END>',
    '/half-head': 'HTTP/1.1 200 OK\r\nContent-<END>',
    '/half-body': 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf<END>',
    '/half-chunk': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhal<END>',
    '/no-http': 'SSH-2.0-OpenSSH_9.2\r\n<END>',
    '/bad-chunk': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok!',
  })
  const link = createNetLink({ host: '127.0.0.1', port: upstream.port })
  const ends: Record<string, unknown> = {}
  for (const path of ['/nothing', '/half-head', '/half-body', '/half-chunk', '/no-http', '/bad-chunk']) {
    ends[path] = await ask(link, path)
  }
  assert.deepEqual(ends, {
    '/nothing': 'lost',
    '/half-head': 'malformed',
    '/half-body': 'broken off',
    '/half-chunk': 'broken off',
    '/no-http': 'malformed',
    '/bad-chunk': 'malformed',
  })
  assert.equal(await ask(createNetLink({ host: '127.0.0.1', port: 1 }), '/'), 'not-connected')
  link.close()
})

void test('who has waited for a connection is told when its request is on its way, and waits for an answer from then on', async () => {
  using upstream = await startBytes({ '/first': OK })
  const link = createNetLink({ host: '127.0.0.1', port: upstream.port }, { connectionsMax: 1 })
  const told: string[] = []
  const first = ask(link, '/first')
  let waiting: UpstreamCall | undefined
  void ask(link, '/mute', { onCall: (call) => (waiting = call), onConnected: () => void told.push('mute') })
  assert.deepEqual(await first, { status: 200, text: 'ok' })
  await until(() => upstream.seen.includes('/mute'))
  assert.deepEqual(told, ['mute'])
  waiting!.destroy()
  link.close()
})
