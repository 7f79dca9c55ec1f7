import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { promisify } from 'node:util'
import { startKafkaWithLogin, startMockKafka } from '../../../test/support/kafka-peers.ts'
import { askKafka } from './kafka-client.ts'

const ASK_MS = 2_000
const ACCOUNT = { user: 'app', password: 'Zm9v-YmFy_42' }
const TIME = { timeout: 30_000 }
const urlOf = (port: number, { user, password } = ACCOUNT): string => `kafka://${user}:${password}@127.0.0.1:${port}`

/** A server that answers every connection with these bytes, and hangs up or not. */
async function saying(t: TestContext, bytes: Uint8Array, { hangsUp = false } = {}): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    t.after(() => socket.destroy())
    if (hangsUp) socket.end(bytes)
    else socket.write(bytes)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return urlOf((server.address() as AddressInfo).port)
}

test('a server of other makers answers: it takes our requests, and is its own only broker', TIME, async () => {
  await using mock = await startMockKafka()
  assert.deepEqual(await askKafka(`kafka://127.0.0.1:${mock.port}`, ASK_MS), [
    { id: 1, host: '127.0.0.1', port: mock.port },
  ])
  // It knows no accounts, and says so before anything is asked of it.
  await assert.rejects(askKafka(urlOf(mock.port), ASK_MS), { message: 'it does not take request 17 in version 1' })
  await mock.end()
  await assert.rejects(askKafka(`kafka://127.0.0.1:${mock.port}`, ASK_MS), { code: 'ECONNREFUSED' })
})

test('a client of other makers and ours come in by the same account', TIME, async () => {
  await using kafka = await startKafkaWithLogin(ACCOUNT)
  const login = ['security.protocol=SASL_PLAINTEXT', 'sasl.mechanisms=PLAIN', 'sasl.username=app']
  const kcat = (password: string, waitS: string): Promise<{ readonly stdout: string }> => {
    const options = [...login, `sasl.password=${password}`].flatMap((option) => ['-X', option])
    return promisify(execFile)('kcat', ['-b', `127.0.0.1:${kafka.port}`, '-L', '-J', '-m', waitS, ...options])
  }
  const broker = { id: 1, name: `127.0.0.1:${kafka.port}` }
  assert.deepEqual(JSON.parse((await kcat(ACCOUNT.password, '10')).stdout).brokers, [broker])
  await assert.rejects(kcat('another', '1'), /Invalid username or password/)

  assert.deepEqual(await askKafka(urlOf(kafka.port), ASK_MS), [{ id: 1, host: '127.0.0.1', port: kafka.port }])
  assert.deepEqual(kafka.asked.slice(-4), ['18v0', '17v1', '36v0', '3v1'])
})

test('who is not let in hears it in the words of the server, and no password', TIME, async () => {
  await using kafka = await startKafkaWithLogin(ACCOUNT)
  await assert.rejects(askKafka(urlOf(kafka.port, { user: 'app', password: 'geheim' }), ASK_MS), (error: Error) => {
    assert.equal(error.message, 'it does not let us in: Authentication failed: Invalid username or password')
    return true
  })
  // Without a login it hangs up at the first real question.
  await assert.rejects(askKafka(`kafka://127.0.0.1:${kafka.port}`, ASK_MS), { message: 'it ended the connection' })
})

test('one that takes other logins alone, or leads nobody yet, is not well', TIME, async () => {
  await using other = await startKafkaWithLogin(ACCOUNT, { mechanism: 'GSSAPI' })
  await assert.rejects(askKafka(urlOf(other.port), ASK_MS), {
    message: 'it takes no password: its mechanisms are GSSAPI',
  })
  await using starting = await startKafkaWithLogin(ACCOUNT, { hasNoBroker: true })
  await assert.rejects(askKafka(urlOf(starting.port), ASK_MS), {
    message: 'it answers, and has no broker to send clients to yet',
  })
})

test('whatever else is there ends within its time, and without taking memory', TIME, async (t) => {
  const answer = (...bytes: readonly number[]): Uint8Array => Uint8Array.from(bytes)
  const cases = [
    [await saying(t, Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')), /answer of 1213486160 bytes: this is no Kafka/],
    [await saying(t, answer(255, 255, 255, 255)), /answer of -1 bytes/],
    [await saying(t, answer(0, 0, 0, 4, 0, 0, 0, 9)), /answer to another question/],
    // A list of two thousand million versions, in no bytes.
    [await saying(t, answer(0, 0, 0, 10, 0, 0, 0, 1, 0, 0, 127, 255, 255, 255)), /ends too early/],
    [await saying(t, answer(0, 0, 0, 6, 0, 0, 0, 1, 0, 35)), /it refuses to say what it takes: error 35/],
    [await saying(t, answer(0, 0), { hangsUp: true }), /it ended the connection/],
  ] as const
  for (const [url, message] of cases) await assert.rejects(askKafka(url, ASK_MS), { message })
  await assert.rejects(askKafka(await saying(t, answer(0, 0)), 200), { message: 'no answer within 200 ms' })
})
