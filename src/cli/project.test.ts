import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { makeStateFolder, openProject } from './project.ts'

function folderWith(t: TestContext, environment: object): string {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-project-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const config = {
    name: 'shop',
    services: { api: { start: 'node api.js', routes: ['/'] } },
    environments: { local: { target: 'process', ...environment } },
  }
  writeFileSync(join(folder, 'seaworthy.config.json'), JSON.stringify(config))
  return folder
}

test('a state folder inside the project is made where git does not look', async (t) => {
  const folder = folderWith(t, {})
  const { stateFolder } = makeStateFolder(await openProject(folder, undefined))
  writeFileSync(join(stateFolder, 'secret'), 'a value')
  execFileSync('git', ['init', '--quiet'], { cwd: folder })
  execFileSync('git', ['add', '-A'], { cwd: folder })
  const tracked = execFileSync('git', ['ls-files'], { cwd: folder, encoding: 'utf8' })
  assert.equal(tracked, 'seaworthy.config.json\n')
  assert.equal(readFileSync(join(folder, '.seaworthy', '.gitignore'), 'utf8'), '*\n')
})

test('a folder that was there before is not hidden from git', async (t) => {
  const folder = folderWith(t, { state: 'var/state' })
  mkdirSync(join(folder, 'var'))
  makeStateFolder(await openProject(folder, undefined))
  assert.equal(existsSync(join(folder, 'var', '.gitignore')), false)
  assert.equal(existsSync(join(folder, 'var', 'state', '.gitignore')), true)
})

test('a folder outside the project gets no file of git', async (t) => {
  const elsewhere = folderWith(t, {})
  makeStateFolder(await openProject(folderWith(t, { state: join(elsewhere, 'state') }), undefined))
  assert.equal(existsSync(join(elsewhere, 'state')), true)
  assert.equal(existsSync(join(elsewhere, 'state', '.gitignore')), false)
})
