import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { until } from '../../test/support/project.ts'
import { addMissed, NOTHING_MISSED, startPairs } from './pairs.ts'

const requests = [
  { method: 'GET', host: null, path: '/a' },
  { method: 'GET', host: null, path: '/b' },
]

test('each request of the witness goes to both releases, in turn, only while wanted, and stopping waits for answers', async () => {
  const seen: string[] = []
  let answered = 0
  const server = createServer((request, response) => {
    seen.push(`${request.url} ${String(request.headers['seaworthy-canary'])}`)
    setTimeout(() => {
      answered += 1
      response.end()
    }, 50)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  let sent = 0
  const { promise: enough, resolve } = Promise.withResolvers<void>()
  const pairs = startPairs({
    entrance: () => ({ port, secure: false }),
    requests,
    perSecond: 1_000,
    isWanted: () => {
      if (sent === 3) resolve()
      return sent < 3
    },
    onSent: () => void (sent += 1),
    onMissed: () => {},
  })
  await enough
  await pairs.stop()
  server.close()
  assert.deepEqual(seen.toSorted(), ['/a always', '/a always', '/a never', '/a never', '/b always', '/b never'])
  assert.equal(answered, 6)
})

test('of a pair that is told which side hangs, and which does not know what the other one answers', async () => {
  const server = createServer((request, response) => {
    const isNext = request.headers['seaworthy-canary'] === 'always'
    response.setHeader('Seaworthy-Release', isNext ? '2-y' : '1-x')
    if (request.url === '/hangs' && isNext) return
    const isLost = request.url === '/lost' && isNext
    response.statusCode = isLost || request.url === '/unknown' ? 404 : 200
    response.end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const paths = ['/good', '/hangs', '/lost', '/unknown']
  let sent = 0
  let missed = NOTHING_MISSED
  const { promise: enough, resolve } = Promise.withResolvers<void>()
  const pairs = startPairs({
    entrance: () => ({ port, secure: false }),
    requests: paths.map((path) => ({ method: 'GET', host: null, path })),
    perSecond: 50,
    timeoutMs: 1_500,
    isWanted: () => {
      if (sent === paths.length) resolve()
      return sent < paths.length
    },
    onSent: () => void (sent += 1),
    onMissed: (seen) => void (missed = addMissed(missed, seen)),
  })
  await enough
  assert.equal(pairs.isOverdue(), false)
  await until(() => pairs.isOverdue(), 'the one that hangs to be overdue')
  await pairs.stop()
  server.close()
  server.closeAllConnections()
  assert.deepEqual(missed, { next: { timedOut: 1, lost: 1 }, old: { timedOut: 0, lost: 0 } })
})
