import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { test } from 'node:test'
import { RequestReader } from '../../http1/index.ts'
import { rawConnection, startGateway, startUpstream, tableOf, until } from '../testing.ts'
import type { RawConnection } from '../testing.ts'
import { ConnectionHeads } from './wire-head.ts'

const GET = 'GET /a?b=c HTTP/1.1\r\nHost: shop.example\r\nX-Inner: 1\r\nTE: trailers\r\nAccept: */*\r\n\r\n'
const POST = 'POST /a HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 2\r\n\r\n'
/** By another host, with an id of its own, in a trace. */
const OTHER =
  'GET /b HTTP/1.1\r\nHost: other.example\r\nX-Request-Id: mine\r\n' +
  'traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00\r\n\r\n'

/** What an instance is told of a request, without what is another every time. */
function toldOf({ method, url, rawHeaders }: IncomingMessage, ids: Set<string>): unknown {
  const fields = rawHeaders.map((text, index) => {
    const name = rawHeaders[index - 1]?.toLowerCase()
    if (index % 2 === 0 || (name !== 'x-correlation-id' && name !== 'traceparent')) return text
    ids.add(text)
    return name
  })
  return [method, url, fields]
}

void test('requests that repeat one another on a connection reach the instance as each does on one of its own', async () => {
  const bodies: string[] = []
  await using upstream = await startUpstream('1', (request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      bodies.push(body)
      response.end(`<${request.url} ${body}>`)
    })
  })
  await using gateway = await startGateway(tableOf([upstream.upstream]))
  const requests = [GET, GET, GET, POST + 'b1', POST + 'b2', POST + 'b3', OTHER, OTHER, OTHER, GET, GET, GET]
  const answers = (text: string): readonly string[] => text.match(/<[^>]*>/g) ?? []

  using kept = rawConnection(gateway.port)
  for (const [index, text] of requests.entries()) {
    kept.socket.write(text, 'latin1')
    await until(() => answers(kept.text).length === index + 1)
  }
  const alone: string[] = []
  for (const text of requests) {
    using client = rawConnection(gateway.port, text)
    await until(() => answers(client.text).length === 1)
    alone.push(client.text)
  }
  const together = rawConnection(gateway.port, requests.join(''))
  await until(() => answers(together.text).length === requests.length)
  together.socket.destroy()

  const count = requests.length
  const seen = [0, count, 2 * count].map((from) => {
    const ids = new Set<string>()
    const told = upstream.requests.slice(from, from + count).map((request) => toldOf(request, ids))
    return { told, bodies: bodies.slice(from, from + count), ids: ids.size }
  })
  // Nine with two ids of their own, three with one id of the client's and a span each.
  assert.deepEqual(new Set(seen.map(({ ids }) => ids)), new Set([9 * 2 + 1 + 3]))
  assert.deepEqual(seen[1], seen[0])
  assert.deepEqual(seen[2], seen[0])
  assert.deepEqual(
    answers(kept.text),
    alone.map((text) => answers(text)[0]),
  )
  assert.deepEqual(answers(together.text), answers(kept.text))
  // An answer's id is its request's.
  const idsAnswered = [...kept.text.matchAll(/x-correlation-id: (\S+)/gi)].map(([, id]) => id)
  assert.deepEqual(
    idsAnswered,
    upstream.requests.slice(0, count).map(({ headers }) => headers['x-correlation-id']),
  )
})

void test('behind a repeated request one that must be refused is refused', async () => {
  await using upstream = await startUpstream()
  await using gateway = await startGateway(tableOf([upstream.upstream]))
  for (const bad of [GET.replace('Host: shop', 'Host : shop'), GET.replace('\r\n\r\n', '\r\nHost: b\r\n\r\n')]) {
    using client = rawConnection(gateway.port)
    for (let count = 1; count <= 3; count++) {
      client.socket.write(GET)
      await until(() => (client.text.match(/HTTP\/1\.1 200 /g) ?? []).length === count)
    }
    client.socket.write(bad)
    await until(() => client.ended)
    assert.match(client.text, /HTTP\/1\.1 400 /)
  }
  assert.equal(upstream.requests.length, 6)
})

void test('where no connection can own a head any more, what one repeats is still its own', async () => {
  await using upstream = await startUpstream('1', (request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => response.end(`<${request.method} ${request.url} ${request.headers.cookie} ${body}>`))
  })
  await using gateway = await startGateway(tableOf([upstream.upstream]))
  // In this process, as the gateway is.
  const others = Array.from({ length: 1_024 }, () => new ConnectionHeads())
  for (const each of others) each.take(new RequestReader())
  const answers = (text: string): readonly string[] => text.match(/<[^>]*>/g) ?? []
  const ask = async (client: RawConnection, text: string): Promise<string> => {
    const count = answers(client.text).length
    client.socket.write(text, 'latin1')
    await until(() => answers(client.text).length > count)
    return answers(client.text)[count]!
  }
  using one = rawConnection(gateway.port)
  using other = rawConnection(gateway.port)
  const mine = 'GET /mine HTTP/1.1\r\nHost: shop.example\r\nCookie: sid=one\r\n\r\n'
  const theirs = 'POST /pay HTTP/1.1\r\nHost: shop.example\r\nCookie: sid=other\r\nContent-Length: 3\r\n\r\n123'
  for (let round = 0; round < 3; round++) {
    assert.equal(await ask(one, mine), '<GET /mine sid=one >')
    assert.equal(await ask(one, mine), '<GET /mine sid=one >')
    assert.equal(await ask(other, theirs), '<POST /pay sid=other 123>')
  }
  for (const each of others) each.end()
})
