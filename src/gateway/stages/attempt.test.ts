import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { createNetLink } from '../adapters/net-link.ts'
import { ReadyBody } from '../adapters/request-body.ts'
import { newExchange, plainAnswer } from '../exchange.ts'
import type { Answer, ClientSide, RequestHead } from '../exchange.ts'
import { closed, listening } from '../testing.ts'
import { createUpstream } from '../upstream.ts'
import { Attempt } from './attempt.ts'

const LIMITS = { connectMs: 1_000, firstByteMs: 1_000, requestMs: 1_000, websocketIdleMs: 1_000, bodyBytesMax: 1_000 }

const POST: RequestHead = {
  method: 'POST',
  target: '/',
  path: '/',
  host: 'gone',
  authority: 'gone',
  headers: [],
  websocket: false,
  fault: null,
}

function clientThat({ hasLeft }: { hasLeft: boolean }): ClientSide {
  return {
    peer: { address: '127.0.0.1', port: 1 },
    local: { port: 2 },
    secure: false,
    send() {},
    finishEarly() {},
    cut() {},
    onGone: (listener) => void (hasLeft && listener.left()),
  }
}

void test('nothing is sent for a client that has left while a stage waited: its head is not there any more', async () => {
  const seen: string[] = []
  let connections = 0
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.headers.host}`)
    response.end('ok')
  })
  server.on('connection', () => connections++)
  const port = await listening(server)
  const link = createNetLink({ host: '127.0.0.1', port })
  const get = (): Promise<number> =>
    new Promise((resolve) => {
      const request = { method: 'GET', head: 'GET / HTTP/1.1\r\nHost: a\r\n', body: 'none', connectMs: 1_000 } as const
      const events = {
        connected() {},
        upgraded() {},
        answered: ({ status }: { status: number }) => resolve(status),
        failed: () => resolve(0),
      }
      link.send({ ...request, fresh: false, websocket: false }, events)
    })
  assert.equal(await get(), 200)

  const upstream = createUpstream({ id: 'api@1', host: '127.0.0.1', port, release: '1' }, link)
  const client = clientThat({ hasLeft: true })
  const stream = new PassThrough()
  const body = { present: true, length: 5, stream, ready: null, complete: () => false, accept() {} }
  const exchange = newExchange({ head: POST, body, client, startedNs: 0 })
  const answers: Answer[] = []
  const owner = { answered: (answer: Answer) => answers.push(answer), failed: () => assert.fail() }
  new Attempt(exchange, { claim: upstream.claim(), fresh: false, limits: LIMITS, owner }).begin()
  assert.deepEqual(
    answers.map(({ status }) => status),
    [499],
  )
  exchange.end()
  assert.equal(upstream.claims.size, 0)

  // On the same connection, which nobody has spoilt.
  assert.equal(await get(), 200)
  assert.deepEqual([seen, connections], [['GET a', 'GET a'], 1])
  link.close()
  await closed(server)
})

void test('a body that is found too large, or refused, when it is there is counted off its instance', () => {
  for (const size of [LIMITS.bodyBytesMax, LIMITS.bodyBytesMax + 1]) {
    // Not asked in either case.
    const link = createNetLink({ host: '127.0.0.1', port: 1 })
    const upstream = createUpstream({ id: 'api@1', host: '127.0.0.1', port: 1, release: '1' }, link)
    const body = new ReadyBody(Buffer.alloc(size), null)
    const exchange = newExchange({ head: POST, body, client: clientThat({ hasLeft: false }), startedNs: 0 })
    exchange.bodyFilter = () => plainAnswer(403, 'No.')
    const statuses: number[] = []
    const owner = { answered: ({ status }: Answer) => statuses.push(status), failed: () => assert.fail() }
    new Attempt(exchange, { claim: upstream.claim(), fresh: false, limits: LIMITS, owner }).begin()
    assert.deepEqual(statuses, [size > LIMITS.bodyBytesMax ? 413 : 403])
    assert.equal(upstream.claims.size, 1, 'until the answer has been sent')
    exchange.end()
    assert.equal(upstream.claims.size, 0)
  }
})
