/** For the tests of detectors: a value as the engine would hand it over, and what a detector says of it. */
import { CHARS, SCORE, type Detector, type Hit, type Value } from '../detector.ts'

const LETTERS: Readonly<Record<string, number>> = {
  '"': CHARS.quote,
  "'": CHARS.quote,
  '`': CHARS.quote,
  '<': CHARS.angle,
  '>': CHARS.angle,
  '/': CHARS.slash,
  '\\': CHARS.slash,
  ';': CHARS.semicolon,
  '|': CHARS.pipe,
  '&': CHARS.pipe,
  $: CHARS.dollar,
  '{': CHARS.brace,
  '}': CHARS.brace,
  '[': CHARS.bracket,
  ']': CHARS.bracket,
  '(': CHARS.paren,
  ')': CHARS.paren,
  '=': CHARS.equals,
  '!': CHARS.equals,
  '~': CHARS.equals,
  '^': CHARS.equals,
  '\r': CHARS.newline,
  '\n': CHARS.newline,
  ':': CHARS.colon,
  '%': CHARS.percent,
  '*': CHARS.star,
  ' ': CHARS.space,
  '\t': CHARS.space,
  '@': CHARS.at,
  ',': CHARS.comma,
  '#': CHARS.hash | CHARS.comment,
  _: CHARS.underscore,
}

function maskOf(text: string): number {
  let mask = /\.\./.test(text) ? CHARS.dotdot : 0
  if (/--|\/\*/.test(text)) mask |= CHARS.comment
  if (/\d/.test(text)) mask |= CHARS.digit
  if (/[a-z]/i.test(text)) mask |= CHARS.word
  for (const char of text) {
    const code = char.codePointAt(0)!
    mask |= LETTERS[char] ?? (code > 127 ? CHARS.nonAscii : code < 32 ? CHARS.control : 0)
  }
  return mask
}

export function valueOf(text: string, more: Partial<Value> = {}): Value {
  return {
    text,
    lower: text.replaceAll(/[A-Z]+/g, (upper) => upper.toLowerCase()),
    mask: maskOf(text),
    location: 'query',
    name: 'q',
    hint: null,
    rounds: 0,
    document: false,
    method: 'GET',
    ...more,
  }
}

/** Whether `detector` would be asked about `value`, by its triggers. */
export function asks(detector: Detector, value: Value): boolean {
  const chars = (value.mask & detector.chars) !== 0
  const word = detector.words.some((one) => value.lower.includes(one))
  return detector.needs === 'both' ? chars && word : chars || word
}

/** What `detector` reports of `text`; nothing where its triggers would not have met, as in the engine. */
export function hitsOf(detector: Detector, text: string, more: Partial<Value> = {}): readonly Hit[] {
  const value = valueOf(text, more)
  const hits: Hit[] = []
  if (asks(detector, value)) detector.detect(value, (hit) => hits.push(hit))
  return hits
}

/** The rules that alone would refuse `text`. */
export function proofsOf(detector: Detector, text: string, more: Partial<Value> = {}): readonly string[] {
  return hitsOf(detector, text, more)
    .filter(({ score }) => score >= SCORE.proof)
    .map(({ rule }) => rule)
}
