import assert from 'node:assert/strict'
import { chmod, mkdir, mkdtemp, readdir, readlink, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { copyMade, digestOf } from './made.ts'

const WRITABLE = ['./data/']

async function build(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'seaworthy-made-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  await mkdir(join(folder, 'dist/empty'), { recursive: true })
  await writeFile(join(folder, 'dist/app.js'), 'app')
  await writeFile(join(folder, 'run'), 'run', { mode: 0o755 })
  await symlink('dist/app.js', join(folder, 'link'))
  await symlink('/srv/staging/data', join(folder, 'data'))
  return folder
}

test('a copy has the digest of what it was copied from, and nothing of its data', async (t) => {
  const folder = await build(t)
  const copy = join(folder, '..', `${folder.split('/').at(-1)}-copy`)
  t.after(() => rm(copy, { recursive: true, force: true }))
  await copyMade(folder, copy, WRITABLE)
  assert.deepEqual((await readdir(copy)).toSorted(), ['dist', 'link', 'run'])
  assert.deepEqual((await readdir(join(copy, 'dist'))).toSorted(), ['app.js', 'empty'])
  assert.equal(await readlink(join(copy, 'link')), 'dist/app.js')
  await symlink('/srv/production/data', join(copy, 'data'))
  assert.equal(await digestOf(copy, WRITABLE), await digestOf(folder, WRITABLE))
})

const CHANGES: Readonly<Record<string, (folder: string) => Promise<unknown>>> = {
  'a byte': (folder) => writeFile(join(folder, 'dist/app.js'), 'apq'),
  'a name': async (folder) => {
    await rm(join(folder, 'dist/app.js'))
    await writeFile(join(folder, 'dist/apq.js'), 'app')
  },
  'an empty folder': (folder) => rm(join(folder, 'dist/empty'), { recursive: true }),
  'whether it can be run': (folder) => chmod(join(folder, 'run'), 0o644),
  'where a link leads': async (folder) => {
    await rm(join(folder, 'link'))
    await symlink('dist/other.js', join(folder, 'link'))
  },
  'a link that became a file': async (folder) => {
    await rm(join(folder, 'link'))
    await writeFile(join(folder, 'link'), 'dist/app.js')
  },
}

for (const [what, change] of Object.entries(CHANGES)) {
  test(`${what} changes the digest`, async (t) => {
    const folder = await build(t)
    const before = await digestOf(folder, WRITABLE)
    await change(folder)
    assert.notEqual(await digestOf(folder, WRITABLE), before)
  })
}

test('that a file was sealed does not change the digest', async (t) => {
  const folder = await build(t)
  const before = await digestOf(folder, WRITABLE)
  await chmod(join(folder, 'run'), 0o555)
  await chmod(join(folder, 'dist'), 0o555)
  assert.equal(await digestOf(folder, WRITABLE), before)
  await chmod(join(folder, 'dist'), 0o755)
})
