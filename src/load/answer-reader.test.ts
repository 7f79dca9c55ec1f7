import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AnswerReader, type Progress } from './answer-reader.ts'

const LENGTH = 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello'
const CHUNKED =
  'HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nb;x=y\r\n hello\r\nyou\r\n0\r\nDigest: x\r\n\r\n'
const CONTINUED = `HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n${LENGTH}`

void test('every kind of answer ends at its last byte, wherever its chunks are cut', () => {
  for (const [text, status] of [
    [LENGTH, 200],
    [CHUNKED, 201],
    [CONTINUED, 200],
    ['HTTP/1.1 204 No Content\r\n\r\n', 204],
    ['HTTP/1.1 503 Away\r\nContent-Length: 0\r\n\r\n', 503],
  ] as const) {
    for (let cut = 0; cut < text.length; cut++) {
      assert.deepEqual(read([text.slice(0, cut), text.slice(cut)]), { kind: 'end', status, reusable: true }, text)
      assert.equal(read([text.slice(0, cut)]).kind, 'more', `${text} cut at ${cut}`)
    }
    assert.deepEqual(read(text.split('')), { kind: 'end', status, reusable: true }, 'byte by byte')
  }
})

void test('an answer to HEAD has no body, whatever its head says', () => {
  assert.deepEqual(read(['HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n'], true), {
    kind: 'end',
    status: 200,
    reusable: true,
  })
})

void test('a connection is not used again when either side says so, or when there are bytes nobody asked for', () => {
  for (const text of [
    'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n',
    'HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n',
    `${LENGTH}more`,
  ]) {
    assert.deepEqual(read([text]), { kind: 'end', status: 200, reusable: false }, text)
  }
})

void test('an answer without a length ends with its connection; any other is cut by it', () => {
  const open = new AnswerReader(false)
  assert.equal(open.feed(Buffer.from('HTTP/1.1 200 OK\r\n\r\nhello')).kind, 'more')
  assert.deepEqual(open.close(), { kind: 'end', status: 200, reusable: false })
  const cut = new AnswerReader(false)
  cut.feed(Buffer.from(LENGTH.slice(0, -1)))
  assert.equal(cut.close().kind, 'broken')
})

void test('what is no answer is said to be none, and a head has a bound', () => {
  assert.equal(read(['SSH-2.0-OpenSSH\r\n\r\n']).kind, 'broken')
  assert.equal(read(['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n']).kind, 'broken')
  assert.equal(read([`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(70_000)}`]).kind, 'broken')
})

function read(chunks: readonly string[], isHead = false): Progress {
  const reader = new AnswerReader(isHead)
  let progress: Progress = { kind: 'more' }
  for (const chunk of chunks) progress = reader.feed(Buffer.from(chunk, 'latin1'))
  return progress
}
