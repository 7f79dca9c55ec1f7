import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { test } from 'node:test'
import { throwawayFolder } from '../testing.ts'
import { notReady, readReport, writeReport, type Report } from './report.ts'

void test('ready is a gateway whose workers all have a table, or that has met control before there is one', () => {
  const of = (met: Report['met'], versions: Record<string, number>): string | null =>
    notReady({ met, workers: 2, versions })
  assert.equal(notReady(null), 'it has only begun to start')
  assert.equal(of('not', { 1: 7, 2: 7 }), null)
  assert.equal(of('empty', { 1: 0, 2: 0 }), null)
  // Control has one, and it is still on its way.
  assert.equal(of('whole', { 1: 0, 2: 0 }), 'without a table: worker 1, 2')
  assert.equal(of('not', { 1: 0, 2: 0 }), 'control has not been reached, and no table was saved')
  assert.equal(of('empty', { 1: 7, 2: 0 }), 'without a table: worker 2')
  assert.equal(of('empty', { 1: 0 }), 'without a table: worker 1, 2')
})

void test('what is written is read; nothing is no report', () => {
  const folder = throwawayFolder()
  assert.equal(readReport(folder), null)
  const report = { met: 'whole', workers: 1, versions: { 1: 3 } } as const
  writeReport(folder, report)
  assert.deepEqual(readReport(folder), report)
  rmSync(folder, { recursive: true })
})
