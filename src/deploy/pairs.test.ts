import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { startPairs } from './pairs.ts'

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
    port,
    requests,
    perSecond: 1_000,
    isWanted: () => {
      if (sent === 3) resolve()
      return sent < 3
    },
    onSent: () => void (sent += 1),
  })
  await enough
  await pairs.stop()
  server.close()
  assert.deepEqual(seen.toSorted(), ['/a always', '/a always', '/a never', '/a never', '/b always', '/b never'])
  assert.equal(answered, 6)
})
