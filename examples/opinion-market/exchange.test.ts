/** The whole program: real processes on one database, as Seaworthy runs it. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { chooseSeed, seededRandom } from './testing/random.ts'
import { ADMIN_TOKEN, makeFolder, openAll, startExchange, type Exchange } from './testing/start-exchange.ts'
import { runTraffic } from './traffic/run.ts'

void test('four processes of two releases that trade at random on one database conserve everything', async (context) => {
  const seed = chooseSeed()
  context.diagnostic(`SEED=${seed}`)
  await using folder = await makeFolder('v2')
  const exchanges = await Promise.all(
    (['v1', 'v1', 'v2', 'v2'] as const).map((version) => startExchange(folder, version)),
  )
  try {
    const summaries = await Promise.all(
      exchanges.map(({ url }, number) =>
        runTraffic({
          url,
          clients: 4,
          seconds: 2,
          rate: 100,
          sockets: 1,
          random: seededRandom(seed + number),
          signal: context.signal,
        }),
      ),
    )

    for (const { good, problems, failures, trades } of summaries) {
      assert.ok(good, [...problems, ...failures].join('\n'))
      assert.ok(trades.acknowledged > 50, `${trades.acknowledged} trades`)
    }
    const { body } = await exchanges[0]!.get('/api/audit')
    const made = summaries.reduce((sum, summary) => sum + summary.trades.acknowledged, 0)
    assert.deepEqual([body['balanced'], body['trades']], [true, made])
  } finally {
    await Promise.all(exchanges.map((exchange) => exchange.stop()))
  }
})

void test('names and questions that look dangerous are text like any other', async () => {
  await using folder = await makeFolder('v2')
  await using exchange = await startExchange(folder, 'v2')
  const { body: account } = await exchange.post('/api/accounts', { name: "O'Brien" })
  const token = String(account['token'])
  const questions = [
    'Will the European Union select a market?',
    '<img src=x onerror=alert(1)>',
    `'; DROP TABLE markets; --`,
  ]
  for (const question of questions)
    assert.equal((await exchange.post('/api/markets', { question }, { token })).status, 201)

  const { body } = await exchange.get('/api/markets')

  const listed = (body['markets'] as { question: string }[]).map((market) => market.question)
  assert.deepEqual(listed.reverse(), questions)
  assert.equal(account['name'], "O'Brien")
  const page = await readFile(join(import.meta.dirname, 'web', 'app.js'), 'utf8')
  assert.doesNotMatch(page, /innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(/)
})

void test('bad input is refused in one envelope with the caller’s correlation id', async () => {
  await using folder = await makeFolder('v2')
  await using exchange = await startExchange(folder, 'v2')
  const { token, market } = await openAll(exchange)
  const order = { market, side: 'buy', outcome: 'yes', shares: 1 }
  const cases: readonly (readonly [
    status: number,
    code: string,
    path: string,
    body: unknown,
    options?: { token?: string; key?: string },
  ])[] = [
    [400, 'request.invalid', '/api/accounts', { name: 'a\u0000b' }],
    [400, 'request.invalid', '/api/accounts', []],
    [409, 'account.taken', '/api/accounts', { name: "O'Brien" }],
    [400, 'request.invalid', '/api/trades', order, { token }],
    [400, 'request.invalid', '/api/trades', { ...order, shares: 1.5 }, { token, key: 'k' }],
    [400, 'request.invalid', '/api/trades', { ...order, outcome: 'constructor' }, { token, key: 'k' }],
    [401, 'account.unknown', '/api/trades', order, { key: 'k' }],
    [404, 'not.found', '/api/trades', { ...order, market: 99 }, { token, key: 'k' }],
    [413, 'request.large', '/api/accounts', { name: 'x'.repeat(100_000) }],
    [403, 'admin.only', `/api/markets/${market}/resolve`, { outcome: 'yes' }, { token }],
    [405, 'method.unknown', '/api/audit', {}],
    [404, 'not.found', '/api/nothing', {}],
  ]
  for (const [status, code, path, body, options] of cases) {
    const reply = await exchange.post(path, body, options)
    const { error } = reply.body as { error: { code: string; correlationId: string } }
    assert.deepEqual([reply.status, error.code], [status, code], path)
    assert.equal(error.correlationId, reply.headers.get('x-correlation-id'))
  }
  const given = await fetch(new URL('/api/nothing', exchange.url), { headers: { 'X-Correlation-Id': 'mine-1' } })
  assert.match(await given.text(), /"correlationId":"mine-1"/)
  assert.equal(
    (await exchange.post(`/api/markets/${market}/resolve`, { outcome: 'yes' }, { token: ADMIN_TOKEN })).status,
    200,
  )
})

void test('SIGTERM with a slow request in flight loses nothing', async () => {
  await using folder = await makeFolder('v1')
  await using exchange = await startExchange(folder, 'v1')
  const { token, market } = await openAll(exchange)
  const socket = new WebSocket(new URL('/ws', exchange.url))
  await once(socket, 'message')
  const closed = once(socket, 'close')
  const body = JSON.stringify({ market, side: 'buy', outcome: 'yes', shares: 3 })
  const slow = connect(Number(exchange.url.port), '127.0.0.1')
  const head = `POST /api/trades HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nIdempotency-Key: slow\r\nExpect: 100-continue\r\nContent-Length: ${body.length}\r\n\r\n`
  slow.write(head)
  // "100 Continue": the request is in flight now.
  await once(slow, 'data')
  slow.write(body.slice(0, 10))

  const exit = exchange.stop()
  const [{ code }] = (await closed) as [CloseEvent]
  await assert.rejects(fetch(new URL('/api/version', exchange.url), { headers: { Connection: 'close' } }))
  slow.write(body.slice(10))
  const answer = (await slow.setEncoding('utf8').toArray()).join('')

  assert.match(answer, /^HTTP\/1.1 201 Created/)
  assert.match(answer, /Connection: close/i)
  assert.equal(code, 1001)
  assert.equal(await exit, 0)
  await using next = await startExchange(folder, 'v1')
  assert.equal((await next.get('/api/trades?key=slow', token)).body['shares'], 3)
})

void test('SIGTERM leaves an idle connection open long enough for the request that is on its way', async () => {
  await using folder = await makeFolder('v1')
  await using exchange = await startExchange(folder, 'v1')
  const idle = connect(Number(exchange.url.port), '127.0.0.1').setEncoding('utf8')
  const request = 'GET /api/version HTTP/1.1\r\nHost: x\r\n\r\n'
  idle.write(request)
  await once(idle, 'data')
  const socket = new WebSocket(new URL('/ws', exchange.url))
  await once(socket, 'message')
  const closed = once(socket, 'close')

  const exit = exchange.stop()
  await closed
  idle.write(request)

  assert.match((await idle.toArray()).join(''), /^HTTP\/1.1 200 OK[^]*Connection: close/)
  assert.equal(await exit, 0)
})

void test('one instance shows over its WebSocket what another one traded', async () => {
  await using folder = await makeFolder('v2')
  await using first = await startExchange(folder, 'v1')
  await using second = await startExchange(folder, 'v2')
  const { token, market } = await openAll(first)
  const socket = new WebSocket(new URL('/ws', second.url))
  const messages: { type: string; version: string; markets: { id: number; prices: { yes: number } }[] }[] = []
  socket.addEventListener('message', ({ data }) => messages.push(JSON.parse(String(data))))
  await once(socket, 'message')
  assert.deepEqual(
    [messages[0]!.type, messages[0]!.version, messages[0]!.markets[0]!.prices.yes],
    ['prices', 'v2', 0.5],
  )

  await first.post('/api/trades', { market, side: 'buy', outcome: 'yes', shares: 50 }, { token, key: 'k' })
  while (messages.at(-1)!.markets[0]?.prices.yes === 0.5)
    await once(socket, 'message', { signal: AbortSignal.timeout(3_000) })

  assert.equal(messages.at(-1)!.type, 'changes')
  assert.equal(messages.at(-1)!.markets[0]!.prices.yes.toFixed(4), '0.6225')
  socket.close()
})

void test('v2 has categories and a name of its own, v1 has neither', async () => {
  await using folder = await makeFolder('v2')
  await using old = await startExchange(folder, 'v1')
  await using next = await startExchange(folder, 'v2')
  await openAll(old)

  assert.deepEqual((await old.get('/api/version')).body, { version: 'v1', release: 'release-v1', schema: 1 })
  assert.deepEqual((await next.get('/api/version')).body, { version: 'v2', release: 'release-v2', schema: 2 })
  assert.equal((await old.get('/api/markets/1')).body['category'], undefined)
  assert.equal((await next.get('/api/markets/1')).body['category'], 'general')
  assert.equal(((await next.get('/api/markets?category=sport')).body['markets'] as unknown[]).length, 0)
})

void test('the release that rots is ready, and then fails 60 of 100 requests', async () => {
  await using folder = await makeFolder('v2')
  await using exchange = await startExchange(folder, 'rots', { MARKET_ROTS_AFTER: '0' })

  const statuses = await statusesOf(exchange, 100)

  assert.equal(statuses.filter((status) => status === 500).length, 60)
  assert.equal((await exchange.get('/health/readiness')).status, 200)
})

async function statusesOf(exchange: Exchange, count: number): Promise<readonly number[]> {
  return Promise.all(Array.from({ length: count }, async () => (await exchange.get('/api/version')).status))
}
