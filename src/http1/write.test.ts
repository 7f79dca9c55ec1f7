import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chunkHead, ChunkedBody, dataOf, FieldError, fieldLines, LAST_CHUNK, statusLine } from './index.ts'

void test('chunks are written as they are read', () => {
  const bytes = Buffer.from(`${chunkHead(300)}${'a'.repeat(300)}\r\n${chunkHead(1)}b\r\n${LAST_CHUNK}`)
  const body = new ChunkedBody()
  assert.equal(body.push(bytes, 0, bytes.length), bytes.length)
  assert.equal(body.done, true)
  assert.equal(dataOf(bytes, body).toString(), 'a'.repeat(300) + 'b')
})

void test('a status has its reason, or an empty one', () => {
  assert.equal(statusLine(404), 'HTTP/1.1 404 Not Found\r\n')
  assert.equal(statusLine(299), 'HTTP/1.1 299 \r\n')
  assert.equal(statusLine(999), 'HTTP/1.1 999 \r\n')
})

void test('fields are written as lines, and none of them can write another', () => {
  assert.equal(fieldLines(['A', 'b', 'C-d', '', 'E', '\xe9\t x']), 'A: b\r\nC-d: \r\nE: \xe9\t x\r\n')
  for (const [name, value] of [
    ['A', 'b\r\nC: d'],
    ['A', 'b\n'],
    ['A', 'b\r'],
    ['A', '\0'],
    ['A', '\x7f'],
    ['A', '\u0100'],
    // Its low byte is a line feed.
    ['A', '\u010a'],
    ['', 'b'],
    ['A ', 'b'],
    ['A:', 'b'],
    ['A\r\n', 'b'],
    ['\u0141', 'b'],
  ] as const)
    assert.throws(() => fieldLines([name, value]), FieldError, JSON.stringify([name, value]))
})
