import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { lstat, readdir, readFile, readlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { ResolvedService } from '../config/resolved.ts'
import { makeArtifact, removeTree } from './targets/process/artifact.ts'
import { readSource } from './source.ts'

function folderWith(t: TestContext, files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-source-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, path, '..'), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return folder
}

function service(overrides: Partial<ResolvedService> = {}): ResolvedService {
  return {
    path: '.',
    build: null,
    run: { kind: 'program', argv: ['x'] },
    writable: [],
    ...overrides,
  } as ResolvedService
}

const paths = async (
  folder: string,
  what: ResolvedService,
  keptOut: readonly string[] = [],
): Promise<readonly string[]> => (await readSource(folder, what, keptOut)).files.map(({ path }) => path)

test('without a build everything is the release, but version control, our state, the config and writable folders', async (t) => {
  const folder = folderWith(t, {
    'main.js': '1',
    'node_modules/x/index.js': '1',
    'data/app.db': '1',
    '.git/HEAD': '1',
    '.seaworthy/local/state.db': '1',
    'seaworthy.config.ts': '1',
  })
  assert.deepEqual(await paths(folder, service({ writable: ['data'] })), ['main.js', 'node_modules/x/index.js'])
})

test('with a build git says what the sources are; without git, what builds make is left out', async (t) => {
  const files = {
    'main.js': '1',
    'dist/main.js': '1',
    'node_modules/x/index.js': '1',
    '.gitignore': 'dist\nnode_modules\n',
    new: '1',
  }
  const plain = folderWith(t, files)
  assert.deepEqual(await paths(plain, service({ build: ['make'] })), ['.gitignore', 'dist/main.js', 'main.js', 'new'])
  const tracked = folderWith(t, files)
  execFileSync('git', ['init', '-q'], { cwd: tracked })
  assert.deepEqual(await paths(tracked, service({ build: ['make'] })), ['.gitignore', 'main.js', 'new'])
})

test('a static service without a build is its folder', async (t) => {
  const folder = folderWith(t, { 'web/index.html': '1', 'main.js': '1' })
  assert.deepEqual(await paths(folder, service({ run: { kind: 'static', folder: 'web' } })), ['web/index.html'])
})

test('an image made elsewhere is its name alone, whatever lies in the folder', async (t) => {
  const folder = folderWith(t, { 'main.js': 'x' })
  const of = (image: string) => readSource(folder, service({ run: { kind: 'image', image } }), [])
  const { files, hash } = await of('shop/api:1')
  assert.deepEqual(files, [])
  writeFileSync(join(folder, 'main.js'), 'y')
  assert.equal((await of('shop/api:1')).hash, hash)
  assert.notEqual((await of('shop/api:2')).hash, hash)
})

test('a static service has no dotfile, but the well-known ones at its top; its folder may be below one', async (t) => {
  const folder = folderWith(t, {
    '.output/public/index.html': '1',
    '.output/public/.env': '1',
    '.output/public/.well-known/security.txt': '1',
    '.output/public/sub/.htpasswd': '1',
    '.output/public/sub/.well-known/x': '1',
    '.env': '1',
  })
  const run = { kind: 'static', folder: './.output/public' } as const
  const expected = ['.output/public/.well-known/security.txt', '.output/public/index.html']
  assert.deepEqual(await paths(folder, service({ run })), expected)
})

test('what is kept out stays out, with git and without, by its own name and by that of a link', async (t) => {
  const folder = folderWith(t, {
    'web/main.js': '1',
    'web/.env': '1',
    'web/s.env': '1',
    'web/s.env.example': '1',
    'web/state/local/journal': '1',
    'web/state-machine.js': '1',
  })
  symlinkSync('s.env', join(folder, 'web/linked.env'))
  symlinkSync('web', join(folder, 'site'))
  const expected = ['.env', 'main.js', 's.env.example', 'state-machine.js']
  const out = (secrets: string, state = 'web/state'): string[] => [join(folder, state), join(folder, secrets)]
  for (const [what, keptOut] of [
    [service({ path: 'web' }), out('web/linked.env')],
    [service({ path: 'web/' }), out('site/linked.env', 'site/state')],
    [service({ path: 'site' }), out('web/linked.env')],
    [service({ path: 'web', build: ['make'] }), out('web/linked.env')],
  ] as const) {
    assert.deepEqual(await paths(folder, what, keptOut), expected)
  }
  execFileSync('git', ['init', '-q'], { cwd: folder })
  const built = service({ path: 'web', build: ['make'] })
  assert.deepEqual(await paths(folder, built, out('web/linked.env')), expected)
  assert.deepEqual(
    await paths(folder, service({ path: 'web/state' }), [join(folder, 'web')]),
    ['local/journal'],
    'what lies around a service keeps nothing of it out',
  )
  await assert.rejects(paths(folder, service({ path: 'web' }), [join(folder, 'web')]), /no files to deploy/)
})

test('the hash changes with a byte, a name, a mode and the build, and with nothing else', async (t) => {
  const folder = folderWith(t, { 'a.js': '1', 'b.js': '2' })
  const hash = async (what = service()): Promise<string> => (await readSource(folder, what, [])).hash
  const first = await hash()
  assert.equal(await hash(), first)
  assert.notEqual(await hash(service({ build: ['make'] })), first)
  chmodSync(join(folder, 'a.js'), 0o755)
  const executable = await hash()
  assert.notEqual(executable, first)
  writeFileSync(join(folder, 'b.js'), '3')
  assert.notEqual(await hash(), executable)
})

test('an empty service and a missing folder are clear problems', async (t) => {
  const folder = folderWith(t, { 'main.js': '1' })
  await assert.rejects(readSource(folder, service({ path: 'nowhere' }), []), /there is no such folder/)
  await assert.rejects(
    readSource(folder, service({ run: { kind: 'static', folder: 'web' } }), []),
    /no files to deploy/,
  )
})

test('an artifact is a sealed copy whose writable folders lead out of it; a failed build leaves nothing', async (t) => {
  const folder = folderWith(t, { 'main.js': 'one', 'lib/deep.js': 'two' })
  symlinkSync('main.js', join(folder, 'link.js'))
  const state = folderWith(t, {})
  const releasesFolder = join(state, 'releases')
  mkdirSync(releasesFolder)
  t.after(() => removeTree(releasesFolder))
  const what = service({ build: ['make'], writable: ['data'] })
  const source = await readSource(folder, what, [])
  const input = {
    source,
    service: what,
    name: 'api',
    releasesFolder,
    dataFolder: join(state, 'data'),
    beforeSeal: async () => {},
  }

  await assert.rejects(
    makeArtifact({ ...input, build: () => Promise.reject(new Error('build failed')) }),
    /build failed/,
  )
  assert.deepEqual(await readdir(releasesFolder), [])

  await makeArtifact({ ...input, build: async (copy) => writeFileSync(join(copy, 'built.js'), 'three') })
  const artifact = join(releasesFolder, source.hash)
  assert.equal(await readFile(join(artifact, 'built.js'), 'utf8'), 'three')
  assert.equal(await readlink(join(artifact, 'link.js')), 'main.js')
  assert.equal(await readlink(join(artifact, 'data')), join(state, 'data', 'api', 'data'))
  for (const path of ['main.js', 'lib', 'lib/deep.js', '.'])
    assert.equal((await lstat(join(artifact, path))).mode & 0o222, 0, path)

  writeFileSync(join(folder, 'main.js'), 'changed')
  assert.equal(
    await readFile(join(artifact, 'main.js'), 'utf8'),
    'one',
    'an edit of the working tree changes no release',
  )
})
