import assert from 'node:assert/strict'
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, truncateSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { LogMarks } from './log-marks.ts'

test('a mark is set when an output has grown, at most once a second, and goes along with a rotation', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-marks-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const log = join(folder, 'api@1-x-1.log')
  const marks = new LogMarks(folder)
  const note = (now: number): void => marks.note(['api@1-x-1'], now)

  note(1_000)
  assert.equal(existsSync(`${log}.times`), false, 'nothing was written yet')
  appendFileSync(log, 'one\n')
  note(2_000)
  note(3_500)
  appendFileSync(log, 'two\n')
  note(4_000)
  appendFileSync(log, 'three\n')
  note(4_500)
  note(5_000)
  assert.equal(readFileSync(`${log}.times`, 'utf8'), '4 2000\n8 4000\n14 5000\n')

  truncateSync(log, 0)
  appendFileSync(log, 'x\n')
  note(7_000)
  assert.equal(readFileSync(`${log}.1.times`, 'utf8'), '4 2000\n8 4000\n14 5000\n')
  assert.equal(readFileSync(`${log}.times`, 'utf8'), '2 7000\n')
})
