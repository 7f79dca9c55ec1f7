import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FieldError, ResponseHead, ResponseReader } from '../../http1/index.ts'
import { RelayedAnswer } from '../relayed-answer.ts'
import { answerHead } from './answer-head.ts'

const GET = { method: 'GET', version: 11, websocket: false } as const

function headFor(release: string): string {
  const bytes = Buffer.from('HTTP/1.1 200 OK\r\nDate: Mon\r\nContent-Length: 0\r\n\r\n')
  const head = new ResponseHead()
  new ResponseReader().push(bytes, 0, bytes.length, head, GET)
  const answer = new RelayedAnswer(head, { first: null, ended: true, sink: null, resume() {}, abandon() {} })
  answer.replaceOwn([], 'Seaworthy-Release', release, 'X-Correlation-Id', 'id')
  return answerHead(answer, GET, 'Connection: keep-alive\r\n').text
}

void test('each answer names its own release, and one that cannot be written never half', () => {
  const expected = (release: string): string =>
    'HTTP/1.1 200 OK\r\nDate: Mon\r\nContent-Length: 0\r\n' +
    `Seaworthy-Release: ${release}\r\nX-Correlation-Id: id\r\nConnection: keep-alive\r\n\r\n`
  for (let round = 0; round < 2; round++) assert.throws(() => headFor('r\u0142'), FieldError)
  for (const release of ['1', '1', '2', '1']) assert.equal(headFor(release), expected(release))
  for (let round = 0; round < 2; round++) assert.throws(() => headFor('r\u0142'), FieldError)
  assert.equal(headFor('1'), expected('1'))
})
