import assert from 'node:assert/strict'
import { get, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { test } from 'node:test'
import { createFleet } from '../../admin/fleet.ts'
import type { Connection } from '../../admin/connection.ts'
import type { GuardFromWorker } from '../../admin/guard-protocol.ts'
import type { Block } from '../../../guard/reputation/block.ts'
import { startGateway, startUpstream, tableOf, until } from '../../testing.ts'

const blockOf = (address: string): Block => ({
  address,
  reason: 'a secret reason',
  source: 'manual',
  untilMs: null,
  atMs: 0,
  by: 'anna@host',
  times: 0,
})

/** A gateway with an upstream that never ends its answers to `/stream` and echoes upgrades, and control's end of its socket. */
async function start() {
  const upstream = await startUpstream('1', (request, response) => {
    if (request.url !== '/stream') return void response.end('served')
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write('data: 1\n\n')
  })
  const upgraded = new Set<Duplex>()
  upstream.server.on('upgrade', (_request, socket) => {
    upgraded.add(socket)
    socket.on('error', () => {})
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
  })
  const gateway = await startGateway(tableOf([upstream.upstream]))
  const connections: Connection[] = []
  const messages: GuardFromWorker[] = []
  const fleet = await createFleet({
    socketPath: join(gateway.state, 'gateway.sock'),
    expected: () => Promise.resolve([]),
    kill: () => Promise.resolve(),
    guard: {
      joined: (connection) => void connections.push(connection),
      gone: () => {},
      onMessage: (_, message) => void messages.push(message),
    },
  })
  await until(() => connections.length > 0)
  return {
    upstream,
    gateway,
    messages,
    async block(...addresses: readonly string[]): Promise<void> {
      const version = messages.length + 1
      connections[0]!.send({ type: 'blocks', version, blocks: addresses.map((address) => blockOf(address)) })
      await until(() => messages.some((message) => message.type === 'blocks-applied' && message.version === version))
    },
    async [Symbol.asyncDispose]() {
      for (const socket of upgraded) socket.destroy()
      await fleet.close()
      await gateway[Symbol.asyncDispose]()
      await upstream[Symbol.asyncDispose]()
    },
  }
}

function answerTo(port: number, from: string, path = '/'): Promise<{ status: number; text: string; id: string }> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, localAddress: from, path, agent: false }, (response) => {
      let text = ''
      response.on('data', (chunk: Buffer) => (text += chunk.toString()))
      response.on('end', () =>
        resolve({ status: response.statusCode!, text, id: String(response.headers['x-correlation-id']) }),
      )
    }).on('error', reject)
  })
}

/** An answer that has begun and does not end; `ended` when its connection is gone. */
function streamTo(port: number, from: string): Promise<{ ended: boolean; destroy: () => void }> {
  return new Promise((resolve, reject) => {
    const request = get(
      { host: '127.0.0.1', port, localAddress: from, path: '/stream', agent: false },
      (response: IncomingMessage) => {
        const state = { ended: false, destroy: () => request.destroy() }
        response.once('data', () => resolve(state))
        response.on('error', () => {})
        response.once('close', () => (state.ended = true))
      },
    ).on('error', reject)
  })
}

test('who is blocked gets 403, reaches no upstream, and learns an id and no reason; the refusal is reported', async () => {
  await using running = await start()
  const { gateway, upstream, messages } = running
  assert.equal((await answerTo(gateway.port, '127.0.0.2')).status, 200)
  await running.block('127.0.0.2')
  const before = upstream.requests.length
  const { status, text, id } = await answerTo(gateway.port, '127.0.0.2', '/secret?token=1')
  assert.equal(status, 403)
  assert.match(text, new RegExp(id))
  assert.doesNotMatch(text, /secret reason/)
  assert.equal(upstream.requests.length, before)
  assert.equal((await answerTo(gateway.port, '127.0.0.3')).status, 200)
  await until(() => messages.some(({ type }) => type === 'security'))
  const report = messages.find((message) => message.type === 'security')
  assert.deepEqual(
    report?.events.map(({ kind, client, path, refused, reason }) => [kind, client, path, refused, reason]),
    [['blocked', '127.0.0.2', '/secret', true, 'manual: a secret reason']],
  )
})

test('a block ends what the client has open, streams and WebSockets, and nothing of others', async () => {
  await using running = await start()
  const { port } = running.gateway
  const [mine, other] = [await streamTo(port, '127.0.0.2'), await streamTo(port, '127.0.0.3')]
  const socket = connect({ host: '127.0.0.1', port, localAddress: '127.0.0.2' })
  const closed = new Promise((resolve) => socket.once('close', resolve))
  socket.on('error', () => {})
  const upgrade =
    'GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n'
  const answered = new Promise<string>((resolve) => socket.once('data', (bytes: Buffer) => resolve(bytes.toString())))
  socket.write(upgrade)
  assert.match(await answered, /^HTTP\/1\.1 101/)
  await running.block('127.0.0.2')
  await closed
  await until(() => mine.ended)
  assert.equal(other.ended, false)
  other.destroy()
})
