import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { after, test } from 'node:test'
import { writePair } from '../../../test/support/tls-files.ts'
import type { AcmeChallenge, RoutingTable } from '../table.ts'
import { rawConnection, startGateway, startUpstream, tableOf, throwawayFolder, until } from '../testing.ts'

const folder = throwawayFolder()
after(() => rmSync(folder, { recursive: true, force: true }))

/** What a gateway with this table answers to a request as it is. */
async function answerTo(request: string, parts: Partial<RoutingTable>): Promise<string> {
  await using upstream = await startUpstream('1')
  await using gateway = await startGateway(tableOf([upstream.upstream], parts))
  using connection = rawConnection(gateway.port, request)
  await until(() => connection.text.includes('\r\n\r\n') && connection.ended)
  return connection.text
}

const request = (target: string, fields = 'Host: example.test:8080\r\n'): string =>
  `GET ${target} HTTP/1.1\r\n${fields}Connection: close\r\n\r\n`
const location = (answer: string): string | undefined => /^Location: (.*)\r$/m.exec(answer)?.[1]

test('plain HTTP is sent on with its method, path and query', async () => {
  const tls = writePair(folder, { redirect: true, port: 8443 })
  const answer = await answerTo(request('/a/b?c=d'), { tls })
  assert.match(answer, /^HTTP\/1\.1 308 /)
  assert.equal(location(answer), 'https://example.test:8443/a/b?c=d')
  const usual = await answerTo(request('/'), { tls: { ...tls, port: 443 } })
  assert.equal(location(usual), 'https://example.test/')
  const posted = 'POST /a HTTP/1.1\r\nHost: example.test\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx'
  assert.match(await answerTo(posted, { tls }), /^HTTP\/1\.1 308 /)
})

test('nothing is sent on without TLS, or where that is not wanted', async () => {
  assert.match(await answerTo(request('/'), {}), /^HTTP\/1\.1 200 /)
  assert.match(await answerTo(request('/'), { tls: writePair(folder, { redirect: false }) }), /^HTTP\/1\.1 200 /)
})

test('what a trusted proxy has received over HTTPS is not sent on; anybody else may say so in vain', async () => {
  const tls = writePair(folder, { redirect: true })
  const claimed = request('/', 'Host: example.test\r\nX-Forwarded-Proto: https\r\n')
  assert.match(await answerTo(claimed, { tls, trustedProxies: ['127.0.0.1/32'] }), /^HTTP\/1\.1 200 /)
  assert.match(await answerTo(claimed, { tls }), /^HTTP\/1\.1 308 /)
})

test('a request of HTTP/1.0 without a Host cannot be sent anywhere', async () => {
  const tls = writePair(folder, { redirect: true })
  assert.match(await answerTo('GET / HTTP/1.0\r\n\r\n', { tls }), /^HTTP\/1\.[01] 400 /)
})

test('an authority gets its answer over plain HTTP; other tokens are like any other path', async () => {
  const tls = writePair(folder, { redirect: true })
  const acme: AcmeChallenge[] = [{ domain: 'example.test', token: 'tok-1', authorization: 'tok-1.thumb', alpn: null }]
  const path = '/.well-known/acme-challenge/'
  const answer = await answerTo(request(`${path}tok-1`), { tls, acme })
  assert.match(answer, /^HTTP\/1\.1 200 /)
  assert.ok(answer.endsWith('\r\n\r\ntok-1.thumb'))
  assert.match(await answerTo(request(`${path}tok-2`), { tls, acme }), /^HTTP\/1\.1 308 /)
  assert.match(await answerTo(request(`${path}tok-1`), { tls }), /^HTTP\/1\.1 308 /)
})
