import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bodyOf, ChunkedBody, CloseBody, dataOf, LengthBody, RequestHead, RequestReader } from './index.ts'
import type { BodyReader } from './index.ts'

/** Bytes that follow the body, and must be left alone. */
const BEHIND = 'GET /behind'

interface Read {
  readonly data: string
  readonly fault: string | null
  /** Bytes of the text that were taken; of no interest when there was a fault. */
  readonly taken: number
}

/** Reads `text` in pieces that end at `ends`; one more piece holds what is behind it. */
function read(body: BodyReader, text: string, ends: readonly number[]): Read {
  let data = ''
  let taken = 0
  let from = 0
  for (const end of ends) {
    const last = end === text.length
    const piece = Buffer.from('0\r\n' + text.slice(from, end) + (last ? BEHIND : ''), 'latin1')
    const at = body.push(piece, 3, piece.length)
    const runs = body.runs.slice(0, body.runCount * 2)
    for (let run = 0; run < runs.length; run += 2) assert.ok(3 <= runs[run]! && runs[run]! < runs[run + 1]!)
    assert.ok((runs.at(-1) ?? at) <= at)
    data += dataOf(piece, body).toString('latin1')
    taken += at - 3
    if (body.fault !== null) return { data: '', fault: body.fault.code, taken: 0 }
    if (body.done) break
    assert.equal(at, piece.length, 'what goes on takes everything')
    from = end
  }
  return { data, fault: null, taken: body.done ? taken : -1 }
}

/** The result, which must not depend on how the text is cut. */
function same(make: () => BodyReader, text: string): Read {
  const whole = read(make(), text, [text.length])
  const bytewise = Array.from({ length: text.length }, (_, index) => index + 1)
  assert.deepEqual(read(make(), text, bytewise), whole, `byte by byte: ${JSON.stringify(text)}`)
  const step = Math.max(1, Math.floor(text.length / 400))
  for (let cut = 1; cut < text.length; cut += step) {
    assert.deepEqual(read(make(), text, [cut, text.length]), whole, `cut at ${cut}: ${JSON.stringify(text)}`)
  }
  return whole
}

const chunked = (text: string): Read => same(() => new ChunkedBody(), text)

function takes(text: string, data: string): void {
  assert.deepEqual(chunked(text), { data, fault: null, taken: text.length })
}

function refuses(text: string, code: string): void {
  assert.equal(chunked(text).fault, code, JSON.stringify(text))
}

void test('a body of a known length ends with its last byte', () => {
  assert.deepEqual(
    same(() => new LengthBody(5), 'abcde'),
    { data: 'abcde', fault: null, taken: 5 },
  )
  const body = new LengthBody(0)
  assert.equal(body.done, true)
  assert.equal(body.push(Buffer.from('x'), 0, 1), 0)
  assert.equal(body.runCount, 0)
})

void test('a body without a length ends when its connection is said to have ended', () => {
  const body = new CloseBody()
  assert.equal(body.push(Buffer.from('abc'), 1, 3), 3)
  assert.deepEqual([body.done, body.received, body.runs, body.runCount], [false, 2, [1, 3], 1])
  body.end()
  assert.deepEqual([body.done, body.received, body.runCount], [true, 2, 0])
})

void test('chunks are read to the last byte of their trailer and not beyond', () => {
  takes('0\r\n\r\n', '')
  takes('3\r\nabc\r\n0\r\n\r\n', 'abc')
  takes('3\r\nabc\r\n00A\r\n0123\r\n6789\r\n00000000\r\n\r\n', 'abc0123\r\n6789')
  takes('1;a\r\nx\r\n1;a=b;c\r\ny\r\n1;a="b;\\"\r\\\t"'.replace('\r\\\t', '\\\t') + '\r\nz\r\n0;last\r\n\r\n', 'xyz')
  takes('1\r\nx\r\n0\r\nChecksum: 1\r\nX-Two:\r\n\r\n', 'x')
  takes(`1;${'a'.repeat(255)}\r\nx\r\n0\r\n\r\n`, 'x')
  takes(`0\r\n${'X: y\r\n'.repeat(682)}\r\n`, '')
})

void test('what can be read in two ways is refused', () => {
  for (const [code, text] of [
    ['chunk-size', '\r\n\r\n'],
    ['chunk-size', ' 1\r\nx\r\n0\r\n\r\n'],
    ['chunk-size', '1 \r\nx\r\n0\r\n\r\n'],
    ['chunk-size', '+1\r\nx\r\n0\r\n\r\n'],
    ['chunk-size', '-1\r\nx\r\n0\r\n\r\n'],
    ['chunk-size', '0x1\r\nx\r\n0\r\n\r\n'],
    ['chunk-size', '1_0\r\nx\r\n0\r\n\r\n'],
    ['chunk-size', 'g\r\nx\r\n0\r\n\r\n'],
    ['chunk-size', '000000001\r\nx\r\n0\r\n\r\n'],
    ['chunk-size', '1\t\r\nx\r\n0\r\n\r\n'],
    ['chunk-size', '1\0\r\nx\r\n0\r\n\r\n'],
    ['chunk-size', ';a\r\nx\r\n0\r\n\r\n'],
    ['line-end', '1\nx\r\n0\r\n\r\n'],
    ['line-end', '1\rx\r\n0\r\n\r\n'],
    ['line-end', '1\r\r\nx\r\n0\r\n\r\n'],
    ['line-end', '1;a\nx\r\n0\r\n\r\n'],
    ['line-end', '1;a\rx\r\n0\r\n\r\n'],
    ['line-end', '1;a="\n"\r\nx\r\n0\r\n\r\n'],
    ['chunk-extension', '1;a="\r\n"\r\nx\r\n0\r\n\r\n'],
    ['chunk-extension', '1;\r\nx\r\n0\r\n\r\n'],
    ['chunk-extension', '1;;a\r\nx\r\n0\r\n\r\n'],
    ['chunk-extension', '1; a\r\nx\r\n0\r\n\r\n'],
    ['chunk-extension', '1;a \r\nx\r\n0\r\n\r\n'],
    ['chunk-extension', '1;a=\r\nx\r\n0\r\n\r\n'],
    ['chunk-extension', '1;=b\r\nx\r\n0\r\n\r\n'],
    ['chunk-extension', '1;a=b=c\r\nx\r\n0\r\n\r\n'],
    ['chunk-extension', '1;a="b"c\r\nx\r\n0\r\n\r\n'],
    ['chunk-extension', '1;a="b\r\nx\r\n0\r\n\r\n'],
    ['chunk-extension', '1;a\0\r\nx\r\n0\r\n\r\n'],
    ['chunk-extension-too-long', `1;${'a'.repeat(256)}\r\nx\r\n0\r\n\r\n`],
    ['chunk-extension-too-long', `1;${'a'.repeat(99)}\r\nx\r\n`.repeat(164)],
    ['chunk-end', '1\r\nx\n0\r\n\r\n'],
    ['chunk-end', '1\r\nxy\r\n0\r\n\r\n'],
    ['chunk-end', '1\r\nx\r0\r\n\r\n'],
    ['chunk-end', '1\r\nxy\n0\r\n\r\n'],
    ['chunk-end', '1\r\nx\n\n0\r\n\r\n'],
    ['chunk-end', '1\r\nx\0\n0\r\n\r\n'],
    ['chunk-end', '2\r\nx\r\n0\r\n\r\n'],
    ['line-end', '0\r\n\n'],
    ['line-end', '0\r\n\rX'],
    ['line-end', '0\r\nX: y\n\r\n'],
    ['line-end', '0\r\nX: y\rZ'],
    ['line-end', '0\r\nX\r\n\r\n'],
    ['trailer', '0\r\n: y\r\n\r\n'],
    ['trailer', '0\r\nX : y\r\n\r\n'],
    ['trailer', '0\r\nX: y\r\n z\r\n\r\n'],
    ['trailer', '0\r\nX: \0\r\n\r\n'],
    ['forbidden-trailer', '0\r\nContent-Length: 1\r\n\r\n'],
    ['forbidden-trailer', '0\r\ntransfer_encoding: chunked\r\n\r\n'],
    ['forbidden-trailer', '0\r\nX: y\r\nHOST: a\r\n\r\n'],
    ['forbidden-trailer', '0\r\nX-Forwarded-Whatever: a\r\n\r\n'],
    ['forbidden-trailer', '0\r\nCookie: a\r\n\r\n'],
    ['trailer-too-long', `0\r\n${'X: y\r\n'.repeat(683)}\r\n`],
  ] as const)
    refuses(text, code)
})

void test('a body that goes on has not ended', () => {
  const whole = '3;a=b\r\nabc\r\n0\r\nX: y\r\n\r\n'
  for (let length = 0; length < whole.length; length++) {
    const body = new ChunkedBody()
    const bytes = Buffer.from(whole.slice(0, length))
    assert.equal(body.push(bytes, 0, length), length)
    assert.deepEqual([body.done, body.fault], [false, null])
  }
})

void test('the data of one push are handed out as one, wherever they lie', () => {
  const bytes = Buffer.from('--1\r\na\r\n3\r\nbcd\r\n2\r\nef\r\n0\r\n\r\n--')
  const body = new ChunkedBody()
  assert.equal(body.push(bytes, 2, bytes.length), bytes.length - 2)
  assert.equal(body.runCount, 3)
  assert.equal(body.received, 6)
  const { buffer } = bytes
  const data = dataOf(bytes, body)
  assert.equal(data.toString(), 'abcdef')
  assert.equal(data.buffer, buffer, 'a view')
  assert.equal(bytes.subarray(-2).toString(), '--')
})

void test('the head says which kind of body follows', () => {
  const kindOf = (fields: string): unknown => {
    const head = new RequestHead()
    const bytes = Buffer.from(`POST / HTTP/1.1\r\nHost: a\r\n${fields}\r\n`)
    new RequestReader().push(bytes, 0, bytes.length, head)
    return bodyOf(head)?.constructor
  }
  assert.equal(kindOf(''), undefined)
  assert.equal(kindOf('Content-Length: 0\r\n'), undefined)
  assert.equal(kindOf('Content-Length: 1\r\n'), LengthBody)
  assert.equal(kindOf('Transfer-Encoding: chunked\r\n'), ChunkedBody)
})
