/** An answer that the system refuses, since the client has reset its connection, has not been sent. */
import assert from 'node:assert/strict'
import { createServer, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { plainAnswer, type Answer, type Exchange, type Outcome } from '../exchange.ts'
import { listening, rawConnection, until } from '../testing.ts'
import { ClientConnection } from './client-connection.ts'

const BOUNDS = { headMs: 5_000, bodyWindowMs: 5_000, idleMs: 5_000, requestMs: 5_000 }

/** What is said of the end of one exchange with a client that resets its connection: `before` its answer is given, or before it is written. */
async function outcomesOf(answer: Answer, resetsWhen: 'before' | 'behind'): Promise<Outcome['end'][]> {
  const ends: Outcome['end'][] = []
  let closed = false
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (accepted) => {
    void new ClientConnection(accepted, host, { fresh: true })
  })
  const port = await listening(server)
  using client = rawConnection(port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n')
  const reset = (socket: Socket): void => void socket.resetAndDestroy()
  const host = {
    ...BOUNDS,
    keepAliveLines: 'Connection: keep-alive\r\n',
    retiring: false,
    onExchange(exchange: Exchange) {
      if (resetsWhen === 'before') reset(client.socket)
      // In front of the immediate that writes what was answered in this turn.
      else setImmediate(reset, client.socket)
      exchange.client.send(answer, { idleMs: 5_000 }, ({ end }) => ends.push(end))
    },
    onRefused: () => [],
    onClosed: () => void (closed = true),
  }
  try {
    await until(() => closed)
    await new Promise(setImmediate)
    return ends
  } finally {
    server.close()
  }
}

const answers: readonly [name: string, answer: () => Answer, when: 'before' | 'behind'][] = [
  ['in one write', () => plainAnswer(200, 'x'.repeat(200)), 'behind'],
  ['in two writes', () => plainAnswer(200, 'x'.repeat(20_000)), 'before'],
  [
    'as it comes',
    () => ({ kind: 'stream', status: 200, headers: [], body: Readable.from([Buffer.from('abc')]) }),
    'before',
  ],
]

for (const [name, answer, when] of answers) {
  void test(`an answer ${name} that the client did not wait for is not told as sent`, async () => {
    assert.deepEqual(await outcomesOf(answer(), when), ['client-gone'])
  })
}
