import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LINE_BYTES_MAX, createLineSplitter } from './lines.ts'

test('lines are the same however the bytes arrive', () => {
  const bytes = Buffer.from('one\n\ntwo äöü\nthree')
  for (let size = 1; size <= bytes.length; size++) {
    const lines: string[] = []
    const split = createLineSplitter((line) => lines.push(line))
    for (let start = 0; start < bytes.length; start += size)
      assert.equal(split(bytes.subarray(start, start + size)), true)
    assert.deepEqual(lines, ['one', '', 'two äöü'])
  }
})

test('a line beyond the bound is refused, finished or not', () => {
  const ignore = (): void => undefined
  assert.equal(createLineSplitter(ignore)(Buffer.alloc(LINE_BYTES_MAX, 'a')), true)
  assert.equal(createLineSplitter(ignore)(Buffer.alloc(LINE_BYTES_MAX + 1, 'a')), false)
  assert.equal(
    createLineSplitter(ignore)(Buffer.concat([Buffer.alloc(LINE_BYTES_MAX + 1, 'a'), Buffer.from('\n')])),
    false,
  )
})
