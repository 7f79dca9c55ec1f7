/** Clients and upstreams that read nothing: what is held for them is bounded, none of them stays for ever, and what they were promised comes. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { test } from 'node:test'
import { plainAnswer } from '../exchange.ts'
import type { Exchange, Outcome } from '../exchange.ts'
import { listening, rawConnection, startGateway, startUpstream, tableOf, until } from '../testing.ts'
import type { RawConnection } from '../testing.ts'
import { ClientConnection } from './client-connection.ts'

const ASK = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
const BODY = 'x'.repeat(200)
const IDLE_MS = 300

interface Crowded extends Disposable {
  readonly client: RawConnection
  readonly connection: ClientConnection
  readonly outcomes: readonly Outcome[]
  readonly asked: number
  readonly closed: () => boolean
}

/** A connection whose client reads nothing, and has asked until answers to its last requests found no room in the system. */
async function crowded(): Promise<Crowded> {
  let connection: ClientConnection | undefined
  let closed = false
  const outcomes: Outcome[] = []
  const host = {
    headMs: 5_000,
    bodyWindowMs: 5_000,
    idleMs: IDLE_MS,
    requestMs: 5_000,
    keepAliveLines: 'Connection: keep-alive\r\n',
    retiring: false,
    onExchange: ({ client }: Exchange): void =>
      client.send(plainAnswer(200, BODY), { idleMs: 5_000 }, (outcome) => outcomes.push(outcome)),
    onRefused: () => [],
    onClosed: () => (closed = true),
  }
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket: Socket) => {
    connection = new ClientConnection(socket, host, { fresh: true })
  })
  const client = rawConnection(await listening(server))
  await until(() => connection !== undefined)
  server.close()
  client.socket.pause()
  let asked = 0
  while (connection!.socket.writableLength === 0) {
    assert.ok(asked < 1_000_000, 'the system takes everything')
    client.socket.write(ASK.repeat(50))
    asked += 50
    // As long as this takes, no request is under way any more.
    await until(() => connection!.bytesRead === asked * ASK.length)
  }
  return {
    client,
    connection: connection!,
    outcomes,
    asked,
    closed: () => closed,
    [Symbol.dispose]() {
      client.socket.destroy()
      connection!.socket.destroy()
    },
  }
}

void test('a client that asks for much and reads nothing is let go, and asks in vain from then on', async () => {
  using party = await crowded()
  const { client, connection, asked, outcomes, closed } = party
  await until(() => connection.socket.writableEnded)
  client.socket.write(ASK)
  await until(() => connection.bytesRead === (asked + 1) * ASK.length)
  await until(closed)
  assert.equal(outcomes.length, asked, 'nobody could have answered it')
})

void test('a client that has asked for everything and ends its half gets everything that was answered', async () => {
  using party = await crowded()
  const { client, connection, asked, outcomes } = party
  assert.equal(outcomes.length, asked)
  client.socket.end()
  await until(() => connection.socket.readableEnded)
  client.socket.resume()
  await until(() => client.ended)
  assert.equal(client.text.split(BODY).length - 1, asked)
})

void test('a client that has ended its half and reads nothing is let go', async () => {
  using party = await crowded()
  party.client.socket.end()
  await until(party.closed)
})

/** As many bytes as a WebSocket's client may send before anybody reads them: what systems hold, and little of ours. */
const HELD_BYTES_MAX = 32 * 1024 * 1024

void test('a WebSocket whose service reads nothing holds its client up', async () => {
  await using target = await startUpstream('1')
  let deaf: Duplex | undefined
  using _ = { [Symbol.dispose]: () => void deaf?.destroy() }
  target.server.on('upgrade', (_request, socket) => {
    deaf = socket.on('error', () => {})
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
  })
  await using gateway = await startGateway(tableOf([target.upstream]))
  const hello = 'GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'
  using client = rawConnection(gateway.port, hello)
  await until(() => client.text.startsWith('HTTP/1.1 101'))
  const frame = Buffer.concat([Buffer.from([0x82, 0x7e, 0xff, 0xff]), Buffer.alloc(0xffff, 'w')])
  let sent = 0
  /** Whether the system takes what is written within a second. */
  const isTaken = async (): Promise<boolean> => {
    sent += frame.length
    if (client.socket.write(frame)) return true
    const drained = once(client.socket, 'drain', { signal: AbortSignal.timeout(1_000) })
    return drained.then(
      () => true,
      () => false,
    )
  }
  while (await isTaken()) assert.ok(sent < HELD_BYTES_MAX, `${sent} bytes that nobody has read`)

  // What is read at last is all of it, in order.
  let read = 0
  deaf!.on('data', (bytes: Buffer) => (read += bytes.length))
  await until(() => read === sent)
})
