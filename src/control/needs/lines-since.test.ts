import assert from 'node:assert/strict'
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { LinesSince } from './lines-since.ts'

test('only what was written since the mark counts, also when the file was emptied meanwhile', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-lines-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const lines = new LinesSince(join(folder, 'x.log'))
  lines.mark()
  assert.deepEqual(lines.last(5), [])
  writeFileSync(lines.file, 'of the life before\n')
  lines.mark()
  assert.deepEqual(lines.last(5), [])
  appendFileSync(lines.file, 'one\n\ntwo\nthree\n')
  assert.deepEqual(lines.last(2), ['two', 'three'])
  writeFileSync(lines.file, 'rotated\n')
  assert.deepEqual(lines.last(5), ['rotated'])
})
