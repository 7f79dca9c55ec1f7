import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { pathToFileURL } from 'node:url'
import { COMPILED_MAX } from './compile-cache.ts'

const own = pathToFileURL(join(import.meta.dirname, 'compile-cache.ts')).href

/** What a program with this environment keeps, and where; it compiles something behind. */
function keptWith(environment: Readonly<Record<string, string>>): string | null {
  const program = `console.log(JSON.stringify((await import('${own}')).keepCompiled())); await import('${own}?again')`
  const env = { PATH: process.env['PATH'], ...environment }
  const said = execFileSync(process.execPath, ['--input-type=module', '--eval', program], { env, encoding: 'utf8' })
  return JSON.parse(said) as string | null
}

function homeIn(t: TestContext): string {
  const home = mkdtempSync(join(tmpdir(), 'seaworthy-home-'))
  t.after(() => rmSync(home, { recursive: true, force: true }))
  return home
}

const filesOf = (folder: string): number =>
  readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).length

void test('what is compiled is kept for the user alone', (t) => {
  const home = homeIn(t)
  const folder = join(home, '.cache/seaworthy/compiled')
  assert.ok(keptWith({ HOME: home })!.startsWith(folder))
  assert.ok(filesOf(folder) > 0)
  assert.ok(keptWith({ HOME: '/dev/null', XDG_CACHE_HOME: home })!.startsWith(join(home, 'seaworthy/compiled')))
})

void test('nothing is kept where others could write, where there is no home, and where it is forbidden', (t) => {
  const home = homeIn(t)
  assert.equal(keptWith({ HOME: '/dev/null' }), null)
  assert.equal(keptWith({ HOME: home, NODE_DISABLE_COMPILE_CACHE: '1' }), null)
  assert.deepEqual(readdirSync(home), [])
  const folder = join(home, '.cache/seaworthy/compiled')
  mkdirSync(folder, { recursive: true })
  chmodSync(folder, 0o770)
  assert.equal(keptWith({ HOME: home }), null)
  assert.equal(filesOf(folder), 0)
})

void test('more than so many files are not kept', (t) => {
  const home = homeIn(t)
  const folder = join(home, '.cache/seaworthy/compiled/v0')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  for (let index = 0; index <= COMPILED_MAX; index++) writeFileSync(join(folder, String(index)), '')
  assert.notEqual(keptWith({ HOME: home }), null)
  assert.ok(filesOf(join(home, '.cache/seaworthy/compiled')) < 100)
})
