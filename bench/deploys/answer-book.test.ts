import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Answer } from '../../test/support/load.ts'
import { AnswerBook } from './answer-book.ts'

const MS = 1e6

function answer(beganMs: number, endedMs: number, release: string | null, failure: string | null = null): Answer {
  return { beganNs: beganMs * MS, endedNs: endedMs * MS, method: 'GET', fresh: false, status: 200, release, failure }
}

test('an old answer to a request begun after the last acknowledgement is a flip-back, although it was added before', () => {
  const book = new AnswerBook()
  book.add(answer(90, 120, 'r1'))
  book.add(answer(111, 120, 'r1'))
  book.add(answer(111, 120, 'r2'))
  book.switched({ to: 'r2', firstAckNs: 100 * MS, lastAckNs: 110 * MS })
  book.fold()
  assert.equal(book.totals.flipBacks, 1)
  assert.equal(book.totals.requests, 3)
})

test('a failure and an answer that names no release are failed requests, told with their place in the deploy', () => {
  const book = new AnswerBook()
  book.switched({ to: 'r2', firstAckNs: 100 * MS, lastAckNs: 110 * MS })
  book.add(answer(111, 112, null))
  book.add(answer(115, 120, null, 'ECONNRESET socket hang up'))
  book.fold()
  assert.equal(book.totals.failed, 2)
  assert.match(book.totals.failures[1]!, /GET kept: ECONNRESET .*began 5\.0 ms, ended 10\.0 ms from the switch to r2/)
})

test('the longest gap lies between two good answers', () => {
  const book = new AnswerBook()
  book.add(answer(0, 10, 'r1'))
  book.add(answer(10, 40, null, 'status 503'))
  book.add(answer(40, 75, 'r1'))
  book.fold()
  assert.equal(book.totals.longestGapMs, 65)
})
