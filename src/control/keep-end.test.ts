import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { keepEnd } from './keep-end.ts'

test('the last whole lines that fit are kept, and what was cut is said', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-keep-end-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'job.log')
  for (const [text, kept] of [
    ['one\ntwo\n', 'one\ntwo\n'],
    ['one\ntwo\nthree\n', '(4 bytes before this were cut)\ntwo\nthree\n'],
    ['one long line', '(2 bytes before this were cut)\ne long line'],
  ] as const) {
    writeFileSync(file, text)
    keepEnd(file, 11)
    assert.equal(readFileSync(file, 'utf8'), kept)
  }
  keepEnd(join(folder, 'none'), 11)
  assert.equal(existsSync(join(folder, 'none')), false)
})
