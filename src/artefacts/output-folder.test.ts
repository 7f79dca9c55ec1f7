import assert from 'node:assert/strict'
import { mkdtempDisposableSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Problem } from '../core/problem.ts'
import { lookAtOutput, writeOutput } from './output-folder.ts'
import { driftOf } from './output-plan.ts'

const wanted = new Map([
  ['m/a.yml', 'a: 1\n'],
  ['m/b.yml', 'b: 1\n'],
])
const made = 'seaworthy 1.2.3'

void test('a second run touches no file', () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'seaworthy-output-'))
  writeOutput(folder.path, wanted, { made })
  const times = (): readonly number[] =>
    ['m/a.yml', 'm/b.yml', '.seaworthy.json'].map((path) => statSync(join(folder.path, path)).ino)
  const before = times()
  assert.deepEqual(writeOutput(folder.path, wanted, { made }).unchanged, ['m/a.yml', 'm/b.yml'])
  assert.deepEqual(times(), before)
  assert.deepEqual(driftOf(lookAtOutput(folder.path, wanted)), [])
})

void test('a file changed by hand stops all of it, and --force writes over that one file', () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'seaworthy-output-'))
  writeOutput(folder.path, wanted, { made })
  writeFileSync(join(folder.path, 'm/a.yml'), 'a: mine\n')
  writeFileSync(join(folder.path, 'm/own.yml'), 'own')
  const next = new Map([...wanted, ['m/b.yml', 'b: 2\n']])
  assert.throws(
    () => writeOutput(folder.path, next, { made }),
    (thrown) =>
      thrown instanceof Problem && thrown.code === 'generate.changed-by-hand' && thrown.details[0] === 'm/a.yml',
  )
  assert.equal(readFileSync(join(folder.path, 'm/b.yml'), 'utf8'), 'b: 1\n', 'nothing was written')
  writeOutput(folder.path, next, { made, force: true })
  assert.equal(readFileSync(join(folder.path, 'm/a.yml'), 'utf8'), 'a: 1\n')
  assert.equal(readFileSync(join(folder.path, 'm/own.yml'), 'utf8'), 'own')
  assert.deepEqual(readdirSync(join(folder.path, 'm')).toSorted(), ['a.yml', 'b.yml', 'own.yml'])
})

void test('what is wanted no more is taken away when asked for, but never what somebody has changed', () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'seaworthy-output-'))
  const more = new Map([...wanted, ['m/c.yml', 'c: 1\n'], ['m/d.yml', 'd: 1\n']])
  writeOutput(folder.path, more, { made })
  writeFileSync(join(folder.path, 'm/d.yml'), 'd: mine\n')
  writeFileSync(join(folder.path, 'm/own.yml'), 'own')
  const there = (): readonly string[] => readdirSync(join(folder.path, 'm')).toSorted()
  assert.deepEqual(writeOutput(folder.path, wanted, { made }).leftOver, ['m/c.yml', 'm/d.yml'])
  assert.deepEqual(there(), ['a.yml', 'b.yml', 'c.yml', 'd.yml', 'own.yml'])
  writeOutput(folder.path, wanted, { made, removes: true })
  assert.deepEqual(there(), ['a.yml', 'b.yml', 'd.yml', 'own.yml'])
  assert.deepEqual(lookAtOutput(folder.path, wanted).leftOver, ['m/d.yml'], 'it is still known to be ours')
})

void test('a memory that leads out of the folder, or is none, is refused', () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'seaworthy-output-'))
  for (const text of ['{', '{}', '{"files":[1]}', '{"files":{"../x":"sha256:0"}}', '{"files":{"/x":"sha256:0"}}']) {
    writeFileSync(join(folder.path, '.seaworthy.json'), text)
    assert.throws(
      () => lookAtOutput(folder.path, wanted),
      (thrown) => thrown instanceof Problem && thrown.code === 'generate.memory',
      text,
    )
  }
})
