import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { test, type TestContext } from 'node:test'
import { placePackages } from './packages.ts'

/** Folder → names that it depends on; a project as an installer leaves it. */
function installed(t: TestContext, packages: Readonly<Record<string, readonly string[]>>): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'seaworthy-packages-')))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  for (const [path, names] of Object.entries(packages)) {
    mkdirSync(join(folder, path), { recursive: true })
    const dependencies = Object.fromEntries(names.map((name) => [name, '1']))
    writeFileSync(join(folder, path, 'package.json'), JSON.stringify({ dependencies }))
  }
  return folder
}

function placed(root: string, folder: string, leftOut: readonly string[] = []): Readonly<Record<string, string>> {
  return Object.fromEntries(placePackages(root, leftOut).map((one) => [one.place, relative(folder, one.folder)]))
}

test('needs of needs come along, wherever an installer has put them; another version stays with who needs it', (t) => {
  const folder = installed(t, {
    'node_modules/seaworthy': ['a', '@scope/b', 'left'],
    'node_modules/a': ['c'],
    'node_modules/@scope/b': ['c', 'd'],
    'node_modules/@scope/b/node_modules/c': ['d'],
    'node_modules/c': [],
    'node_modules/d': ['a'],
    'node_modules/left': ['only-left'],
    'node_modules/not-needed': [],
  })
  assert.deepEqual(placed(join(folder, 'node_modules/seaworthy'), folder, ['left']), {
    'node_modules/@scope/b': 'node_modules/@scope/b',
    'node_modules/a': 'node_modules/a',
    'node_modules/c': 'node_modules/@scope/b/node_modules/c',
    'node_modules/d': 'node_modules/d',
    'node_modules/a/node_modules/c': 'node_modules/c',
  })
})

test('a store with links, as pnpm lays it out, gives the same image', (t) => {
  const folder = installed(t, {
    'store/seaworthy@1/node_modules/seaworthy': ['a'],
    'store/a@1/node_modules/a': ['c'],
    'store/c@1/node_modules/c': [],
  })
  const link = (from: string, to: string): void => symlinkSync(join(folder, to), join(folder, from))
  link('store/seaworthy@1/node_modules/a', 'store/a@1/node_modules/a')
  link('store/a@1/node_modules/c', 'store/c@1/node_modules/c')
  assert.deepEqual(placed(join(folder, 'store/seaworthy@1/node_modules/seaworthy'), folder), {
    'node_modules/a': 'store/a@1/node_modules/a',
    'node_modules/c': 'store/c@1/node_modules/c',
  })
})

test('what is not installed is named', (t) => {
  const folder = installed(t, { root: ['gone'] })
  assert.throws(() => placePackages(join(folder, 'root'), []), { code: 'image.not-here', message: /the package gone,/ })
})
