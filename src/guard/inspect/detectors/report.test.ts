import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SCORE, type Hit } from '../detector.ts'
import { telling } from './report.ts'
import { valueOf } from './testing.ts'

function hitsOf(...told: readonly [string, number][]): readonly Hit[] {
  const hits: Hit[] = []
  const detect = telling('rce', (_, tell) => {
    for (const [rule, score] of told) tell(rule, score, 0, 1)
  })
  // The second value sees nothing of the first.
  for (const text of ['a', 'b']) {
    hits.length = 0
    detect(valueOf(text), (hit) => hits.push(hit))
  }
  return hits
}

test('report: hits go out strongest first, each rule once at its strongest, nothing after proof', () => {
  const hits = hitsOf(
    ['a', SCORE.weak],
    ['b', SCORE.strong],
    ['a', SCORE.strong],
    ['b', SCORE.weak],
    ['c', SCORE.proof],
    ['d', SCORE.proof],
  )
  assert.deepEqual(
    hits.map(({ rule, score }) => [rule, score]),
    [
      ['rce.c', SCORE.proof],
      ['rce.a', SCORE.strong],
      ['rce.b', SCORE.strong],
    ],
  )
})

test('report: a value has a bounded number of hits, and proof is never among those left out', () => {
  const many = Array.from({ length: 20 }, (_, index): [string, number] => [`r${index}`, SCORE.weak])
  assert.equal(hitsOf(...many).length, 8)
  assert.equal(hitsOf(...many, ['p', SCORE.proof])[0]!.rule, 'rce.p')
})
