import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { generateLoad } from './generator.ts'
import type { LoadOptions } from './options.ts'

/** A machine with other work must not spoil the tests that are not about being late. */
const LAG_MS_MAX = 60_000

void test('every request of the schedule is sent once, on few connections, and counted by its answer', async () => {
  const seen: string[] = []
  await using server = await serve((request, response) => {
    seen.push(`${request.method} ${request.url} ${String(request.headers['x-who'])}`)
    response.statusCode = seen.length % 10 === 0 ? 500 : 200
    response.end('hello')
  })
  const request = { method: 'GET', path: '/a?b=c', headers: [['X-Who', 'me']] as const, body: null }
  const result = await generateLoad(options(server.port, { request, perSecond: 50, forMs: 2_000 }))
  assert.deepEqual([result.asked.requests, result.sent, result.answered, result.good], [100, 100, 100, 90])
  assert.deepEqual(result.statuses, { 200: 90, 500: 10 })
  assert.deepEqual(new Set(seen), new Set(['GET /a?b=c me']))
  assert.equal(seen.length, 100)
  assert.ok(result.connections.opened < 100, `${result.connections.opened} connections for 100 requests`)
})

void test('a body arrives whole, and the caller cannot contradict its length', async () => {
  const bodies: string[] = []
  await using server = await serve((request, response) => {
    let text = ''
    request.on('data', (chunk: Buffer) => (text += chunk.toString()))
    request.on('end', () => {
      bodies.push(text)
      response.statusCode = 201
      response.end()
    })
  })
  const body = Buffer.from('{"order":1}').toString('base64')
  const headers = [['Content-Length', '3']] as const
  const request = { method: 'POST', path: '/', headers, body }
  const result = await generateLoad(options(server.port, { request, perSecond: 50, forMs: 100, expect: 201 }))
  assert.equal(result.good, 5)
  assert.deepEqual(new Set(bodies), new Set(['{"order":1}']))
})

void test('requests beyond the bound are not sent and counted; those without an answer time out with what they waited', async () => {
  await using server = await serve(() => {})
  const result = await generateLoad(
    options(server.port, { perSecond: 100, forMs: 300, connectionsMax: 5, timeoutMs: 400 }),
  )
  assert.deepEqual([result.asked.requests, result.sent, result.notSent, result.good], [30, 5, 25, 0])
  assert.deepEqual(result.failures, { timeout: 5 })
  assert.ok(result.latency!.p50 >= 400, `p50 ${result.latency!.p50}`)
  assert.equal(result.connections.mostOpen, 5)
})

void test('what is open on average is counted up to the end: all of it where nobody answers', async () => {
  await using silent = await serve(() => {})
  const { backlog } = await generateLoad(options(silent.port, { perSecond: 100, forMs: 800, timeoutMs: 2_000 }))
  // 20 requests come due in each quarter: the second one has 21 to 40 of them, the last 61 to 80.
  assert.ok(backlog.before > 10 && backlog.after > backlog.before + 20 && backlog.after < 81, JSON.stringify(backlog))
})

void test('nobody there, and a server that cuts its answers, are failures by name', async () => {
  const gone = await serve(() => {})
  await gone[Symbol.asyncDispose]()
  const refused = await generateLoad(options(gone.port, { perSecond: 50, forMs: 100 }))
  assert.deepEqual([refused.failures, refused.good], [{ ECONNREFUSED: 5 }, 0])
  await using cutting = await serve((_, response) => {
    response.writeHead(200, { 'content-length': 100 })
    response.write('begin', () => response.destroy())
  })
  assert.deepEqual((await generateLoad(options(cutting.port, { perSecond: 50, forMs: 100 }))).failures, { cut: 5 })
})

void test('a generator that was held up says so, and its lateness is part of every latency it caused', async () => {
  await using server = await serve((_, response) => response.end())
  setTimeout(() => {
    const until = performance.now() + 400
    while (performance.now() < until);
  }, 300)
  const result = await generateLoad(options(server.port, { perSecond: 200, forMs: 1_000, lagMsMax: 25 }))
  assert.equal(result.sent, 200, 'what came due meanwhile is sent afterwards')
  assert.ok(result.lag!.max >= 300, `lag ${result.lag!.max}`)
  assert.ok(result.latency!.max >= result.lag!.max, `latency ${result.latency!.max}, lag ${result.lag!.max}`)
  assert.match(result.saturated!, /late by/)
})

void test('an abort ends it early, and what was open is counted as interrupted', async () => {
  await using server = await serve(() => {})
  const stop = new AbortController()
  setTimeout(() => stop.abort(), 200)
  const result = await generateLoad(options(server.port, { perSecond: 50, forMs: 60_000 }), stop.signal)
  assert.ok(result.sent > 0)
  assert.deepEqual(result.failures, { interrupted: result.sent })
})

function options(port: number, part: Partial<LoadOptions>): LoadOptions {
  return {
    host: '127.0.0.1',
    port,
    authority: `127.0.0.1:${port}`,
    request: { method: 'GET', path: '/', headers: [], body: null },
    perSecond: 100,
    forMs: 1_000,
    arrivals: 'constant',
    seed: 1,
    connectionsMax: 500,
    timeoutMs: 10_000,
    expect: null,
    lagMsMax: LAG_MS_MAX,
    ...part,
  }
}

async function serve(listener: RequestListener): Promise<{ readonly port: number } & AsyncDisposable> {
  const server = createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      if (server.listening) await new Promise((resolve) => server.close(resolve))
    },
  }
}
