import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { Problem } from './problem.ts'
import { explainSystem } from './system-problem.ts'

void test('a full disk is a problem of the machine, whoever noticed it', (context) => {
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
  const explained = explainSystem(full) as Problem
  assert.equal(explained.code, 'disk.full')
  assert.equal(explained.cause, full)

  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-full-'))
  context.after(() => rmSync(folder, { recursive: true, force: true }))
  using database = new DatabaseSync(join(folder, 'x.db'))
  database.exec('create table t (v) strict'.replace(' strict', '') + '; pragma max_page_count = 2')
  assert.equal(
    (explainSystem(thrownBy(() => database.exec(`insert into t values (zeroblob(100000))`))) as Problem).code,
    'disk.full',
  )
})

void test('a refusal of the file system is one as well; what is no refusal stays as it was', () => {
  const refused = Object.assign(new Error('EROFS: read-only file system, mkdir'), { code: 'EROFS' })
  assert.equal((explainSystem(refused) as Problem).code, 'disk.not-writable')
  const missing = thrownBy(() => readFileSync('/nowhere'))
  assert.equal(explainSystem(missing), missing)
  const problem = new Problem('deploy.moved', 'moved')
  assert.equal(explainSystem(problem), problem)
  assert.equal(explainSystem('text'), 'text')
})

function thrownBy(act: () => unknown): unknown {
  try {
    act()
  } catch (error) {
    return error
  }
  throw new Error('nothing was thrown')
}
