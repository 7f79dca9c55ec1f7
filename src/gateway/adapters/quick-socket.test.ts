/** Messages past the stream must arrive as if they had gone through it, whatever the system takes at once. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { test } from 'node:test'
import { until } from '../testing.ts'
import { QuickSocket, writeNow, WRITES_NOW } from './quick-socket.ts'

/** More than the system's own buffers hold. */
const MANY = 40_000
const message = (index: number): string => `${index}:${'\u00e4\u00ff'.repeat(150)}\n`

/** A connected pair whose far end reads nothing yet. */
async function pair(): Promise<{ near: QuickSocket; far: Socket } & AsyncDisposable> {
  const server: Server = createServer({ pauseOnConnect: true })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const near = new QuickSocket().connect((server.address() as AddressInfo).port, '127.0.0.1')
  const [[far]] = (await Promise.all([once(server, 'connection'), once(near, 'connect')])) as [[Socket], unknown]
  return {
    near,
    far,
    async [Symbol.asyncDispose]() {
      near.destroy()
      far.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function readAll(far: Socket): Promise<string> {
  const chunks: Buffer[] = []
  far.on('data', (chunk: Buffer) => chunks.push(chunk)).resume()
  await once(far, 'end')
  return Buffer.concat(chunks).toString('latin1')
}

void test('this Node shows what is needed to write past the stream', () => assert.equal(WRITES_NOW, true))

void test('a message has left when the call returns, one byte for each character', async () => {
  await using sockets = await pair()
  const { near, far } = sockets
  const all = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join('')
  let calls = 0
  near._write = () => void calls++
  near.writeNow(all)
  assert.equal(near.bytesWritten, 256)
  assert.equal(calls, 0, 'it went through the stream')
  near.end()
  assert.equal(await readAll(far), all)
})

void test('what the system does not take at once waits in the stream, in order and once', async () => {
  await using sockets = await pair()
  const { near, far } = sockets
  let sent = ''
  let drained = 0
  let waited = 0
  near.on('drain', () => drained++)
  for (let index = 0; index < MANY; index++) {
    // Whatever else is written goes the stream's way.
    if (index % 7 === 3) near.write(message(index), 'latin1')
    else near.writeNow(message(index))
    sent += message(index)
    if (near.writableLength > 0) waited += 1
    // Some come while the one that waits is half sent.
    if (index % 1_000 === 0) await new Promise(setImmediate)
  }
  assert.ok(waited > 0, 'the system took it all: nothing was tried')
  const reading = readAll(far)
  await until(() => near.writableLength === 0)
  assert.ok(drained > 0)
  near.writeNow('last\n')
  near.end()
  const received = await reading
  assert.equal(received.length, sent.length + 5)
  assert.ok(received === sent + 'last\n', 'other bytes than were written')
})

void test('messages that meet a full system again and again arrive in order', async () => {
  await using sockets = await pair()
  const { near, far } = sockets
  const large = 'x'.repeat(300_000)
  const received = readAll(far.pause())
  far.pause()
  let sent = ''
  let waits = 0
  for (let round = 0; round < 60; round++) {
    const text = `${round}:${large}`
    near.writeNow(text)
    sent += text
    if (near.writableLength === 0) continue
    waits += 1
    far.resume()
    await until(() => near.writableLength === 0)
    far.pause()
  }
  assert.ok(waits > 2, `only ${waits} had to wait`)
  near.end()
  far.resume()
  assert.ok((await received) === sent, 'other bytes than were written')
})

void test('of several connections that wait, each hears of its own message', async () => {
  await using one = await pair()
  await using other = await pair()
  const sent = [one, other].map(({ near }) => {
    let text = ''
    for (let index = 0; near.writableLength === 0; index++) {
      near.writeNow(message(index))
      text += message(index)
    }
    return text
  })
  for (const [index, { near, far }] of [one, other].entries()) {
    const received = readAll(far)
    await until(() => near.writableLength === 0)
    near.end()
    assert.ok((await received) === sent[index], 'other bytes than were written')
  }
})

void test('before the connection stands, and behind what is held back, it goes the way of the stream', async () => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const near = new QuickSocket()
  try {
    const accepted = once(server, 'connection') as Promise<[Socket]>
    near.connect((server.address() as AddressInfo).port, '127.0.0.1')
    near.writeNow('one ')
    near.writeNow('two ')
    const [far] = await accepted
    const received = readAll(far)
    await until(() => near.writableLength === 0)
    near.cork()
    near.write('three ')
    near.writeNow('four ')
    near.uncork()
    near.writeNow('five')
    near.end()
    assert.equal(await received, 'one two three four five')
  } finally {
    near.destroy()
    server.close()
  }
})

void test('a message too large for the system, behind a cork, waits until that is pulled', async () => {
  await using sockets = await pair()
  const { near, far } = sockets
  const large = 'y'.repeat(20_000_000)
  near.cork()
  assert.equal(near.writeNow(large), true)
  near.uncork()
  near.end()
  assert.ok((await readAll(far)) === large, 'other bytes than were written')
})

void test('when the system refuses, the socket is destroyed at once, with the reason', async () => {
  await using sockets = await pair()
  const { near, far } = sockets
  const failed = once(near, 'error')
  far.resetAndDestroy()
  assert.equal(near.writeNow('nobody gets this'), false)
  assert.equal(near.destroyed, true)
  const [error] = (await failed) as [NodeJS.ErrnoException]
  assert.match(error.code!, /^(EPIPE|ECONNRESET)$/)
  assert.match(error.message, /^write E/)
})

void test('a message that waits ends with its connection', async () => {
  await using sockets = await pair()
  const { near, far } = sockets
  const errors: NodeJS.ErrnoException[] = []
  near.on('error', (error) => errors.push(error))
  const closed = new Promise((resolve) => near.once('close', resolve))
  for (let index = 0; near.writableLength === 0; index++) near.writeNow(message(index))
  far.resetAndDestroy()
  await closed
  assert.equal(errors.length, 1)
  assert.match(errors[0]!.code!, /^(EPIPE|ECONNRESET)$/)
})

void test('behind the end nothing is written, as on every stream', async () => {
  await using sockets = await pair()
  const { near, far } = sockets
  const failed = once(near, 'error')
  near.end('first')
  near.writeNow('second')
  const [error] = (await failed) as [NodeJS.ErrnoException]
  assert.equal(error.code, 'ERR_STREAM_WRITE_AFTER_END')
  assert.doesNotMatch(await readAll(far).catch(() => ''), /second/)
})

void test('a connection of another kind is written to by its stream', async () => {
  await using sockets = await pair()
  const { near, far } = sockets
  const received = once(near, 'data') as Promise<[Buffer]>
  writeNow(far, 'b\u00e4ck')
  assert.equal((await received)[0].toString('latin1'), 'b\u00e4ck')
})
