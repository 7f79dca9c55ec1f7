import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WORD_LENGTH_MAX, WORDS_MAX, wordsOf } from './words.ts'

void test('words are runs of letters, digits and underscores, whatever their case', () => {
  assert.deepEqual(wordsOf('Order-4711 took 3.5ms: ÄRGER_mit "Größe" ÄRGER_MIT'), [
    'order',
    '4711',
    'took',
    '3',
    '5ms',
    'ärger_mit',
    'größe',
  ])
  assert.deepEqual(wordsOf(' * " -- '), [])
})

void test('long words and many words are bounded', () => {
  assert.deepEqual(wordsOf('x'.repeat(1_000)), ['x'.repeat(WORD_LENGTH_MAX)])
  const many = Array.from({ length: WORDS_MAX + 10 }, (_, index) => `w${index}`).join(' ')
  assert.equal(wordsOf(many).length, WORDS_MAX)
})
