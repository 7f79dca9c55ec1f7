/** What the gate tries out by itself, on real servers that speak otherwise than they should. */
import assert from 'node:assert/strict'
import { createServer as createHttp, type RequestListener } from 'node:http'
import { createServer as createHttp2 } from 'node:http2'
import { createServer as createHttps } from 'node:https'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { test, type TestContext } from 'node:test'
import type { ResolvedHealth } from '../../src/config/resolved.ts'
import { selfSigned } from '../support/certificate.ts'
import { scrubOf } from '../../src/core/scrub.ts'
import type { Experiments } from '../../src/deploy/diagnosis/evidence.ts'
import { experiment } from '../../src/deploy/targets/process/experiments.ts'
import { lookAt, probeReady, type Endpoint } from '../../src/deploy/probe.ts'

const health = { expect: { status: null, body: null }, timeoutMs: 500 } as ResolvedHealth

/** Probes a server, as the gate does, and tries out what the failed probe allows. */
async function tryOn(t: TestContext, server: Server, hosts: readonly string[] = []): Promise<Experiments> {
  const endpoint = await serve(t, server)
  const look = await lookAt(endpoint, '/ready', health.timeoutMs)
  return experiment({ endpoint, health, look, hosts })
}

async function serve(t: TestContext, server: Server): Promise<Endpoint> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => sockets.add(socket))
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port }
}

const http = (listener: RequestListener): Server => createHttp(listener)

test('TLS is proven by a handshake, and by an alert that refuses ours', async (t) => {
  const good = await tryOn(
    t,
    createHttps(selfSigned(), (_request, response) => response.end()),
  )
  assert.equal(good.tls, true)
  const refusing = await tryOn(
    t,
    createHttps({}, (_request, response) => response.end()),
  )
  assert.equal(refusing.tls, true)
})

test('a server that closes every connection is neither TLS nor HTTP/2', async (t) => {
  const { tls, h2c, bytes } = await tryOn(
    t,
    createServer((socket) => socket.end()),
  )
  assert.deepEqual(
    { tls, h2c, bytes: bytes!.bytes.length, end: bytes!.end },
    { tls: false, h2c: false, bytes: 0, end: 'closed' },
  )
})

test('HTTP/2 without TLS is proven by its SETTINGS; a server that speaks first is shown by its bytes', async (t) => {
  const http2 = await tryOn(
    t,
    createHttp2((_request, response) => response.end()),
  )
  assert.deepEqual([http2.tls, http2.h2c], [false, true])
  const banner = await tryOn(
    t,
    createServer((socket) => socket.on('error', () => {}).write('+OK POP3 ready\r\n')),
  )
  assert.deepEqual([banner.tls, banner.h2c, banner.bytes!.bytes.toString()], [false, false, '+OK POP3 ready\r\n'])
})

test('a silent server keeps its connection open and sends nothing', async (t) => {
  const { bytes, tls } = await tryOn(
    t,
    http(() => {}),
  )
  assert.deepEqual(
    { ...bytes, bytes: bytes!.bytes.length, tls },
    { isConnected: true, bytes: 0, end: 'open', tls: null },
  )
})

test('the first Host that is let in is found; no Host is no finding', async (t) => {
  const only = (name: string) =>
    http((request, response) => response.writeHead(request.headers.host === name ? 200 : 403).end())
  assert.equal((await tryOn(t, only('shop.example.com'), ['example.com', 'shop.example.com'])).host, 'shop.example.com')
  assert.equal((await tryOn(t, only('localhost'))).host, 'localhost')
  assert.equal((await tryOn(t, only('elsewhere.example.com'))).host, null)
})

test('a redirect is followed to a login on the instance itself, and nowhere else', async (t) => {
  let asked = 0
  const elsewhere = http((_request, response) => {
    asked += 1
    response.end('<input type=password>')
  })
  t.after(() => elsewhere.close())
  await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve))
  const { port } = elsewhere.address() as AddressInfo
  const to = (location: string, page: string) =>
    http((request, response) =>
      request.url === '/ready' ? response.writeHead(302, { location }).end() : response.end(page),
    )
  assert.equal((await tryOn(t, to('/in', '<input name=p type="password">'))).login, true)
  assert.equal((await tryOn(t, to('in', 'welcome'))).login, false)
  assert.equal((await tryOn(t, to(`http://127.0.0.1:${port}/in`, ''))).login, null)
  assert.equal(asked, 0)
})

test('a redirect to https that X-Forwarded-Proto ends is proven', async (t) => {
  const server = http((request, response) => {
    if (request.headers['x-forwarded-proto'] === 'https') return response.end('ready')
    return response.writeHead(301, { location: 'https://127.0.0.1/ready' }).end()
  })
  assert.equal((await tryOn(t, server)).forwardedHttps, true)
})

test('without a declared check: routes need an HTTP answer, others a connection; 5xx is not ready', async (t) => {
  const asked = { ...health, ready: { kind: 'default' } } as ResolvedHealth
  const because = async (server: Server, speaksHttp: boolean) =>
    (await probeReady(await serve(t, server), asked, speaksHttp, scrubOf({}))).because
  const banner = (): Server => createServer((socket) => socket.on('error', () => {}).write('220 ready\r\n'))
  const status = (code: number): Server => http((_request, response) => response.writeHead(code).end())
  assert.match((await because(banner(), true))!, /^GET \/health\/readiness: Parse Error/)
  assert.equal(await because(banner(), false), null)
  assert.match(
    (await because(
      http(() => {}),
      true,
    ))!,
    /no answer within 500 ms/,
  )
  assert.equal(await because(status(404), true), null)
  assert.match((await because(status(503), false))!, /answered 503/)
})

test('a secret in an answer is taken out before the answer is cut', async (t) => {
  const asked = { ...health, ready: { kind: 'http', path: '/ready' } } as ResolvedHealth
  const secret = 'sw-0123456789-secret'
  const server = http((_request, response) => response.writeHead(500).end(`${'x'.repeat(190)} ${secret}`))
  const { because, look } = await probeReady(await serve(t, server), asked, true, scrubOf({ TOKEN: secret }))
  assert.match(because!, /x \[TOKEN\]$/)
  assert.ok(!look!.body.includes('sw-01'))
})
