/** What an HTTP/2 client may not do to a gateway: each of these must end, and nobody else may notice. */
import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { connect, constants } from 'node:http2'
import { after, test } from 'node:test'
import { END_HEADERS, END_STREAM, FRAME, frameClient, GET, literals } from '../../../test/support/http2-frames.ts'
import type { FrameClient } from '../../../test/support/http2-frames.ts'
import { writePair } from '../../../test/support/tls-files.ts'
import { startGateway, startUpstream, tableOf, throwawayFolder, until } from '../testing.ts'
import type { TestGateway, TestUpstream } from '../testing.ts'
import { STREAMS_MAX, RESETS_BURST } from './http2-sessions.ts'

const folder = throwawayFolder()
after(() => rmSync(folder, { recursive: true, force: true }))

interface Scene extends AsyncDisposable {
  readonly gateway: TestGateway
  readonly upstream: TestUpstream
}

async function startScene(idleMs = 5_000, answer: 'at once' | 'never' = 'at once'): Promise<Scene> {
  const upstream = await startUpstream('1', (_request, response) => {
    if (answer === 'at once') response.end('x'.repeat(100_000))
  })
  const timeouts = { connectMs: 1_000, firstByteMs: 60_000, requestMs: 5_000, idleMs, websocketIdleMs: 5_000 }
  const table = tableOf([upstream.upstream], { tls: writePair(folder), timeouts })
  const gateway = await startGateway(table, { tls: true })
  return {
    gateway,
    upstream,
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]()
      await upstream[Symbol.asyncDispose]()
    },
  }
}

const HEAD = literals(GET)
const get = (client: FrameClient, stream: number): void =>
  client.send(FRAME.headers, END_HEADERS | END_STREAM, stream, HEAD)
const reset = (client: FrameClient, stream: number): void =>
  client.send(FRAME.reset, 0, stream, Buffer.from([0, 0, 0, constants.NGHTTP2_CANCEL]))

/** Somebody else, on a connection of their own. */
async function isServed({ gateway }: Scene): Promise<boolean> {
  const session = connect(`https://127.0.0.1:${gateway.tlsPort}`, { rejectUnauthorized: false })
  try {
    const stream = session.request({ ':path': '/' })
    stream.resume()
    const status = await new Promise((resolve, reject) => {
      stream.once('response', (head) => resolve(head[':status']))
      stream.once('error', reject)
    })
    return status === 200
  } finally {
    session.destroy()
  }
}

test('requests that are reset as fast as they are made end the connection', async () => {
  await using scene = await startScene()
  using client = await frameClient(scene.gateway.tlsPort)
  for (let at = 0; at < 4 * RESETS_BURST && !client.ended; at += 1) {
    get(client, 1 + 2 * at)
    reset(client, 1 + 2 * at)
    if (at % 64 === 63) await new Promise((resolve) => setImmediate(resolve))
  }
  await until(() => client.ended)
  // The upstream has seen no more of them than a page may drop.
  assert.ok(scene.upstream.requests.length <= RESETS_BURST + STREAMS_MAX, String(scene.upstream.requests.length))
  assert.ok(await isServed(scene))
})

test('a page that drops a hundred requests keeps its connection', async () => {
  await using scene = await startScene()
  using client = await frameClient(scene.gateway.tlsPort)
  for (let at = 0; at < 100; at += 1) {
    get(client, 1 + 2 * at)
    reset(client, 1 + 2 * at)
  }
  get(client, 201)
  await until(() => client.answered(201))
  assert.equal(client.goaway(), null)
})

test('errors that would make the gateway reset request after request end the connection', async () => {
  await using scene = await startScene(5_000, 'never')
  using client = await frameClient(scene.gateway.tlsPort)
  // A window that is opened too far is an error of the stream alone (CVE-2025-8671); Node ends the connection at the first.
  for (let at = 0; at < 4 * RESETS_BURST && !client.ended; at += 1) {
    get(client, 1 + 2 * at)
    client.send(FRAME.windowUpdate, 0, 1 + 2 * at, Buffer.from([0x7f, 0xff, 0xff, 0xff]))
    if (at % 64 === 63) await new Promise((resolve) => setImmediate(resolve))
  }
  await until(() => client.ended)
  assert.ok(scene.upstream.requests.length <= RESETS_BURST + STREAMS_MAX, String(scene.upstream.requests.length))
})

test('more requests at once than allowed are refused one by one; who has acknowledged the limit is cut', async () => {
  await using scene = await startScene(5_000, 'never')
  const many = STREAMS_MAX + 10
  const refusedOf = (client: FrameClient): (number | null)[] =>
    Array.from({ length: many }, (_, at) => client.reset(1 + 2 * at)).filter((code) => code !== null)
  using hasty = await frameClient(scene.gateway.tlsPort)
  for (let at = 0; at < many; at += 1) get(hasty, 1 + 2 * at)
  await until(() => refusedOf(hasty).length === 10)
  assert.ok(refusedOf(hasty).every((code) => code === constants.NGHTTP2_REFUSED_STREAM))
  await until(() => scene.upstream.requests.length === STREAMS_MAX)

  using wilful = await frameClient(scene.gateway.tlsPort)
  await until(() => wilful.frames.some(({ type }) => type === FRAME.settings))
  wilful.send(FRAME.settings, 1, 0)
  for (let at = 0; at < many; at += 1) get(wilful, 1 + 2 * at)
  await until(() => wilful.ended)
  assert.equal(wilful.goaway(), constants.NGHTTP2_PROTOCOL_ERROR)
})

test('a head that goes on for ever in CONTINUATION frames ends the connection', async () => {
  await using scene = await startScene()
  using client = await frameClient(scene.gateway.tlsPort)
  client.send(FRAME.headers, END_STREAM, 1, HEAD)
  const more = literals([['x-filler', 'y'.repeat(1_000)]])
  for (let at = 0; at < 1_000 && !client.ended; at += 1) {
    client.send(FRAME.continuation, 0, 1, more)
    if (at % 16 === 15) await new Promise((resolve) => setImmediate(resolve))
  }
  await until(() => client.ended)
  assert.equal(scene.upstream.requests.length, 0)
  assert.ok(await isServed(scene))
})

test('a head that never ends is let go when its time is over', async () => {
  await using scene = await startScene(300)
  using client = await frameClient(scene.gateway.tlsPort)
  client.send(FRAME.headers, END_STREAM, 1, HEAD)
  await until(() => client.ended)
  assert.equal(scene.upstream.requests.length, 0)
})

test('a head above the limit is answered with 431, one of too many fields is reset', async () => {
  await using scene = await startScene()
  using client = await frameClient(scene.gateway.tlsPort)
  client.send(FRAME.headers, END_HEADERS | END_STREAM, 1, literals([...GET, ['x-large', 'y'.repeat(16_200)]]))
  await until(() => client.answered(1))
  const answer = client.frames.find(({ type }) => type === FRAME.headers)!
  // `:status` by its name in the static table, then the text of its value.
  assert.ok(answer.payload.includes(Buffer.from([3, ...Buffer.from('431')])))
  const fields = Array.from({ length: 200 }, (_, at) => [`x-${at}`, 'y'] as const)
  client.send(FRAME.headers, END_HEADERS | END_STREAM, 3, literals([...GET, ...fields]))
  await until(() => client.reset(3) === constants.NGHTTP2_ENHANCE_YOUR_CALM)
  get(client, 5)
  await until(() => client.answered(5))
  assert.equal(scene.upstream.requests.length, 1)
})

for (const [what, type, length] of [
  ['PING', FRAME.ping, 8],
  ['SETTINGS', FRAME.settings, 0],
] as const) {
  test(`a flood of ${what} that reads no answers ends the connection`, async () => {
    await using scene = await startScene(60_000)
    using client = await frameClient(scene.gateway.tlsPort)
    const payload = Buffer.alloc(length)
    client.pause()
    for (let at = 0; at < 400_000 && !client.ended; at += 1) {
      client.send(type, 0, 0, payload)
      if (at % 512 === 511) await new Promise((resolve) => setImmediate(resolve))
    }
    client.resume()
    await until(() => client.ended, 10_000)
    assert.ok(await isServed(scene))
  })
}

test('pings keep no connection that asks for nothing', async () => {
  await using scene = await startScene(300)
  using client = await frameClient(scene.gateway.tlsPort)
  const timer = setInterval(() => client.send(FRAME.ping, 0, 0, Buffer.alloc(8)), 20)
  await until(() => client.ended)
  clearInterval(timer)
  assert.equal(client.goaway(), constants.NGHTTP2_NO_ERROR)
})

test('a client that takes no byte of its answer is let go', async () => {
  await using scene = await startScene(300)
  // No window for any stream: SETTINGS_INITIAL_WINDOW_SIZE is 0.
  using client = await frameClient(scene.gateway.tlsPort, [[4, 0]])
  get(client, 1)
  await until(() => client.answered(1))
  await until(() => client.reset(1) !== null)
  assert.ok(await isServed(scene))
})

for (const [what, fields] of [
  ['a field of connections', [...GET, ['connection', 'keep-alive']]],
  ['transfer-encoding', [...GET, ['transfer-encoding', 'chunked']]],
  ['upper case', [...GET, ['X-Upper', 'y']]],
  ['a missing path', GET.filter(([name]) => name !== ':path')],
  ['a repeated method', [[':method', 'GET'], ...GET]],
  ['a pseudo-header field behind others', [...GET.slice(0, 3), ['x', 'y'], GET[3]]],
  ['te other than trailers', [...GET, ['te', 'gzip']]],
  ['a protocol nobody offered', [...GET, [':protocol', 'websocket']]],
] as const) {
  test(`a malformed request is reset: ${what}`, async () => {
    await using scene = await startScene()
    using client = await frameClient(scene.gateway.tlsPort)
    client.send(FRAME.headers, END_HEADERS | END_STREAM, 1, literals(fields))
    await until(() => client.reset(1) !== null || client.ended)
    assert.equal(client.reset(1) ?? client.goaway(), constants.NGHTTP2_PROTOCOL_ERROR)
    assert.equal(scene.upstream.requests.length, 0)
  })
}

test('a field that could be read as two goes no further', async () => {
  await using scene = await startScene()
  using client = await frameClient(scene.gateway.tlsPort)
  const split = [...GET, ['x-split', 'a\r\nx-injected: b'], ['x-nul', 'a\0b']] as const
  client.send(FRAME.headers, END_HEADERS | END_STREAM, 1, literals(split))
  await until(() => client.answered(1) || client.reset(1) !== null || client.ended)
  for (const { headers } of scene.upstream.requests) {
    for (const name of ['x-split', 'x-injected', 'x-nul']) assert.ok(!(name in headers), name)
  }
})

test('a body of another length than promised never arrives as a whole', async () => {
  await using scene = await startScene(5_000, 'never')
  for (const body of ['more than three', 'a']) {
    using client = await frameClient(scene.gateway.tlsPort)
    const post = GET.map(([name, value]) => [name, name === ':method' ? 'POST' : value] as const)
    client.send(FRAME.headers, END_HEADERS, 1, literals([...post, ['content-length', '3']]))
    client.send(FRAME.data, END_STREAM, 1, Buffer.from(body))
    await until(() => client.reset(1) !== null || client.ended)
    await until(() => scene.upstream.requests.every(({ complete, destroyed }) => destroyed && !complete))
  }
})
