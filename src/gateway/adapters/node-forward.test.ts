import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import { startUpstream, until } from '../testing.ts'
import { createNodeLink, UPSTREAM_IDLE_MS } from './node-forward.ts'

void test('an idle connection to an upstream is closed by us, before a common server would; a busy one is left alone', async () => {
  assert.ok(UPSTREAM_IDLE_MS < 5_000)
  const sockets = new Set<Socket>()
  let connections = 0
  let slowEnded = 0
  await using upstream = await startUpstream('1', (request, response) => {
    // Without this, Node's own hint would do.
    response.setHeader('Connection', 'keep-alive')
    if (request.url === '/slow') setTimeout(() => response.end('slow'), 250)
    else response.end('1')
  })
  upstream.server.keepAliveTimeout = 0
  upstream.server.on('connection', (socket: Socket) => {
    connections += 1
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  const link = createNodeLink(upstream.upstream, { idleMs: 60 })
  const ask = (path: string): Promise<void> =>
    new Promise((resolve, reject) => {
      const request = { method: 'GET', target: path, headers: ['Host', 'a'], connectMs: 1_000, fresh: false }
      link
        .send(
          { ...request, websocket: false },
          {
            connected: () => {},
            answered: (_answer, body) => void body.resume().once('end', resolve),
            upgraded: () => reject(new Error('upgraded')),
            failed: ({ reason }) => reject(new Error(reason)),
          },
        )
        .end()
    })

  await ask('/1')
  await ask('/slow').then(() => (slowEnded += 1))
  assert.deepEqual([connections, slowEnded], [1, 1])
  await until(() => sockets.size === 0)
  await ask('/2')
  assert.equal(connections, 2)
  link.close()
})
