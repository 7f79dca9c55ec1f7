import assert from 'node:assert/strict'
import { cp, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { canonicalJson, sha256 } from '../core/canonical-json.ts'
import { checkConfig, environmentNames, loadConfig } from './index.ts'

const FIXTURES = join(import.meta.dirname, '../../test/fixtures/configs')

/** A project of its own, with no node_modules anywhere above it. */
async function project(fixture: string | null): Promise<{ folder: string } & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), 'seaworthy-config-'))
  if (fixture !== null) await cp(join(FIXTURES, fixture), folder, { recursive: true })
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) }
}

for (const fixture of ['good-opinion-market', 'good-commonjs', 'good-commonjs-js', 'good-python', 'good-json']) {
  test(`${fixture} loads without node_modules around it`, async () => {
    await using at = await project(fixture)
    const loaded = await loadConfig(at.folder)
    assert.equal(loaded.folder, at.folder)
    assert.equal(loaded.canonical, canonicalJson(loaded.raw))
    assert.equal(loaded.hash, sha256(loaded.canonical))
    assert.ok(environmentNames(checkConfig(loaded.raw, loaded.file)).includes('local'))
  })
}

test('a config is evaluated once for each load, and anew for the next one', async () => {
  await using at = await project(null)
  const key = Symbol.for('seaworthy.test.evaluations')
  const counts = globalThis as unknown as Record<symbol, number>
  counts[key] = 0
  const count = `const key = Symbol.for('seaworthy.test.evaluations')\nglobalThis[key]++\n`
  await writeFile(join(at.folder, 'name.ts'), `export const name: string = 'first'\n`)
  const file = join(at.folder, 'seaworthy.config.ts')
  await writeFile(file, `import { name } from './name.ts'\n${count}export default { name, of: undefined }\n`)

  assert.deepEqual((await loadConfig(file)).raw, { name: 'first' })
  assert.equal(counts[key], 1)
  await writeFile(join(at.folder, 'name.ts'), `export const name: string = 'second'\n`)
  assert.deepEqual((await loadConfig(file)).raw, { name: 'second' })
  assert.equal(counts[key], 2)
  delete counts[key]
})

test('a folder reached through a link loads as well', async () => {
  await using at = await project('good-commonjs')
  await using other = await project(null)
  const link = join(other.folder, 'link')
  await symlink(at.folder, link)
  assert.equal((await loadConfig(link)).file, join(link, 'seaworthy.config.ts'))
})

test('the config of a folder above is not taken', async () => {
  await using at = await project('good-commonjs')
  await assert.rejects(loadConfig(join(at.folder, 'deploy')), { code: 'config.not-found' })
  await assert.rejects(loadConfig(join(at.folder, 'nowhere')), { code: 'config.not-found' })
})

test('the same config in another order has the same hash', async () => {
  await using at = await project(null)
  const [a, b] = [join(at.folder, 'a.json'), join(at.folder, 'b.json')]
  await writeFile(a, '{ "x": 1, "y": { "b": 1, "a": 2 } }')
  await writeFile(b, '{"y":{"a":2,"b":1},"x":1}')
  assert.equal((await loadConfig(a)).hash, (await loadConfig(b)).hash)
})
