import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { createFleet } from '../admin/fleet.ts'
import { rawConnection, startGateway, startUpstream, tableOf, until } from '../testing.ts'

const timeouts = { connectMs: 1_000, firstByteMs: 5_000, requestMs: 5_000, idleMs: 100, websocketIdleMs: 1_000 }
const EVENTS = { 'Content-Type': 'text/event-stream' }

void test('what a client leaves, or a quiet stream of it that is cut, is told apart from what the instance breaks off', async (t) => {
  await using upstream = await startUpstream('1', (request, response) => {
    if (request.url === '/events') response.writeHead(200, EVENTS).write('data: 1\n\n')
    if (request.url === '/quiet') response.write('chunk without a promised length')
    if (request.url === '/stalled') response.writeHead(200, { 'Content-Length': 10 }).write('half')
    if (request.url === '/unknown') response.writeHead(700).end()
    if (request.url === '/broken') {
      response.write('half')
      setImmediate(() => response.destroy())
    }
    if (request.url === '/short') {
      response.writeHead(200, { 'Content-Length': 10 }).write('half')
      setImmediate(() => response.socket!.end())
    }
  })
  await using gateway = await startGateway(tableOf([upstream.upstream], { timeouts }))
  const fleet = await createFleet({
    socketPath: join(gateway.state, 'gateway.sock'),
    expected: () => Promise.resolve([]),
    kill: () => Promise.resolve(),
  })
  t.after(() => fleet.close())
  await until(() => fleet.workers().length === 1)
  const counts = { 'client-gone': 0, unanswered: 0, aborted: 0, '5xx': 0 }
  for (const [path, leaves, expected] of [
    ['/waiting', true, 'unanswered'],
    ['/events', true, 'client-gone'],
    ['/events', false, 'client-gone'],
    ['/quiet', false, 'client-gone'],
    ['/stalled', false, 'aborted'],
    ['/broken', false, 'aborted'],
    ['/short', false, 'aborted'],
    ['/unknown', false, '5xx'],
  ] as const) {
    const before = upstream.requests.length
    using client = rawConnection(gateway.port, `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`)
    await until(() => upstream.requests.length > before)
    if (leaves && path === '/events') await until(() => client.text.includes('data: 1'))
    if (leaves) client.socket.destroy()
    counts[expected] += 1
    await until(async () => {
      const { cells } = await fleet.report()
      return (
        cells.reduce((sum, { count }) => sum + count, 0) === Object.values(counts).reduce((sum, count) => sum + count)
      )
    })
    const { cells } = await fleet.report()
    const seen = Object.fromEntries(cells.map(({ status, count }) => [status, count]))
    assert.deepEqual({ 'client-gone': 0, unanswered: 0, aborted: 0, '5xx': 0, ...seen }, counts, path)
  }
})
