import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RoutingTable } from '../../table.ts'
import { rawConnection, startGateway, startUpstream, tableOf, until } from '../../testing.ts'
import { policyOf } from '../../testing-guard.ts'
import type { TestGateway, TestUpstream } from '../../testing.ts'
import { JUDGED_WHOLE_BYTES } from './inspect.ts'

const guard = policyOf({
  threats: 'block',
  routes: [
    { host: null, method: null, path: '/watched', threats: 'monitor' },
    { host: null, method: null, path: '/open', threats: 'off' },
  ],
})
const ATTACK = '../../../../etc/passwd'

/** A gateway in front of a service that answers with the body it got. */
async function echoing(
  parts: Partial<RoutingTable> = {},
): Promise<{ gateway: TestGateway; upstream: TestUpstream } & AsyncDisposable> {
  const upstream = await startUpstream('1', (request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => response.end(Buffer.concat(chunks)))
  })
  const gateway = await startGateway(tableOf([upstream.upstream], { guard, ...parts }))
  return {
    gateway,
    upstream,
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]()
      await upstream[Symbol.asyncDispose]()
    },
  }
}

void test('an attack in a head is refused before the service sees it, and the answer tells nothing but the id', async () => {
  await using running = await echoing()
  const response = await fetch(`${running.gateway.url}/files?name=${ATTACK}`, {
    headers: { 'X-Correlation-Id': 'id-1' },
  })
  assert.equal(response.status, 403)
  assert.equal(await response.text(), 'The request was refused. Its id is id-1.\n')
  assert.equal(running.upstream.requests.length, 0)
})

void test('monitor lets it through, off does not look', async () => {
  await using running = await echoing()
  for (const path of ['/watched', '/open']) {
    assert.equal((await fetch(`${running.gateway.url}${path}?name=${ATTACK}`)).status, 200)
  }
  assert.equal(running.upstream.requests.length, 2)
})

void test('a body is judged whole before anything goes on, however it is cut', async () => {
  await using running = await echoing()
  const body = JSON.stringify({ name: 'Zoë', path: `${ATTACK}?é` })
  const bytes = Buffer.from(body)
  const head = `POST /a HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: ${bytes.length}\r\n\r\n`
  using client = rawConnection(running.gateway.port, head)
  for (let index = 0; index < bytes.length; index++) {
    client.socket.write(bytes.subarray(index, index + 1))
    await new Promise((resolve) => setImmediate(resolve))
  }
  await until(() => client.text.includes('\r\n\r\n'))
  assert.match(client.text, /^HTTP\/1\.1 403 /)
  assert.equal(running.upstream.requests.length, 0)
})

void test('what was read for judging arrives unchanged, small and large, with a length and chunked', async () => {
  await using running = await echoing()
  for (const size of [0, 1, 1000, JUDGED_WHOLE_BYTES, JUDGED_WHOLE_BYTES + 1, 700_000]) {
    const body = Buffer.alloc(size, 'word and word, ')
    const post = { method: 'POST', headers: { 'Content-Type': 'text/plain' } }
    const whole = await fetch(`${running.gateway.url}/a`, { ...post, body })
    assert.equal(whole.status, 200)
    assert.ok(Buffer.from(await whole.arrayBuffer()).equals(body), `${size} bytes with a length`)
    const chunked = await fetch(`${running.gateway.url}/a`, {
      ...post,
      body: ReadableStream.from(size === 0 ? [] : [body.subarray(0, size / 2), body.subarray(size / 2)]),
      duplex: 'half',
    })
    assert.ok(Buffer.from(await chunked.arrayBuffer()).equals(body), `${size} bytes in chunks`)
  }
})

void test('an attack far behind the bound cuts the request off, also in the last bytes', async () => {
  await using running = await echoing()
  const filler = '{"text": "word and word"},'.repeat(20_000)
  for (const body of [`[${filler}{"path": "${ATTACK}"},${filler}{}]`, `[${filler}{"path": "${ATTACK}`]) {
    const response = await fetch(`${running.gateway.url}/a`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: ReadableStream.from([Buffer.from(body)]),
      duplex: 'half',
    })
    assert.equal(response.status, 403)
    await response.arrayBuffer()
  }
})

void test("a route's body limit holds before anything is judged, with a length and without", async () => {
  const options = [{ host: null, method: 'POST', path: '/small', bodyBytesMax: 100 }]
  await using running = await echoing({ options })
  const body = Buffer.from(`path=${ATTACK}`.padEnd(101, 'a'))
  const url = `${running.gateway.url}/small`
  assert.equal((await fetch(url, { method: 'POST', body })).status, 413)
  const chunked = { method: 'POST', body: ReadableStream.from([body]), duplex: 'half' } as RequestInit
  assert.equal((await fetch(url, chunked)).status, 413)
  assert.equal(running.upstream.requests.length, 0)
})

void test('a body that does not come is no longer waited for than any other', async () => {
  const timeouts = { connectMs: 300, firstByteMs: 1_000, requestMs: 100, idleMs: 2_000, websocketIdleMs: 1_000 }
  await using running = await echoing({ timeouts })
  using client = rawConnection(running.gateway.port, 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab')
  await until(() => client.text.includes('\r\n\r\n'))
  assert.match(client.text, /^HTTP\/1\.1 408 /)
})

void test('a client that waits for 100 Continue gets it, and its body is judged', async () => {
  await using running = await echoing()
  const body = `path=${ATTACK}`
  const head = `POST /a HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${body.length}\r\n\r\n`
  using client = rawConnection(running.gateway.port, head)
  await until(() => client.text.startsWith('HTTP/1.1 100 '))
  client.socket.write(body)
  await until(() => client.text.includes('HTTP/1.1 403 '))
  assert.equal(running.upstream.requests.length, 0)
})
