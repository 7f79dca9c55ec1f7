import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createScanner } from '../scan/scanner.ts'
import { decodeBase64 } from './base64.ts'
import { decodePart } from './percent.ts'
import { decodeRound } from './round.ts'
import { decodeUtf7 } from './utf7.ts'

const scanner = createScanner([])

function maskOf(text: string): number {
  scanner.scan(text)
  return scanner.mask
}

function round(text: string): string {
  return decodeRound(text, maskOf(text))
}

function base64(text: string): string | null {
  return decodeBase64(text, maskOf(text))
}

void test('a part of a URL is decoded once, as the most lenient readers do', () => {
  const cases: readonly [encoded: string, decoded: string][] = [
    ['plain', 'plain'],
    ['a+b%20c', 'a b c'],
    ['%C3%A9%E2%82%AC%F0%9F%98%80', 'é€😀'],
    ['%2527', '%27'],
    // Too long for their character: `/`, `.`, `<`.
    ['%c0%af%c0%ae%e0%80%bc', '/.<'],
    // A second byte that is none, as IIS took it.
    ['%c0%2f%c1%1c', '/\\'],
    ['%u003cscript%u003E', '<script>'],
    ['%ff%80x', '\ufffd\ufffdx'],
    ['%e2%82', '\ufffd\ufffd'],
    ['%ed%a0%80', '\ufffd'],
    ['100%', '100%'],
    ['%4', '%4'],
    ['%zz%u12', '%zz%u12'],
  ]
  for (const [encoded, decoded] of cases) assert.equal(decodePart(encoded, true), decoded, encoded)
  assert.equal(decodePart('a+b%2Bc', false), 'a+b+c')
})

void test('a round undoes every kind of encoding, from left to right', () => {
  const cases: readonly [encoded: string, decoded: string][] = [
    ['%3Cb%3E', '<b>'],
    ['&lt;b&#62;&#x3c;&#X3C&#00060x', '<b><<<x'],
    ['java&Tab;script&colon;', 'java\tscript:'],
    ['&ltb', '&ltb'],
    ['&lt b', '< b'],
    ['a&b=c&copy=1', 'a&b=c&copy=1'],
    ['\\x3cb\\u003e\\u{3c}\\u{00003c}', '<b><<'],
    ['\\74b\\074', '<b<'],
    ['\\3c b', '<b'],
    ['\\00003cb', '<b'],
    ['\\/a', '/a'],
    ['C:\\new\\table\\d', 'C:\\new\\table\\d'],
    ['\uff1cscript\uff1e', '<script>'],
    ['un\u200bion sel\0ect\ufeff', 'union select'],
    ['..\u2215', '../'],
    ['+ADw-b+AD4-', '<b>'],
  ]
  for (const [encoded, decoded] of cases) assert.equal(round(encoded), decoded, encoded)
})

void test('a round that changes nothing gives the very same text back', () => {
  for (const text of [
    '',
    'plain',
    'O\u2019Brien & Sons, 100% + 5 \\o/',
    'Иванов',
    '日本語',
    'a+b=c',
    '+Ab',
    '&;&#;&#x;',
  ]) {
    assert.equal(round(text), text)
  }
})

void test('UTF-7 is taken for it only where it hides printable ASCII', () => {
  assert.equal(decodeUtf7('+ADw-script+AD4-alert(1)+ADw-/script+AD4-'), '<script>alert(1)</script>')
  assert.equal(decodeUtf7('1+A-2'), '1+A-2')
  assert.equal(decodeUtf7('key+AAAAAAAA'), 'key+AAAAAAAA')
  assert.equal(decodeUtf7('+ADw'), '<')
})

void test('base64 of printable text is read, with either alphabet, with and without padding; random tokens are not', () => {
  const text = '<script>alert("ü?>")</script>'
  assert.equal(base64(Buffer.from(text).toString('base64')), text)
  assert.equal(base64(Buffer.from(text).toString('base64url')), text)
  for (const token of [
    '84b71484bb9c961326252869d991cdaa',
    'Uk7fxYccM7zU6iZRYoMoiERX2FGHd3q5',
    'short',
    'YWJj',
    'AAAAAAAAAAAAAAAA',
    'a=bcdefghijklmnop',
  ]) {
    assert.equal(base64(token), null, token)
  }
})

void test('no round makes a text longer, whatever it is made of', () => {
  const units = [
    '%',
    '%4',
    '%41',
    '%c0%af',
    '%u0041',
    '&',
    '&#x',
    '&#x41;',
    '&lt;',
    '&amp;',
    '\\',
    '\\x41',
    '\\u{41}',
    '\\00004',
    '\u200b',
    '\uff1c',
    '+ADw-',
    'a',
    ' ',
  ]
  let seed = 4
  const next = (bound: number): number => (seed = (seed * 1103515245 + 12345) % 2147483648) % bound
  for (let count = 0; count < 20_000; count++) {
    const text = Array.from({ length: 1 + next(12) }, () => units[next(units.length)]!).join('')
    const decoded = round(text)
    assert.ok(decoded.length <= text.length, JSON.stringify(text))
    assert.equal(decoded === text, decodeRound(text, -1) === text, JSON.stringify(text))
  }
})
