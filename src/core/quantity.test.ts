import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseDuration, parseFactor, parseRate, parseRatio, parseSize, type Parsed } from './quantity.ts'

function valueOf<T>(parsed: Parsed<T>): T | string {
  return parsed.ok ? parsed.value : parsed.expected
}

test('durations become whole milliseconds, fractions without dirt', () => {
  const cases: readonly [string, number][] = [
    ['0s', 0],
    ['200ms', 200],
    ['30s', 30_000],
    ['5min', 300_000],
    ['6h', 21_600_000],
    ['30d', 2_592_000_000],
    ['0.3s', 300],
    ['1.1s', 1100],
    ['0.07h', 252_000],
  ]
  for (const [text, ms] of cases) assert.equal(valueOf(parseDuration(text)), ms, text)
})

test('what is no duration is answered with a sentence and an example', () => {
  const wrong = ['', '5', 's', '5m', '5 s', '-5s', '+5s', '1e3s', 'NaNs', 'Infinitys', '0.5ms', '.5s', '5.s', '5S']
  wrong.push('5constructor', '5toString', ' 5s', '5s ', '5s\n', '9007199254740992ms', `${'9'.repeat(200)}d`)
  for (const text of wrong) {
    assert.equal(
      valueOf(parseDuration(text)),
      "a duration; write a number with ms, s, min, h or d, such as '30s'",
      JSON.stringify(text),
    )
  }
  assert.equal(valueOf(parseDuration('9007199254740991ms')), Number.MAX_SAFE_INTEGER)
})

test('ratios are the number one would write', () => {
  const cases: readonly [string, number][] = [
    ['99.9%', 0.999],
    ['0.1%', 0.001],
    ['70%', 0.7],
    ['99.99%', 0.9999],
    ['29%', 0.29],
    ['100%', 1],
    ['0%', 0],
  ]
  for (const [text, ratio] of cases) assert.equal(valueOf(parseRatio(text)), ratio, text)
  for (const text of ['', '%', '101%', '100.1%', '-1%', '0.5', '50 %', 'NaN%', '1e1%', '5%%']) {
    assert.match(String(valueOf(parseRatio(text))), /^a ratio; .*'99\.9%'$/, text)
  }
})

test('sizes become whole bytes', () => {
  assert.equal(valueOf(parseSize('64KiB')), 65_536)
  assert.equal(valueOf(parseSize('10MiB')), 10_485_760)
  assert.equal(valueOf(parseSize('20GiB')), 21_474_836_480)
  assert.equal(valueOf(parseSize('0.5KiB')), 512)
  for (const text of ['10MB', '10', '10mib', '-1KiB', '0.3B', '9000000TiB', '']) {
    assert.match(String(valueOf(parseSize(text))), /^a size; .*'10MiB'$/, text)
  }
})

test('rates hold a count and the time it is counted over', () => {
  assert.deepEqual(valueOf(parseRate('300/s')), { count: 300, perMs: 1000 })
  assert.deepEqual(valueOf(parseRate('60/min')), { count: 60, perMs: 60_000 })
  assert.deepEqual(valueOf(parseRate('1000/h')), { count: 1000, perMs: 3_600_000 })
  assert.deepEqual(valueOf(parseRate('5/5min')), { count: 5, perMs: 300_000 })
  for (const text of ['', '5', '5/', '/s', '0/s', '5/0s', '-5/s', '1.5/s', '5/m', '5/s/s', '9007199254740992/s']) {
    const parsed = parseRate(text)
    assert.ok(!parsed.ok && parsed.expected.startsWith('a rate; '), text)
  }
})

test('factors are at least 1', () => {
  assert.equal(valueOf(parseFactor('1.5x')), 1.5)
  assert.equal(valueOf(parseFactor('1x')), 1)
  for (const text of ['0.9x', '1.5', 'x', '-2x', '1.5X', `${'9'.repeat(30)}x`]) {
    assert.match(String(valueOf(parseFactor(text))), /^a factor/, text)
  }
})
