import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rawConnection, startGateway, startUpstream, tableOf, until } from './testing.ts'

void test('a request reaches the upstream and its answer comes back with the release and a correlation id', async () => {
  await using upstream = await startUpstream('7')
  await using gateway = await startGateway(tableOf([upstream.upstream]))

  const response = await fetch(`${gateway.url}/hello?x=1`, { method: 'POST', body: 'text' })

  assert.equal(await response.text(), '7')
  assert.equal(response.headers.get('seaworthy-release'), '7')
  assert.match(response.headers.get('x-correlation-id')!, /^[0-9a-f]{32}$/)
  assert.equal(upstream.requests[0]!.url, '/hello?x=1')
})

void test('without a table, and before the first release, the answer is 503 with a time to come back', async () => {
  await using gateway = await startGateway(null)
  await using unreleased = await startGateway(tableOf([], { release: null }))

  for (const { url } of [gateway, unreleased]) {
    const response = await fetch(url)
    assert.equal(response.status, 503)
    assert.equal(response.headers.get('retry-after'), '5')
    assert.equal(response.headers.get('seaworthy-release'), 'none')
    assert.ok(response.headers.get('x-correlation-id'))
  }
})

void test('a retiring worker still answers on an idle connection, says that it was the last, and accepts no new one', async () => {
  await using upstream = await startUpstream('1')
  await using gateway = await startGateway(tableOf([upstream.upstream]), { retireMs: 3_000 })
  using client = rawConnection(gateway.port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  await until(() => client.text.includes('\r\n\r\n1'))

  const retired = gateway.worker.retire()
  await assert.rejects(fetch(gateway.url))
  client.socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  await until(() => client.ended)

  assert.equal(client.text.match(/HTTP\/1.1 200 OK/g)?.length, 2)
  assert.match(client.text, /Connection: close/)
  await retired
})

void test('a retiring worker leaves at its limit, whatever its clients do', async () => {
  await using upstream = await startUpstream('1', () => {})
  await using gateway = await startGateway(tableOf([upstream.upstream]), { retireMs: 100 })
  using idle = rawConnection(gateway.port, 'GET / HTTP/1.1\r\n')
  const stuck = assert.rejects(fetch(gateway.url))
  await until(() => upstream.requests.length === 1)
  await gateway.worker.retire()
  await stuck
  await until(() => idle.ended)
})

void test('an unknown host or path is 404, a stopped service 503, route headers are set on what the route answers', async () => {
  await using upstream = await startUpstream('1')
  const table = tableOf([upstream.upstream], {
    routes: [
      { host: '127.0.0.1', path: '/api', service: 'api' },
      { host: null, path: '/off', service: 'off' },
      { host: 'other.example', path: '/', service: 'api' },
    ],
    options: [{ host: null, method: null, path: '/api', headers: { 'X-Frame-Options': 'DENY' } }],
  })
  const services = { ...table.services, off: { kind: 'none' } as const }
  await using gateway = await startGateway({ ...table, services })
  const at = async (path: string): Promise<Response> => fetch(gateway.url + path)

  assert.equal((await at('/api')).headers.get('x-frame-options'), 'DENY')
  assert.equal((await at('/elsewhere')).status, 404)
  const stopped = await at('/off')
  assert.equal(stopped.status, 503)
  assert.equal(stopped.headers.get('retry-after'), '5')
  assert.equal(stopped.headers.get('seaworthy-release'), '1')
})
