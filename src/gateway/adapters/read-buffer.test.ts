/** All connections read into one buffer: what outlives its turn must be another's neither before nor after. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { request } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { test } from 'node:test'
import { rawConnection, startGateway, startUpstream, tableOf, until } from '../testing.ts'
import { ReadBuffer, SHARED_BUFFER } from './read-buffer.ts'

const LARGE = 3 * 1024 * 1024

void test('what is kept of the shared buffer is a copy, of an own one the bytes themselves, and then it is replaced', () => {
  const buffers = new ReadBuffer()
  assert.ok(buffers.isShared)
  const lent = SHARED_BUFFER.subarray(0, 4)
  assert.notEqual(buffers.keep(lent).buffer, SHARED_BUFFER.buffer)
  const own = buffers.next(true)!
  assert.notEqual(own, SHARED_BUFFER)
  assert.equal(buffers.next(true), null, 'nothing of it was kept: read into it again')
  assert.equal(buffers.keep(own.subarray(0, 4)).buffer, own.buffer)
  const another = buffers.next(true)!
  assert.notEqual(another, own)
  assert.equal(buffers.next(false), SHARED_BUFFER)
  assert.equal(buffers.next(false), null)
  assert.equal(buffers.next(true), another)
})

void test('bodies of many connections at once arrive as they were sent, whoever is slow', async () => {
  await using upstream = await startUpstream('1', (incoming, response) => {
    const letter = incoming.url!.slice(1, 2)
    if (incoming.method === 'GET') return void response.end(Buffer.alloc(sizeOf(incoming.url!), letter))
    const hash = createHash('sha256')
    incoming.on('data', (chunk: Buffer) => hash.update(chunk))
    incoming.on('end', () => response.end(hash.digest('hex')))
  })
  await using gateway = await startGateway(tableOf([upstream.upstream], { bodyBytesMax: LARGE * 2 }))
  const { port } = gateway
  const slow = ['a', 'b'].map((letter) => slowDownload(port, `/${letter}${LARGE}`))
  const mixed = Array.from({ length: 24 }, async (_, index) => {
    const letter = String.fromCharCode(99 + index)
    const size = [0, 1, 200, 9_000, 70_000, 300_000][index % 6]!
    if (index % 2 === 0) {
      const body = Buffer.alloc(size + index, letter)
      assert.equal(await upload(port, body), createHash('sha256').update(body).digest('hex'))
    } else {
      const answer = await (await fetch(`http://127.0.0.1:${port}/${letter}${size}`)).text()
      assert.equal(answer, letter.repeat(size))
    }
  })
  await Promise.all(mixed)
  for (const [index, bytes] of (await Promise.all(slow)).entries()) {
    assert.equal(bytes.length, LARGE)
    assert.equal(bytes.equals(Buffer.alloc(LARGE, 'ab'[index])), true, `download ${index} holds bytes of others`)
  }
})

void test('a request in pieces between those of others is read as it was sent', async () => {
  await using upstream = await startUpstream('1', (incoming, response) => response.end(incoming.headers['x-mark']))
  await using gateway = await startGateway(tableOf([upstream.upstream]))
  using dripped = rawConnection(gateway.port)
  const text = `GET / HTTP/1.1\r\nHost: a\r\nX-Mark: ${'m'.repeat(300)}\r\n\r\n`
  for (const piece of text.match(/[^]{1,40}/g)!) {
    dripped.socket.write(piece)
    const mark = 'o'.repeat(400)
    const answer = await fetch(`http://127.0.0.1:${gateway.port}/`, { headers: { 'x-mark': mark } })
    assert.equal(await answer.text(), mark)
  }
  await until(() => dripped.text.endsWith('m'.repeat(300)))
})

function sizeOf(url: string): number {
  return Number(url.slice(2))
}

/** Reads its answer in steps, with pauses in which others are read. */
async function slowDownload(port: number, path: string): Promise<Buffer> {
  const socket = connect(port, '127.0.0.1')
  socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
    socket.pause()
    setTimeout(() => socket.resume(), 1)
  })
  await once(socket, 'end')
  const all = Buffer.concat(chunks)
  return all.subarray(all.indexOf('\r\n\r\n') + 4)
}

/** Sends its body in pieces that meet those of others. */
async function upload(port: number, body: Buffer): Promise<string> {
  const outgoing = request({ port, host: '127.0.0.1', method: 'POST', headers: { 'content-length': body.length } })
  const half = body.length >> 1
  outgoing.write(body.subarray(0, half))
  setImmediate(() => outgoing.end(body.subarray(half)))
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage]
  let text = ''
  for await (const chunk of response) text += String(chunk)
  return text
}
