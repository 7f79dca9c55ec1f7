import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileLinear } from './linear-pattern.ts'

const PARTS = [
  'a',
  'b',
  'ab',
  '.',
  '[ab]',
  '[^a]',
  '\\d',
  '\\.',
  '1',
  '-',
  '(a|b)',
  '(?:ab|a)',
  '(a|)',
  '^',
  '$',
  'é',
  '🙂',
]
const COUNTS = ['', '', '', '*', '+', '?', '{2}', '{1,}', '{0,2}', '*?']
const TEXTS = ['a', 'b', 'c', '1', '.', '-', 'é', '🙂', '\n']

/** The same numbers on every run (mulberry32). */
function numbers(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * below)
  }
}

void test('it takes what the engine takes: 2,000 drawn patterns, 20 values each', () => {
  const below = numbers(7)
  const pick = (from: readonly string[]): string => from[below(from.length)]!
  let matched = 0
  for (let n = 0; n < 2_000; n++) {
    const piece = (): string => {
      const part = pick(PARTS)
      return /^[$^]$/.test(part)
        ? part
        : `${Array.from(part).length > 1 && !/^[[(\\]/.test(part) ? `(${part})` : part}${pick(COUNTS)}`
    }
    const sequence = (): string => Array.from({ length: below(5) }, piece).join('')
    const pattern = Array.from({ length: 1 + below(3) }, sequence).join('|')
    const [own, other] = [compileLinear(pattern), new RegExp(`^(?:${pattern})$`, 'su')]
    for (let m = 0; m < 20; m++) {
      const value = Array.from({ length: below(6) }, () => pick(TEXTS)).join('')
      assert.equal(own(value), other.test(value), `${pattern} of ${JSON.stringify(value)}`)
      if (own(value)) matched++
    }
  }
  assert.ok(matched > 2_000, String(matched))
})

void test('what takes the engine for ever takes as many steps as the value has characters', () => {
  const value = `${'a'.repeat(5_000)}!`
  for (const pattern of ['(a+)+', '(a|a)*', '(a*)*b', '(.*a){20}', 'a?'.repeat(60) + 'a'.repeat(60), '.*'.repeat(90)])
    assert.equal(compileLinear(pattern)(value), pattern.startsWith('.*'), pattern)
})

void test('what no automaton can do, and what is no pattern, is refused', () => {
  for (const wrong of [
    '(?=a)',
    '(?!a)',
    '(?<=a)b',
    '(a)\\1',
    '\\b',
    '\\p{L}',
    '(',
    ')',
    'a)|(b',
    '[a',
    '*',
    'a**',
    'a{2,1}',
    '\\',
    '[b-a]',
  ])
    assert.throws(() => compileLinear(wrong), SyntaxError, wrong)
  assert.throws(() => compileLinear('(a{100}){100}'), /too large/)
})
