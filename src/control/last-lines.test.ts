import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { lastLines } from './last-lines.ts'

test('the last lines are found also where the file was rotated a moment ago', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-last-lines-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'job.log')
  assert.deepEqual(lastLines(file, 3), [])
  writeFileSync(`${file}.1`, 'one\ntwo\nthree\n')
  writeFileSync(file, '')
  assert.deepEqual(lastLines(file, 2), ['two', 'three'])
  writeFileSync(file, 'four\n\nfive\n')
  assert.deepEqual(lastLines(file, 3), ['three', 'four', 'five'])
  assert.deepEqual(lastLines(file, 2), ['four', 'five'])
})
