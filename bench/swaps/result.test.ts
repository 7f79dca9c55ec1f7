import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Answer } from '../../test/support/load.ts'
import { describe, longestGap, resultOf } from './result.ts'

const answer = (endedMs: number, failure: string | null = null): Answer => ({
  beganNs: 0,
  endedNs: endedMs * 1e6,
  method: 'GET',
  fresh: true,
  status: failure === null ? 200 : null,
  release: null,
  failure,
})

test('the longest gap is between good answers, whatever failed meanwhile and in whatever order they were told', () => {
  assert.equal(longestGap([answer(30), answer(10), answer(25, 'ECONNREFUSED'), answer(15)]), 15)
  assert.equal(longestGap([answer(10)]), 0)
})

test('what failed is counted by its words', () => {
  const answers = [answer(1), answer(2, 'cut'), answer(3, 'cut'), answer(4, 'refused')]
  const result = resultOf('compose', { answers, tookMs: [3000, 1000, 2000] })
  assert.deepEqual([result.swaps, result.requests, result.medianMs, result.maxMs], [3, 4, 2000, 3000])
  const text = describe([result])
  assert.match(text, /compose +3 +4 +3 +75\.000 % +0 +2\.0 +3\.0/)
  assert.match(text, /compose: 2 x GET fresh: cut\ncompose: 1 x GET fresh: refused/)
})
