import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { ResolvedService } from '../../../config/resolved.ts'
import { isLeftToItsMaker, makeArtifact, MAKING, removeTree, takeArtifact, type ArtifactInput } from './artifact.ts'
import { digestOf } from './made.ts'

const HASH = 'abc123'

async function stage(t: TestContext): Promise<{ releases: string; input: ArtifactInput }> {
  const folder = await mkdtemp(join(tmpdir(), 'seaworthy-artifact-'))
  t.after(() => removeTree(folder))
  await writeFile(join(folder, 'app.js'), 'source')
  const input: ArtifactInput = {
    source: { folder, hash: HASH, files: [{ path: 'app.js', kind: 'file' }] } as unknown as ArtifactInput['source'],
    service: { build: ['make'], writable: [] } as unknown as ResolvedService,
    name: 'api',
    releasesFolder: join(folder, 'releases'),
    dataFolder: join(folder, 'data'),
    build: async () => {},
    beforeSeal: async () => {},
  }
  return { releases: join(folder, 'releases'), input }
}

test('two makers of the same artifact never share a copy; the first to finish stays', async (t) => {
  const { releases, input } = await stage(t)
  const maker = (text: string, before: Promise<unknown>): ArtifactInput => ({
    ...input,
    build: async (folder) => {
      await writeFile(join(folder, 'built'), text)
      await before
    },
  })
  const quickIsDone = Promise.withResolvers<void>()
  const slow = makeArtifact(maker('slow', quickIsDone.promise))
  await makeArtifact(maker('quick', Promise.resolve()))
  quickIsDone.resolve()
  await slow
  assert.deepEqual(await readdir(releases), [HASH])
  assert.equal(await readFile(join(releases, HASH, 'built'), 'utf8'), 'quick')
})

test('a maker that lost its right publishes nothing and leaves nothing', async (t) => {
  const { releases, input } = await stage(t)
  const beforeSeal = async (): Promise<void> => Promise.reject(new Error('the lease is lost'))
  await assert.rejects(makeArtifact({ ...input, beforeSeal }), /the lease is lost/)
  assert.deepEqual(await readdir(releases), [])
})

test('half-made folders are left to another maker as long as it runs', () => {
  assert.equal(isLeftToItsMaker(`${MAKING}${HASH}-${process.ppid}-0a0b`), true)
  assert.equal(isLeftToItsMaker(`${MAKING}${HASH}-${process.pid}-0a0b`), false)
  assert.equal(isLeftToItsMaker(`${MAKING}${HASH}-4194305-0a0b`), false, 'no process has that number')
  assert.equal(isLeftToItsMaker(HASH), false)
})

/** What staging has built, and what production would take it with. */
async function built(t: TestContext) {
  const { releases, input } = await stage(t)
  await makeArtifact({ ...input, build: (folder) => writeFile(join(folder, 'built'), 'proven') })
  const from = join(releases, HASH)
  const own = join(releases, '..', 'production')
  await mkdir(own)
  return { from, own, taken: { ...input, artifact: HASH, from, made: await digestOf(from, []), releasesFolder: own } }
}

test('what was built elsewhere is taken as it is, and sealed', async (t) => {
  const { own, taken } = await built(t)
  await takeArtifact(taken)
  await takeArtifact(taken)
  assert.deepEqual(await readdir(own), [HASH])
  assert.equal(await readFile(join(own, HASH, 'built'), 'utf8'), 'proven')
  assert.equal((await stat(join(own, HASH))).mode & 0o222, 0)
})

test('what was changed since, built otherwise here, or forgotten there is refused, and leaves nothing', async (t) => {
  const { from, own, taken } = await built(t)
  await assert.rejects(takeArtifact({ ...taken, made: 'another' }), { code: 'promote.files-differ' })
  assert.deepEqual(await readdir(own), [])
  await assert.rejects(takeArtifact({ ...taken, from: `${from}-gone` }), { code: 'promote.files-gone' })
  await mkdir(join(own, HASH))
  await writeFile(join(own, HASH, 'built'), 'here')
  await assert.rejects(takeArtifact(taken), { code: 'promote.files-differ', message: /built of the same files/ })
  assert.equal(await readFile(join(own, HASH, 'built'), 'utf8'), 'here')
})
