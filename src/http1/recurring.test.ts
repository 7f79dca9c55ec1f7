import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dropSet, RequestHead, RequestReader, ResponseHead, ResponseReader } from './index.ts'

const REQUEST = 'POST /a?b=c HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 3\r\nX-Id: 1\r\nConnection: te\r\n\r\n'
const ANSWER = 'HTTP/1.1 200 OK\r\nDate: Mon\r\nContent-Length: 2\r\nKeep-Alive: timeout=5\r\nX-Id: 1\r\n\r\n'
const GET = { method: 'GET', websocket: false }
const DROP = dropSet(['x-id'])
const BEHIND = 'GET /'

/** Reads texts one after the other out of one buffer, as a connection does. */
function requestsOfOne(): (text: string) => unknown {
  const buffer = Buffer.alloc(1024)
  const reader = new RequestReader()
  const head = new RequestHead()
  reader.own(head, buffer)
  return (text) => {
    buffer.write(text + BEHIND, 'latin1')
    const end = reader.push(buffer, 0, text.length + BEHIND.length, head)
    if (end === -1 || reader.refusal !== null) {
      const { refusal } = reader
      reader.reset()
      return [end, refusal]
    }
    const { method, target, host, version, contentLength, chunked, keepAlive, websocket, expectContinue } = head
    const known = [method, target, host, version, contentLength, chunked, keepAlive, websocket, expectContinue]
    return [end, ...known, head.text, head.pairs(), head.connectionNames, head.passedOn(DROP)]
  }
}

function answersOfOne(): (text: string, asked?: { readonly method: string; readonly websocket: boolean }) => unknown {
  const buffer = Buffer.alloc(1024)
  const reader = new ResponseReader()
  const head = new ResponseHead()
  reader.own(head, buffer)
  return (text, asked = GET) => {
    buffer.write(text + BEHIND, 'latin1')
    const end = reader.push(buffer, 0, text.length + BEHIND.length, head, asked)
    if (end === -1 || reader.refusal !== null) {
      const { refusal } = reader
      reader.reset()
      return [end, refusal]
    }
    const { status, version, framing, contentLength, keepAlive, interim, hasDate, isEventStream } = head
    const known = [status, version, framing, contentLength, keepAlive, interim, hasDate, isEventStream]
    const passed = [head.passedOn('HTTP/1.1 200 OK\r\n', DROP), head.passedOn('HTTP/1.1 204 No Content\r\n', DROP)]
    return [end, ...known, head.keepAliveSeconds, head.text, head.pairs(), head.connectionNames, ...passed]
  }
}

/** `text` with one byte replaced, left out or doubled, at every place. */
function* alterations(text: string): Generator<string> {
  for (let at = 0; at < text.length; at++) {
    for (const other of ['', text[at]!.repeat(2), 'x', '0', '9', ' ', ':', '\r', '\n', '\0', '\u00e9']) {
      yield text.slice(0, at) + other + text.slice(at + 1)
    }
  }
}

void test('a head behind one that it nearly repeats is read as if it had come first', () => {
  const request = requestsOfOne()
  for (const altered of alterations(REQUEST)) {
    for (const text of [REQUEST, REQUEST, altered, altered, REQUEST]) {
      assert.deepEqual(request(text), requestsOfOne()(text), JSON.stringify(text))
    }
  }
  const answer = answersOfOne()
  for (const altered of alterations(ANSWER)) {
    for (const text of [ANSWER, ANSWER, altered, altered, ANSWER]) {
      assert.deepEqual(answer(text), answersOfOne()(text), JSON.stringify(text))
    }
  }
})

void test('whether an answer has a body depends on what was asked this time', () => {
  const answer = answersOfOne()
  const HEAD = { method: 'HEAD', websocket: false }
  for (const asked of [GET, GET, HEAD, HEAD, GET, GET]) {
    assert.deepEqual(answer(ANSWER, asked), answersOfOne()(ANSWER, asked))
  }
})

void test('what repeats is known, in one buffer only, and not what came in pieces', () => {
  const head = new RequestHead()
  const reader = new RequestReader()
  const [buffer, other] = [Buffer.alloc(1024), Buffer.alloc(1024)]
  reader.own(head, buffer)
  const read = (text: string, into = buffer): boolean => {
    into.write(text, 'latin1')
    assert.notEqual(reader.push(into, 0, text.length, head), -1)
    assert.equal(reader.refusal, null)
    assert.equal(head.text, REQUEST)
    return head.recurs
  }
  const known = [buffer, buffer, buffer, other, other, buffer, buffer, buffer].map((into) => read(REQUEST, into))
  assert.deepEqual(known, [false, true, true, false, false, false, true, true])
  assert.equal(read('\r\n' + REQUEST), false)
  buffer.write(REQUEST, 'latin1')
  assert.equal(reader.push(buffer, 0, 9, head), -1)
  assert.equal(reader.push(buffer, 9, REQUEST.length, head), REQUEST.length)
  assert.equal(head.recurs, false)
  assert.deepEqual([read(REQUEST), read(REQUEST)], [false, true])
  // An empty line alone, and the request that it stands before: behind that one there may be another.
  buffer.write('\r\n', 'latin1')
  assert.equal(reader.push(buffer, 0, 2, head), -1)
  read(REQUEST)
  assert.equal(read('\r\n' + REQUEST), false)
})

void test('the end of a head that came in pieces is not taken for a head', () => {
  const buffer = Buffer.alloc(1024)
  const reader = new RequestReader()
  const head = new RequestHead()
  reader.own(head, buffer)
  const end = REQUEST.slice(9)
  for (let round = 0; round < 3; round++) {
    buffer.write(REQUEST, 'latin1')
    assert.equal(reader.push(buffer, 0, 9, head), -1)
    assert.equal(reader.push(buffer, 9, REQUEST.length, head), REQUEST.length)
    assert.equal(head.recurs, false)
  }
  buffer.write(end, 'latin1')
  reader.push(buffer, 0, end.length, head)
  assert.equal(reader.refusal?.code, 'request-line')
})

void test('the end of an answer’s head that came in pieces is not taken for a head either', () => {
  const buffer = Buffer.alloc(1024)
  const reader = new ResponseReader()
  const head = new ResponseHead()
  reader.own(head, buffer)
  for (let round = 0; round < 3; round++) {
    buffer.write(ANSWER, 'latin1')
    assert.equal(reader.push(buffer, 0, 9, head, GET), -1)
    assert.equal(reader.push(buffer, 9, ANSWER.length, head, GET), ANSWER.length)
  }
  buffer.write(ANSWER.slice(9), 'latin1')
  reader.push(buffer, 0, ANSWER.length - 9, head, GET)
  assert.equal(reader.refusal?.status, 502)
})

void test('a head that another reader has read into, or owned, says nothing of what its owner read before', () => {
  const buffer = Buffer.alloc(1024)
  const [owner, stranger] = [new RequestReader(), new RequestReader()]
  const head = new RequestHead()
  const other = REQUEST.replace('POST', 'PUT').replace('Length: 3', 'Length: 4')
  const read = (reader: RequestReader, text: string): readonly unknown[] => {
    buffer.write(text, 'latin1')
    const end = reader.push(buffer, 0, text.length, head)
    return [end === -1 || end === text.length, head.recurs, head.method, head.contentLength]
  }
  owner.own(head, buffer)
  read(owner, REQUEST)
  assert.deepEqual(read(owner, REQUEST), [true, true, 'POST', 3])
  assert.deepEqual(read(stranger, other), [true, false, 'PUT', 4])
  assert.deepEqual(read(owner, REQUEST), [true, false, 'POST', 3])
  owner.own(head, buffer)
  read(owner, REQUEST)
  // Not even all of it, and nothing that can be read.
  for (const part of [other.slice(0, 40), '\0']) {
    read(stranger, part)
    stranger.reset()
    assert.deepEqual(read(owner, REQUEST), [true, false, 'POST', 3])
    owner.own(head, buffer)
    read(owner, REQUEST)
  }
  stranger.own(head, buffer)
  assert.deepEqual(read(stranger, other), [true, false, 'PUT', 4])
  assert.deepEqual(read(stranger, other), [true, true, 'PUT', 4])
  assert.deepEqual(read(owner, REQUEST), [true, false, 'POST', 3])
  assert.deepEqual(read(stranger, other), [true, false, 'PUT', 4])
})

void test('where heads have not repeated for a while, only some are remembered', () => {
  const head = new RequestHead()
  const reader = new RequestReader()
  const buffer = Buffer.alloc(1024)
  reader.own(head, buffer)
  const isKnown = (target: string): boolean => {
    const text = REQUEST.replace('/a', target)
    buffer.write(text, 'latin1')
    reader.push(buffer, 0, text.length, head)
    return head.recurs
  }
  for (let index = 0; index < 20; index++) assert.equal(isKnown(`/${index}`), false)
  const repeated = Array.from({ length: 20 }, () => isKnown('/a'))
  assert.deepEqual(repeated.slice(0, 2), [false, false])
  assert.equal(repeated.at(-1), true)
})
