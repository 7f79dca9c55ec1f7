import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { test } from 'node:test'
import { until } from '../testing.ts'
import { writeDirectly } from './direct-write.ts'

interface Ends extends AsyncDisposable {
  readonly writer: Socket
  readonly reader: Socket
}

/** Both ends of a connection; what comes at the reader waits until somebody reads. */
async function ends(): Promise<Ends> {
  const server = createServer({ pauseOnConnect: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const reader = connect((server.address() as AddressInfo).port, '127.0.0.1').pause()
  const [writer] = (await once(server, 'connection')) as [Socket]
  return {
    writer,
    reader,
    async [Symbol.asyncDispose]() {
      reader.destroy()
      writer.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

async function allOf(reader: Socket, length: number): Promise<string> {
  let text = ''
  reader.setEncoding('latin1').on('data', (part: string) => (text += part))
  reader.resume()
  await until(() => text.length >= length)
  return text
}

void test('messages arrive in order, those written past the stream and those through it, whatever bytes they have', async () => {
  await using pair = await ends()
  const { writer, reader } = pair
  let sent = ''
  for (let index = 0; index < 200; index++) {
    const text = `${index} \u0000\u00e9\u00ff ${'x'.repeat(index * 7)}\n`
    sent += text
    if (index % 5 === 3) writer.write(text, 'latin1')
    else assert.equal(typeof writeDirectly(writer, text), 'boolean')
  }
  assert.equal(await allOf(reader, sent.length), sent)
})

void test('what the system does not take at once follows by itself, and what comes behind it stands behind it', async () => {
  await using pair = await ends()
  const { writer, reader } = pair
  let sent = ''
  let index = 0
  // Nobody reads: at some point the system has no room. The first false is a message that was taken in part.
  for (let isTaken = true; isTaken; index++) {
    assert.ok(index < 100_000, 'the system takes everything')
    const text = `${index} ${'y'.repeat(8_000)}\n`
    sent += text
    isTaken = writeDirectly(writer, text)
  }
  assert.ok(index > 3, `${index} messages`)
  assert.equal(writer.writableLength, 0, 'told at the message itself, not at the next one, which the stream keeps')
  for (const end of [index, index + 1]) {
    const text = `${end} behind\n`
    sent += text
    assert.equal(writeDirectly(writer, text), false)
  }
  let written = false
  writer.write('', () => (written = true))
  assert.equal(await allOf(reader, sent.length), sent)
  await until(() => written)
  assert.equal(writeDirectly(writer, 'again'), true)
})

void test('a connection that is no more is destroyed with the reason', async () => {
  await using pair = await ends()
  const { writer, reader } = pair
  const failed = once(writer, 'error') as Promise<[NodeJS.ErrnoException]>
  reader.resetAndDestroy()
  await until(() => !writeDirectly(writer, 'x') || writer.destroyed)
  const [error] = await failed
  assert.match(error.code!, /^(EPIPE|ECONNRESET)$/)
  assert.equal(writer.destroyed, true)
  assert.equal(writeDirectly(writer, 'more'), false)
})

void test('what has no such handle is written to as a stream', () => {
  const written: string[] = []
  const stream = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      written.push(chunk.toString('latin1'))
      done()
    },
  })
  assert.equal(writeDirectly(stream as unknown as Socket, '\u00e9'), true)
  assert.deepEqual(written, ['\u00e9'])
})
