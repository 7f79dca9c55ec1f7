import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request } from 'node:http'
import type { IncomingMessage, RequestListener } from 'node:http'
import { test } from 'node:test'
import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from 'node:zlib'
import { startGateway, startUpstream, tableOf, until } from '../testing.ts'
import type { RoutingTable } from '../table.ts'

const GZIP_MAGIC = 0x1f8b
const TEXT = JSON.stringify(Array.from({ length: 400 }, (_, index) => ({ index, name: `market ${index}` })))

interface Got {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}

async function ask(
  handler: RequestListener,
  headers: Record<string, string>,
  parts: Partial<RoutingTable> = {},
  method = 'GET',
): Promise<Got> {
  await using upstream = await startUpstream('1', handler)
  await using gateway = await startGateway(tableOf([upstream.upstream], { compress: true, ...parts }))
  const outgoing = request(`${gateway.url}/x`, { headers, method })
  outgoing.end()
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage]
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  return { status: response.statusCode!, headers: response.headers, body: Buffer.concat(chunks) }
}

const json: RequestListener = (_, response) => {
  response.writeHead(200, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(TEXT),
    ETag: '"abc"',
    'Accept-Ranges': 'bytes',
    Vary: 'Origin',
  })
  response.end(TEXT)
}

for (const [coding, decode] of [
  ['gzip', gunzipSync],
  ['br', brotliDecompressSync],
  ['zstd', zstdDecompressSync],
] as const) {
  void test(`${coding}: the same bytes come out, the head is true of them`, async () => {
    const { headers, body } = await ask(json, { 'Accept-Encoding': coding })
    assert.equal(headers['content-encoding'], coding)
    assert.equal(decode(body).toString(), TEXT)
    assert.ok(body.length < TEXT.length / 3)
    assert.equal(headers.etag, 'W/"abc"')
    assert.equal(headers['vary'], 'Origin, Accept-Encoding')
    assert.equal(headers['content-length'], undefined)
    assert.equal(headers['accept-ranges'], undefined)
  })
}

void test('304 speaks of the form that its client has', async () => {
  const unchanged: RequestListener = (_, response) => void response.writeHead(304, { ETag: '"abc"' }).end()
  const coded = await ask(unchanged, { 'Accept-Encoding': 'gzip', 'If-None-Match': 'W/"x", W/"abc"' })
  assert.deepEqual([coded.status, coded.headers.etag, coded.headers['vary']], [304, 'W/"abc"', 'Accept-Encoding'])
  const plain = await ask(unchanged, { 'If-None-Match': '"abc"' })
  assert.deepEqual([plain.status, plain.headers.etag, plain.headers['vary']], [304, '"abc"', undefined])
})

void test('without Accept-Encoding it goes as it is, and caches learn that the field matters', async () => {
  const { headers, body } = await ask(json, {})
  assert.equal(headers['content-encoding'], undefined)
  assert.equal(headers['vary'], 'Origin, Accept-Encoding')
  assert.equal(headers.etag, '"abc"')
  assert.equal(body.toString(), TEXT)
})

void test('an answer of unknown length is taken to be large', async () => {
  const { headers, body } = await ask(
    (_, response) => {
      response.setHeader('Content-Type', 'text/plain')
      response.write('first ')
      response.end(TEXT)
    },
    { 'Accept-Encoding': 'gzip' },
  )
  assert.equal(headers['content-encoding'], 'gzip')
  assert.equal(gunzipSync(body).toString(), `first ${TEXT}`)
})

void test('an answer that is small and whole is not compressed, though nothing says its length', async () => {
  const { headers, body } = await ask(
    (_, response) => void response.writeHead(200, { 'Content-Type': 'application/json' }).end('{"a":1}'),
    { 'Accept-Encoding': 'gzip' },
  )
  assert.equal(headers['content-encoding'], undefined)
  assert.equal(body.toString(), '{"a":1}')
})

const untouched: readonly [string, RequestListener][] = [
  [
    'small ones',
    (_, response) => void response.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Length': 5 }).end('small'),
  ],
  [
    'coded ones',
    (_, response) => void response.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Encoding': 'br' }).end(TEXT),
  ],
  ['images', (_, response) => void response.writeHead(200, { 'Content-Type': 'image/png' }).end(TEXT)],
  [
    'parts',
    (_, response) =>
      void response.writeHead(206, { 'Content-Type': 'text/plain', 'Content-Range': 'bytes 0-9/99' }).end(TEXT),
  ],
  [
    'what forbids it',
    (_, response) =>
      void response
        .writeHead(200, { 'Content-Type': 'text/plain', 'Cache-Control': 'max-age=1, no-transform' })
        .end(TEXT),
  ],
  [
    'event streams',
    (_, response) => void response.writeHead(200, { 'Content-Type': 'text/event-stream' }).end(`data: ${TEXT}\n\n`),
  ],
]
for (const [what, handler] of untouched) {
  void test(`${what} are not compressed`, async () => {
    const { headers, body } = await ask(handler, { 'Accept-Encoding': 'gzip' })
    assert.notEqual(headers['content-encoding'], 'gzip')
    assert.ok(body.length >= 5)
    assert.notEqual(body.readUInt16BE(0), GZIP_MAGIC)
  })
}

void test('a route may leave it, and the table', async () => {
  const options = [{ host: null, method: null, path: '/x', compress: false }]
  assert.equal((await ask(json, { 'Accept-Encoding': 'gzip' }, { options })).headers['content-encoding'], undefined)
  assert.equal(
    (await ask(json, { 'Accept-Encoding': 'gzip' }, { compress: false })).headers['content-encoding'],
    undefined,
  )
})

void test('HEAD says what GET would say', async () => {
  const { headers, body } = await ask(json, { 'Accept-Encoding': 'gzip' }, {}, 'HEAD')
  assert.equal(headers['content-encoding'], 'gzip')
  assert.equal(headers['content-length'], undefined)
  assert.equal(headers.etag, 'W/"abc"')
  assert.equal(body.length, 0)
})

void test('what an answer of unknown length has so far arrives before it ends', async () => {
  let finish = (): void => {}
  await using upstream = await startUpstream('1', (_, response) => {
    response.writeHead(200, { 'Content-Type': 'application/x-ndjson' })
    response.write('{"first":1}\n')
    finish = () => void response.end('{"last":1}\n')
  })
  await using gateway = await startGateway(tableOf([upstream.upstream], { compress: true }))
  const outgoing = request(gateway.url, { headers: { 'Accept-Encoding': 'gzip' } })
  outgoing.end()
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage]
  const chunks: Buffer[] = []
  response.on('data', (chunk: Buffer) => chunks.push(chunk))
  // More than gzip's own head of ten bytes.
  await until(() => Buffer.concat(chunks).length > 10)
  finish()
  await once(response, 'end')
  assert.equal(gunzipSync(Buffer.concat(chunks)).toString(), '{"first":1}\n{"last":1}\n')
})

void test('an answer that breaks off is cut, not ended as if it were whole', async () => {
  await using upstream = await startUpstream('1', (_, response) => {
    response.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Length': 1_000_000 })
    response.write(TEXT, () => response.destroy())
  })
  await using gateway = await startGateway(tableOf([upstream.upstream], { compress: true }))
  const outgoing = request(gateway.url, { headers: { 'Accept-Encoding': 'gzip' } })
  outgoing.end()
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage]
  response.resume()
  const [error] = (await once(response, 'error')) as [NodeJS.ErrnoException]
  assert.equal(error.code, 'ECONNRESET')
})
