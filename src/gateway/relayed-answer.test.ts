/** Fields of relayed answers, by what clients get. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rawConnection, startGateway, startUpstream, tableOf, until } from './testing.ts'
import { policyOf } from './testing-guard.ts'

void test('each field comes once: the route goes before the guard, the app before what the guard only proposes', async () => {
  await using upstream = await startUpstream('1', (incoming, response) => {
    if (incoming.url === '/own') response.setHeader('Referrer-Policy', 'origin')
    response.setHeader('X-Powered-By', 'the app')
    response.setHeader('Vary', ['Accept', 'Cookie'])
    response.end('x')
  })
  const route = { host: null, method: null, path: '/', headers: { 'x-frame-options': 'SAMEORIGIN' } }
  const guard = policyOf({
    headers: { 'X-Powered-By': 'nobody' },
    cors: { origins: ['https://a.example'], credentials: false },
  })
  await using gateway = await startGateway(tableOf([upstream.upstream], { guard, options: [route] }))
  for (const path of ['/', '/own']) {
    const fields = await fieldsOf(gateway.port, path)
    const valuesOf = (name: string) => fields.flatMap(([one, value]) => (one === name ? [value] : []))
    assert.deepEqual(valuesOf('x-frame-options'), ['SAMEORIGIN'])
    assert.deepEqual(valuesOf('x-powered-by'), ['nobody'])
    assert.deepEqual(valuesOf('referrer-policy'), [path === '/own' ? 'origin' : 'strict-origin-when-cross-origin'])
    assert.deepEqual(valuesOf('x-content-type-options'), ['nosniff'])
    assert.deepEqual(valuesOf('vary'), ['Accept, Cookie, Origin'])
    assert.deepEqual(valuesOf('access-control-allow-origin'), ['https://a.example'])
  }
})

void test('what the guard is told to say, it says once and last, also where a route says it', async () => {
  await using upstream = await startUpstream('1', (_incoming, response) => void response.end('x'))
  const headers = { 'x-frame-options': 'SAMEORIGIN', 'Seaworthy-Release': 'mine' }
  const guard = policyOf({ headers: { 'X-Frame-Options': 'ALLOW', 'X-Powered-By': 'nobody' } })
  const options = [{ host: null, method: null, path: '/', headers }]
  await using gateway = await startGateway(tableOf([upstream.upstream], { guard, options }))
  const fields = await fieldsOf(gateway.port, '/')
  const valuesOf = (name: string) => fields.flatMap(([one, value]) => (one === name ? [value] : []))
  assert.deepEqual(valuesOf('x-frame-options'), ['ALLOW'])
  assert.deepEqual(valuesOf('x-powered-by'), ['nobody'])
  assert.deepEqual(valuesOf('seaworthy-release'), ['1'])
})

async function fieldsOf(port: number, path: string): Promise<readonly (readonly [string, string])[]> {
  using client = rawConnection(port, `GET ${path} HTTP/1.1\r\nHost: a\r\nOrigin: https://a.example\r\n\r\n`)
  await until(() => client.text.endsWith('x'))
  return client.text
    .split('\r\n')
    .slice(1)
    .filter((line) => line.includes(': '))
    .map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 2)] as const)
}
