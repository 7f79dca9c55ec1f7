import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CHARS } from '../detector.ts'
import type { Detector } from '../detector.ts'
import { ENGINE_CHARS } from './chars.ts'
import { createScanner } from './scanner.ts'

function detector(name: string, chars: number, words: readonly string[], needs?: 'both'): Detector {
  return { name, chars, words, ...(needs === undefined ? {} : { needs }), detect: () => {} }
}

const detectors = [
  detector('quotes', CHARS.quote, []),
  detector('words', 0, ['select', 'elect', 'ect*', 'union', 'reunions']),
  detector('either', CHARS.paren, ['sleep']),
  detector('both', CHARS.paren | CHARS.star, ['sleep'], 'both'),
]

const scanner = createScanner(detectors)

function asked(text: string): string[] {
  scanner.scan(text)
  return detectors.filter((_, index) => (scanner.asked & (1 << index)) !== 0).map(({ name }) => name)
}

function mask(text: string): number {
  scanner.scan(text)
  return scanner.mask
}

void test('a detector is asked for its characters, for its words, or for both together', () => {
  assert.deepEqual(asked('plain words 42'), [])
  assert.deepEqual(asked("O'Brien"), ['quotes'])
  assert.deepEqual(asked('(x)'), ['either'])
  assert.deepEqual(asked('SLEEP'), ['either'])
  assert.deepEqual(asked('sleep(1)'), ['either', 'both'])
})

void test('words are found in any case, within others, overlapping and as the end of one another', () => {
  for (const text of [
    'xSeLeCtx',
    'electric',
    'unionunion',
    'seselect',
    'ununion',
    'selecunion',
    'protect*',
    'reunion',
  ]) {
    assert.deepEqual(asked(text), ['words'], text)
  }
  for (const text of ['sel ect', 'selec\u0142t', 'unio', 'niounio', 'ect']) assert.deepEqual(asked(text), [], text)
})

void test('the words found are those that are there, for seeded texts of the same few letters', () => {
  let seed = 7
  const next = (bound: number): number => (seed = (seed * 1103515245 + 12345) % 2147483648) % bound
  const letters = 'selctunioSELECT*'
  for (let count = 0; count < 20_000; count++) {
    const text = Array.from({ length: next(14) }, () => letters[next(letters.length)]!).join('')
    const holds = detectors[1]!.words.some((word) => text.toLowerCase().includes(word))
    assert.equal(asked(text).includes('words'), holds, text)
    // Long texts are read in another way.
    const long = 'x'.repeat(200) + text
    assert.equal(asked(long).includes('words'), holds, long)
  }
})

void test('long texts have the mask of short ones', () => {
  for (let code = 0; code < 0x500; code++) {
    const text = `${String.fromCharCode(code)}--..`
    assert.equal(mask('x'.repeat(200) + text), mask(text) | mask('x'), text)
  }
})

void test('the mask says which characters there are', () => {
  assert.equal(mask(''), 0)
  assert.equal(mask('abc') & ~CHARS.word, 0)
  assert.equal(mask('-- x') & CHARS.comment, CHARS.comment)
  assert.equal(mask('- - x') & CHARS.comment, 0)
  assert.equal(mask('a/*') & CHARS.comment, CHARS.comment)
  assert.equal(mask('a/..b') & CHARS.dotdot, CHARS.dotdot)
  assert.equal(mask('a.b.c') & CHARS.dotdot, 0)
  assert.equal(mask('aGVsbG8_-+/='), mask('aGVsbG8_-+/=') & ~ENGINE_CHARS.other)
  assert.ok((mask('\uff1c') & ENGINE_CHARS.fold) !== 0)
  assert.ok((mask('\u200b') & ENGINE_CHARS.removable) !== 0)
  assert.equal(mask('ü日') & ~(CHARS.nonAscii | CHARS.word), 0)
})

void test('more detectors than there are bits are refused', () => {
  assert.throws(
    () => createScanner(Array.from({ length: 32 }, (_, index) => detector(String(index), 0, []))),
    RangeError,
  )
})
