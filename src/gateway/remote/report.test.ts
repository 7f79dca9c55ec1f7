import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { test } from 'node:test'
import { throwawayFolder } from '../testing.ts'
import { notReady, readReport, writeReport } from './report.ts'

void test('ready is a gateway whose workers all have a table, or that has met control before there is one', () => {
  const of = (met: boolean, versions: Record<string, number>): string | null => notReady({ met, workers: 2, versions })
  assert.equal(notReady(null), 'it has only begun to start')
  assert.equal(of(false, { 1: 7, 2: 7 }), null)
  assert.equal(of(true, { 1: 0, 2: 0 }), null)
  assert.equal(of(false, { 1: 0, 2: 0 }), 'control has not been reached, and no table was saved')
  assert.equal(of(true, { 1: 7, 2: 0 }), 'without a table: worker 2')
  assert.equal(of(true, { 1: 0 }), 'without a table: worker 1, 2')
})

void test('what is written is read; nothing is no report', () => {
  const folder = throwawayFolder()
  assert.equal(readReport(folder), null)
  const report = { met: true, workers: 1, versions: { 1: 3 } }
  writeReport(folder, report)
  assert.deepEqual(readReport(folder), report)
  rmSync(folder, { recursive: true })
})
