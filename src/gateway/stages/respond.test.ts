import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SECURE_HEADERS } from '../../guard/answer/security-headers.ts'
import { rawConnection, startGateway, startUpstream, tableOf, until } from '../testing.ts'
import { policyOf } from '../testing-guard.ts'

const NAMES = Object.keys(SECURE_HEADERS)
  .map((name) => name.toLowerCase())
  .filter((name) => name !== 'strict-transport-security')

const guard = policyOf()

const timeouts = { connectMs: 300, firstByteMs: 150, requestMs: 150, idleMs: 2_000, websocketIdleMs: 1_000 }

/** What a client sends, and the status it gets. */
const CASES: readonly [what: string, bytes: string, status: number][] = [
  ['an answer of the app', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', 200],
  ['nothing modified', 'GET /same HTTP/1.1\r\nHost: a\r\n\r\n', 304],
  ["an error of the app's", 'GET /broken HTTP/1.1\r\nHost: a\r\n\r\n', 500],
  ['no route', 'GET / HTTP/1.1\r\nHost: elsewhere\r\n\r\n', 404],
  ['a body that is too large', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n', 413],
  ['a body that does not come', 'POST /hang HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n', 408],
  ['an app that hangs', 'GET /hang HTTP/1.1\r\nHost: a\r\n\r\n', 504],
  ['an app that breaks off', 'GET /cut HTTP/1.1\r\nHost: a\r\n\r\n', 502],
  ['two hosts', 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', 400],
  ['no HTTP', 'rubbish\r\n\r\n', 400],
  ['a head that is too large', `GET / HTTP/1.1\r\nHost: a\r\nX-A: ${'a'.repeat(20_000)}\r\n\r\n`, 431],
  [
    'a refused upgrade',
    'GET /broken HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n',
    500,
  ],
]

for (const [what, bytes, status] of CASES) {
  void test(`security headers are on ${what} (${status})`, async () => {
    await using upstream = await startUpstream('1', (request, response) => {
      if (request.url === '/same') response.writeHead(304).end()
      else if (request.url === '/broken') response.writeHead(500).end('broken')
      else if (request.url === '/cut') request.socket.destroy()
      else if (request.url !== '/hang') response.end('ok')
    })
    await using gateway = await startGateway(
      tableOf([upstream.upstream], { guard, timeouts, routes: [{ host: 'a', path: '/', service: 'api' }] }),
    )
    using client = rawConnection(gateway.port, bytes)
    await until(() => client.text.includes('\r\n\r\n'))
    const lines = client.text.split('\r\n\r\n', 1)[0]!.split('\r\n')
    assert.match(lines[0]!, new RegExp(`^HTTP/1\\.1 ${status} `))
    const names = lines.slice(1).map((line) => line.split(':', 1)[0]!.toLowerCase())
    assert.deepEqual(
      NAMES.filter((name) => names.filter((one) => one === name).length !== 1),
      [],
      `each exactly once in:\n${lines.join('\n')}`,
    )
  })
}

void test('other sites: a preflight is answered, a stranger refused before the app sees it', async () => {
  await using upstream = await startUpstream('1', (_, response) => {
    response.setHeader('Access-Control-Allow-Origin', '*')
    response.setHeader('Vary', 'Accept')
    response.end('ok')
  })
  const cors = { origins: ['https://app.example.com'], credentials: true }
  await using gateway = await startGateway(tableOf([upstream.upstream], { guard: { ...guard, cors } }))
  const ask = (method: string, headers: Record<string, string>): Promise<Response> =>
    fetch(gateway.url, { method, headers })

  const preflight = await ask('OPTIONS', { Origin: 'https://app.example.com', 'Access-Control-Request-Method': 'PUT' })
  assert.equal(preflight.status, 204)
  assert.equal(preflight.headers.get('access-control-allow-origin'), 'https://app.example.com')
  const refused = await ask('POST', { Origin: 'https://evil.example' })
  assert.equal(refused.status, 403)
  assert.equal(upstream.requests.length, 0)

  const friend = await ask('POST', { Origin: 'https://app.example.com' })
  assert.equal(friend.headers.get('access-control-allow-origin'), 'https://app.example.com')
  assert.equal(friend.headers.get('access-control-allow-credentials'), 'true')
  assert.equal(friend.headers.get('vary'), 'Accept, Origin')
  const reader = await ask('GET', { Origin: 'https://evil.example' })
  assert.equal(reader.status, 200)
  assert.equal(reader.headers.get('access-control-allow-origin'), null)
})
