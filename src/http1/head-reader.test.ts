import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HEAD_BYTES_MAX, RequestHead, RequestReader } from './index.ts'

const HEAD = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'

/** Feeds `text` in pieces of `size` until the reader says something; returns how much it took for that, or -1. */
function fedUntilRefused(reader: RequestReader, text: string, size: number): number {
  const head = new RequestHead()
  for (let from = 0; from < text.length; from += size) {
    const piece = Buffer.from(text.slice(from, from + size), 'latin1')
    const at = reader.push(piece, 0, piece.length, head)
    assert.ok(at >= -1 && at <= piece.length)
    if (reader.refusal !== null) return from + piece.length
    assert.equal(at, -1)
  }
  return -1
}

void test('a head that never ends is given up at its limit, however it comes', () => {
  for (const size of [1, 7, 1000, 4096, 1 << 20]) {
    for (const [code, text] of [
      ['head-too-long', 'GET / HTTP/1.1\r\nX: ' + 'y'.repeat(1 << 20)],
      ['too-many-fields', 'GET / HTTP/1.1\r\n' + 'X: y\r\n'.repeat(1 << 17)],
      ['target-too-long', 'GET /' + 'y'.repeat(1 << 20)],
      ['unknown-method', 'G'.repeat(1 << 20)],
    ] as const) {
      const reader = new RequestReader()
      const fed = fedUntilRefused(reader, text, size)
      assert.equal(reader.refusal?.code, code, `${code} in pieces of ${size}`)
      assert.ok(fed !== -1 && fed < HEAD_BYTES_MAX + size, `${code} in pieces of ${size}: ${fed} bytes`)
      assert.equal(reader.begun, false, 'nothing is held any more')
    }
  }
})

void test('a head that cannot become one is refused at once, not when its time is up', () => {
  for (const start of [
    'GET / HTTP/1.1\n',
    'GET / HTTP/1.1\r\nX: \0',
    'GET / HTTP/1.1\r\nX: a\rb',
    '\x16\x03\x01\x02',
  ]) {
    for (const size of [1, 3, start.length]) {
      assert.notEqual(fedUntilRefused(new RequestReader(), start, size), -1, JSON.stringify([start, size]))
    }
  }
})

void test('heads that follow each other in one buffer are read one by one', () => {
  const reader = new RequestReader()
  const head = new RequestHead()
  const text = HEAD + '\r\n' + HEAD.replace('/', '/second') + HEAD.replace('/', '/third') + 'GET'
  const bytes = Buffer.from(text)
  const targets: string[] = []
  let at = 0
  for (
    let next = reader.push(bytes, at, bytes.length, head);
    next !== -1;
    next = reader.push(bytes, at, bytes.length, head)
  ) {
    targets.push(head.target)
    at = next
  }
  assert.deepEqual(targets, ['/', '/second', '/third'])
  assert.equal(at, text.length - 3)
  assert.equal(reader.begun, true)
  const rest = Buffer.from(HEAD.slice(3) + 'x')
  assert.equal(reader.push(rest, 0, rest.length, head), rest.length - 1)
  assert.equal(head.target, '/')
  assert.equal(reader.begun, false)
})

void test('a head is begun by its first byte, and not by an empty line before it', () => {
  const reader = new RequestReader()
  const head = new RequestHead()
  assert.equal(reader.begun, false)
  assert.equal(reader.push(Buffer.from('\r\n'), 0, 2, head), -1)
  assert.equal(reader.begun, false)
  assert.equal(reader.push(Buffer.from('G'), 0, 1, head), -1)
  assert.equal(reader.begun, true)
  reader.reset()
  assert.equal(reader.begun, false)
  assert.equal(reader.push(Buffer.from(HEAD), 0, HEAD.length, head), HEAD.length)
})

void test('one empty line is skipped, a second one is none', () => {
  for (const size of [1, 2, 3, 100]) {
    const reader = new RequestReader()
    assert.equal(fedUntilRefused(reader, '\r\n' + HEAD.slice(0, -1), size), -1)
    assert.notEqual(fedUntilRefused(new RequestReader(), '\r\n\r\n' + HEAD, size), -1)
    assert.notEqual(fedUntilRefused(new RequestReader(), '\n' + HEAD, size), -1)
  }
})

void test('a limit of its own is kept to the byte', () => {
  const reader = new RequestReader({ bytesMax: HEAD.length })
  const head = new RequestHead()
  const bytes = Buffer.from(HEAD)
  assert.equal(reader.push(bytes, 0, bytes.length, head), bytes.length)
  assert.equal(reader.refusal, null)
  const smaller = new RequestReader({ bytesMax: HEAD.length - 1 })
  smaller.push(bytes, 0, bytes.length, head)
  assert.equal(smaller.refusal?.code, 'head-too-long')
})

void test('bytes may be overwritten once they have been pushed', () => {
  const reader = new RequestReader()
  const head = new RequestHead()
  const shared = Buffer.alloc(64)
  let at = -1
  for (const byte of HEAD) {
    shared.fill(0)
    shared.write(byte)
    at = reader.push(shared, 0, 1, head)
  }
  assert.equal(at, 1)
  const whole = Buffer.from(HEAD)
  reader.push(whole, 0, whole.length, head)
  whole.fill(0)
  assert.deepEqual([head.text, head.get('host')], [HEAD, 'a'])
})
