import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { DEPTH_MAX, FILE_BYTES_MAX, readProject } from './project-files.ts'

function folderWith(t: TestContext, files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-files-'))
  t.after(() => rmSync(folder, { recursive: true }))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return folder
}

test('packages, hidden folders and tests are not looked into', (t) => {
  const folder = folderWith(t, {
    'src/app.js': 'app',
    'node_modules/x/index.js': 'x',
    '.git/config': 'x',
    '.venv/lib/x.py': 'x',
    'test/app.js': 'x',
  })
  assert.deepEqual(readProject(folder).paths, ['src/app.js'])
})

test('symbolic links are not followed, neither of folders nor of files', (t) => {
  const outside = folderWith(t, { 'package.json': '{"scripts":{"start":"node outside.js"}}', 'deep/app.py': 'app' })
  const folder = folderWith(t, { 'README.md': '' })
  symlinkSync(join(outside, 'package.json'), join(folder, 'package.json'))
  symlinkSync(join(outside, 'deep'), join(folder, 'deep'))
  symlinkSync(folder, join(folder, 'circle'))
  assert.deepEqual(readProject(folder).paths, ['README.md'])
})

test('the values in .env are not read, the names in .env.example are', (t) => {
  const folder = folderWith(t, { '.env': 'TOKEN=value', '.env.local': 'TOKEN=value', '.env.example': 'TOKEN=' })
  const project = readProject(folder)
  assert.deepEqual(
    ['.env', '.env.local', '.env.example', '.env.nowhere'].map((path) => project.text(path)),
    ['', '', 'TOKEN=', null],
  )
})

test('of a large file the beginning is read, and of a deep or a wide tree a part is listed, which is said', (t) => {
  const folder = folderWith(t, {
    'big.js': 'x'.repeat(FILE_BYTES_MAX + 1),
    [`${'d/'.repeat(DEPTH_MAX)}too-deep.js`]: '',
    [`${'e/'.repeat(DEPTH_MAX - 1)}deep.js`]: '',
  })
  const project = readProject(folder)
  assert.equal(project.text('big.js')!.length, FILE_BYTES_MAX)
  assert.deepEqual(project.paths, ['big.js', `${'e/'.repeat(DEPTH_MAX - 1)}deep.js`])
  assert.match(project.left.join(), /deeper than 12 folders/)

  const wide = readProject(folder, { filesMax: 1 })
  assert.deepEqual(wide.paths, ['big.js'])
  assert.match(wide.left.join(), /more than 1 files/)
})
