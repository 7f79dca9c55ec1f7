import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bodyOf, CloseBody, dropSet, ResponseHead, ResponseReader } from './index.ts'
import { readsAnswer, rejectsAnswer } from './testing.ts'

const GET = { method: 'GET', websocket: false }
const HEAD = { method: 'HEAD', websocket: false }
const WEBSOCKET = { method: 'GET', websocket: true }

void test('an answer is read like a request', () => {
  const head = readsAnswer(
    'HTTP/1.1 404 Not  found\xe9 \r\nServer: x\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nContent-Length: 3\r\n\r\n',
  )
  assert.equal(head.status, 404)
  assert.equal(head.version, 11)
  assert.equal(head.reason, 'Not  found\xe9 ')
  assert.deepEqual(head.all('set-cookie'), ['a', 'b'])
  assert.equal(head.endToEnd(dropSet(['server'])), 'Set-Cookie: a\r\nSet-Cookie: b\r\n')
  assert.equal(readsAnswer('HTTP/1.1 200 \r\n\r\n').reason, '')
  assert.equal(readsAnswer('HTTP/1.1 200\r\n\r\n').reason, '')
  assert.equal(readsAnswer('HTTP/1.1 999 Odd\r\n\r\n').status, 999)
})

void test('a head is passed on in one piece where line and length say what would be written anew', () => {
  const line = 'HTTP/1.1 200 OK\r\n'
  const passedOn = (text: string): string | null => readsAnswer(text).passedOn(line, dropSet(['x-drop']))
  assert.equal(
    passedOn(line + 'X-Drop: 1\r\nX: 1\r\nCONTENT-length: 3\r\nServer: y\r\n\r\n'),
    line + 'X: 1\r\nCONTENT-length: 3\r\nServer: y\r\n',
  )
  for (const length of ['0', ' 0', '10', ' 10']) {
    assert.equal(passedOn(`${line}Content-Length:${length}\r\n\r\n`), `${line}Content-Length:${length}\r\n`)
  }
  for (const length of ['00', ' 03', '  3', '3 ', ' 3  ']) {
    assert.equal(passedOn(`${line}Content-Length:${length}\r\n\r\n`), null, JSON.stringify(length))
  }
  for (const other of ['HTTP/1.0 200 OK', 'HTTP/1.1 200 Fine', 'HTTP/1.1 200', 'HTTP/1.1 200 OK ', 'HTTP/1.1 201 OK']) {
    assert.equal(passedOn(`${other}\r\nContent-Length: 3\r\n\r\n`), null, other)
  }
  assert.equal(passedOn(`${line}Transfer-Encoding: chunked\r\n\r\n`), null)
})

void test('where the body ends follows from status, question and fields, in this order', () => {
  const framing = (status: number, fields: string, asked = GET): [string, number, boolean] => {
    const head = readsAnswer(`HTTP/1.1 ${status} X\r\n${fields}\r\n`, asked)
    return [head.framing, head.contentLength, head.keepAlive]
  }
  assert.deepEqual(framing(200, 'Content-Length: 3\r\n'), ['length', 3, true])
  assert.deepEqual(framing(200, 'Content-Length: 0\r\n'), ['length', 0, true])
  assert.deepEqual(framing(200, 'Transfer-Encoding: Chunked\r\n'), ['chunked', -1, true])
  assert.deepEqual(framing(200, ''), ['close', -1, false])
  assert.deepEqual(framing(200, 'Connection: keep-alive\r\n'), ['close', -1, false])
  assert.deepEqual(framing(200, 'Content-Length: 3\r\n', HEAD), ['none', 3, true])
  assert.deepEqual(framing(200, '', HEAD), ['none', -1, true])
  assert.deepEqual(framing(200, 'Transfer-Encoding: chunked\r\n', HEAD), ['none', -1, true])
  assert.deepEqual(framing(304, 'Content-Length: 3\r\n'), ['none', 3, true])
  assert.deepEqual(framing(204, ''), ['none', -1, true])
  assert.deepEqual(framing(204, 'Content-Length: 0\r\n'), ['none', -1, true])
  // What announces a body that may not be is not trusted with another request.
  assert.deepEqual(framing(204, 'Content-Length: 3\r\n'), ['none', -1, false])
  assert.deepEqual(framing(204, 'Transfer-Encoding: chunked\r\n'), ['none', -1, false])
  assert.deepEqual(framing(103, 'Content-Length: 3\r\n'), ['none', -1, false])
})

void test('a connection is used again only where both versions and fields allow it', () => {
  const keeps = (version: string, fields: string): boolean =>
    readsAnswer(`HTTP/${version} 200 OK\r\nContent-Length: 0\r\n${fields}\r\n`).keepAlive
  assert.equal(keeps('1.1', ''), true)
  assert.equal(keeps('1.1', 'Connection: Close\r\n'), false)
  assert.equal(keeps('1.0', ''), false)
  assert.equal(keeps('1.0', 'Connection: keep-alive\r\n'), true)
  assert.equal(keeps('1.0', 'Connection: keep-alive\r\nConnection: close\r\n'), false)
})

void test('answers before the answer are known, and a switch of protocols only where one was asked for', () => {
  assert.equal(readsAnswer('HTTP/1.1 100 Continue\r\n\r\n').interim, true)
  assert.equal(readsAnswer('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n').interim, true)
  assert.equal(readsAnswer('HTTP/1.1 200 OK\r\n\r\n').interim, false)
  rejectsAnswer('HTTP/1.0 103 Early Hints\r\n\r\n', 'interim')
  rejectsAnswer('HTTP/1.1 103 Early Hints\r\nConnection: close\r\n\r\n', 'interim')
  const switched = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'
  const head = readsAnswer(switched, WEBSOCKET)
  assert.deepEqual([head.interim, head.framing, head.keepAlive], [false, 'none', false])
  rejectsAnswer(switched, 'unasked-upgrade')
  rejectsAnswer('HTTP/1.1 101 S\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n', 'unasked-upgrade', WEBSOCKET)
  rejectsAnswer('HTTP/1.1 101 S\r\n\r\n', 'unasked-upgrade', WEBSOCKET)
})

void test('a head object forgets the answer before', () => {
  const reader = new ResponseReader()
  const head = new ResponseHead()
  const read = (text: string): void => {
    const bytes = Buffer.from(text, 'latin1')
    assert.equal(reader.push(bytes, 0, bytes.length, head, GET), bytes.length)
    assert.equal(reader.refusal, null)
  }
  read('HTTP/1.1 103 Early Hints\r\nConnection: x\r\nLink: a\r\n\r\n')
  read('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n')
  assert.deepEqual(
    [head.status, head.interim, head.framing, head.contentLength, head.keepAlive, head.connectionNames],
    [200, false, 'length', 3, true, []],
  )
  read('HTTP/1.0 200 OK\r\n\r\n')
  assert.deepEqual([head.version, head.framing, head.contentLength, head.fieldCount], [10, 'close', -1, 0])
  assert.equal(bodyOf(head)?.constructor, CloseBody)
  read('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
  assert.equal(head.keepAlive, false)
  read('HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n')
  assert.equal(head.keepAlive, true)
  read('HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n')
  assert.equal(head.keepAlive, false)
  read('HTTP/1.1 204 No\r\n\r\n')
  assert.equal(bodyOf(head), null)
})

void test('what can be read in two ways is refused', () => {
  const answer = (fields: string): string => `HTTP/1.1 200 OK\r\n${fields}\r\n\r\n`
  for (const [code, text] of [
    ['status-line', 'HTTP/2.0 200 OK\r\n\r\n'],
    ['status-line', 'HTTP/1.2 200 OK\r\n\r\n'],
    ['status-line', 'HTTP/0.9 200 OK\r\n\r\n'],
    ['status-line', 'http/1.1 200 OK\r\n\r\n'],
    ['status-line', ' HTTP/1.1 200 OK\r\n\r\n'],
    ['status-line', '\r\nHTTP/1.1 200 OK\r\n\r\n'],
    ['status-line', 'HTTP/1.1  200 OK\r\n\r\n'],
    ['status-line', 'HTTP/1.1 20 OK\r\n\r\n'],
    ['status-line', 'HTTP/1.1 2000 OK\r\n\r\n'],
    ['status-line', 'HTTP/1.1 099 OK\r\n\r\n'],
    ['status-line', 'HTTP/1.1 +20 OK\r\n\r\n'],
    ['status-line', 'HTTP/1.1 200 O\0K\r\n\r\n'],
    ['status-line', 'ICY 200 OK\r\n\r\n'],
    ['status-line', '<html>hello</html>\r\n\r\n'],
    ['line-end', 'HTTP/1.1 200 OK\nContent-Length: 0\n\n'],
    ['line-end', 'HTTP/1.1 200 OK\rContent-Length: 0\r\n\r\n'],
    ['length-twice', answer('Content-Length: 1\r\nContent-Length: 1')],
    ['length', answer('Content-Length: 1, 1')],
    ['length', answer('Content-Length: +1')],
    ['length', answer('Content-Length: ')],
    ['length-with-coding', answer('Content-Length: 1\r\nTransfer-Encoding: chunked')],
    ['coding', answer('Transfer-Encoding: gzip, chunked')],
    ['coding', answer('Transfer-Encoding: identity')],
    ['coding', answer('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked')],
    ['coding', 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['connection', answer('Connection: content-length')],
    ['folded-line', answer('X: a\r\n b')],
    ['field-name', answer('X : a')],
    ['field-name', answer('X y: a')],
    ['line-end', answer('X')],
    ['field-value', answer('X: \0')],
    ['line-end', answer('X: a\nSet-Cookie: b')],
    ['line-end', answer('X: a\rSet-Cookie: b')],
    ['too-many-fields', answer('X: a\r\n'.repeat(250) + 'X: a')],
    ['head-too-long', answer(`X: ${'a'.repeat(65_536)}`)],
  ] as const)
    rejectsAnswer(text, code)
})
