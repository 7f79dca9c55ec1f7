import assert from 'node:assert/strict'
import { mkdtempDisposableSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Check } from './family.ts'
import { runCheck } from './run-check.ts'

/** A folder with a tool in it that says and ends as it is told. */
function toolIn(folder: string, name: string, script: string): Check {
  writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  return { kind: 'tool', name: `${name} says`, program: name, argv: ['a file'] }
}

void test('a tool passes, fails with what it said, or is not there', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'seaworthy-check-'))
  const place = { folder: folder.path, env: { PATH: `${folder.path}:/bin:/usr/bin` } }
  const good = toolIn(folder.path, 'good', '[ "$1" = "a file" ] && [ "$PWD" = "$(dirname "$0")" ]')
  assert.equal((await runCheck(good, [], place)).verdict, 'passed')
  const bad = await runCheck(toolIn(folder.path, 'bad', 'echo one; echo two >&2; exit 3'), [], place)
  assert.deepEqual([bad.verdict, bad.by, bad.lines.toSorted()], ['failed', 'bad', ['one', 'two']])
  const absent: Check = { kind: 'tool', name: 'x', program: 'seaworthy-no-such-tool', argv: [] }
  assert.equal((await runCheck(absent, [], place)).verdict, 'not-verified')
})

void test('a tool that lacks a part of its own has verified nothing', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'seaworthy-check-'))
  const place = { folder: folder.path, env: { PATH: `${folder.path}:/bin` } }
  const check = toolIn(folder.path, 'half', 'echo "half: unknown command"; exit 1')
  assert.equal((await runCheck({ ...check, needs: 'unknown command' } as Check, [], place)).verdict, 'not-verified')
  assert.equal((await runCheck(check, [], place)).verdict, 'failed')
})

void test('what a tool says is bounded', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'seaworthy-check-'))
  const check = toolIn(folder.path, 'loud', 'head -c 1000000 /dev/zero | tr "\\0" x; exit 1')
  const { lines } = await runCheck(check, [], { folder: folder.path, env: { PATH: `${folder.path}:/bin:/usr/bin` } })
  assert.equal(lines.join('').length, 64 * 1024)
})

void test('an own check says what is wrong', async () => {
  const own = (lines: readonly string[]): Check => ({ kind: 'own', name: 'own', run: () => lines })
  const place = { folder: '/', env: {} }
  assert.equal((await runCheck(own([]), [], place)).verdict, 'passed')
  assert.deepEqual((await runCheck(own(['x is wrong']), [], place)).lines, ['x is wrong'])
})
