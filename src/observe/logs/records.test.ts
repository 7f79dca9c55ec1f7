import assert from 'node:assert/strict'
import { test } from 'node:test'
import { randomFrom } from '../../../test/seeded/random.ts'
import { CHUNK_BYTES } from './tail.ts'
import { CONTINUED_MAX, CUT_MARK, cutRecords, cutText, LINE_BYTES_MAX } from './records.ts'

const cut = (text: string, options: { isEnd?: boolean; skipping?: boolean } = {}) =>
  cutRecords(Buffer.from(text), { isEnd: options.isEnd ?? false, skipping: options.skipping ?? false })

void test('a stack trace belongs to its line; the last record is kept back until the end is known', () => {
  const text = 'one\r\n\nTypeError: x\n    at a (b.ts:1)\n\tat c\ntwo\n  more\n'
  assert.deepEqual(cut(text), {
    records: ['one\r', 'TypeError: x\n    at a (b.ts:1)\n\tat c'],
    consumed: text.indexOf('two'),
    skipping: false,
  })
  assert.deepEqual(cut(text, { isEnd: true }).records.at(-1), 'two\n  more')
  assert.equal(cut(text, { isEnd: true }).consumed, text.length)
})

void test('a line without its end waits for it, wherever the bytes were parted', () => {
  const bytes = Buffer.from('first\nzweite Zeile: größer\nthird\n')
  for (let size = 1; size <= bytes.length; size++) {
    const seen: string[] = []
    let rest: Buffer = Buffer.alloc(0)
    for (let at = 0; at < bytes.length; at += size) {
      rest = Buffer.concat([rest, bytes.subarray(at, at + size)])
      const { records, consumed } = cutRecords(rest, { isEnd: at + size >= bytes.length, skipping: false })
      seen.push(...records)
      rest = rest.subarray(consumed)
    }
    assert.deepEqual(seen, ['first', 'zweite Zeile: größer', 'third'], `by ${size} bytes`)
  }
  assert.deepEqual(cut('no end', { isEnd: true }).records, ['no end'])
})

void test('a line of ten megabytes is cut once and its rest left out', () => {
  const bytes = Buffer.from(`${'x'.repeat(10_000_000)}\nnext\nlast\n`)
  const seen: string[] = []
  let skipping = false
  let consumed = 0
  for (let at = 0; at < bytes.length; at += consumed) {
    const chunk = bytes.subarray(at, at + 1024 * 1024)
    const read = cutRecords(chunk, { isEnd: at + chunk.length === bytes.length, skipping })
    seen.push(...read.records)
    ;({ skipping, consumed } = read)
    assert.ok(consumed > 0, 'it gets on')
  }
  assert.deepEqual(seen.slice(1), ['next', 'last'])
  assert.equal(cutText(seen[0]!), 'x'.repeat(LINE_BYTES_MAX) + CUT_MARK)
})

void test('a cut never leaves half a character', () => {
  const text = 'a' + 'é'.repeat(LINE_BYTES_MAX)
  assert.match(cutText(text), /^aé+ \[cut\]$/)
  assert.equal(cutText('short'), 'short')
})

void test('lines that go on for ever stand for themselves in the end', () => {
  const { records } = cut('head\n' + ' more\n'.repeat(CONTINUED_MAX + 1), { isEnd: true })
  assert.deepEqual(
    records.map((record) => record.split('\n').length),
    [CONTINUED_MAX + 1, 1],
  )
})

void test('whatever is written, every chunk gets on', () => {
  const random = randomFrom(7)
  for (let round = 0; round < 200; round++) {
    const text = Array.from({ length: 40 }, () => {
      const length = random.below(random.chance(0.5) ? 200_000 : 300)
      return `${random.chance(0.8) ? ' ' : ''}${'x'.repeat(length)}\n`
    }).join('')
    const chunk = Buffer.from(text).subarray(0, CHUNK_BYTES)
    const { consumed } = cutRecords(chunk, { isEnd: chunk.length < CHUNK_BYTES, skipping: random.chance(0.2) })
    assert.ok(consumed > 0, `round ${round}`)
  }
})
