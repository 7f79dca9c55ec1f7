import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { createReadStream, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, normalize } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { test } from 'node:test'
import { layersInArchive, listArchive } from '../docker/archive.ts'
import { architectureHere } from './machine-node.ts'
import { fullName, ownArchive } from './own-archive.ts'
import { LEFT_OUT, ownImage } from './own-image.ts'
import { writeImage } from './put-image.ts'
import { isTag } from './tag.ts'

const root = join(import.meta.dirname, '..', '..', '..', '..')
const installation = { folder: root, sources: 'src', version: '1.2.3' } as const
const BYTES_MAX = 150_000_000

const image = await ownImage(installation)
const paths = new Set(image.layers.flatMap(({ entries }) => entries.map(({ path }) => path)))

test('the same files are the same image, and it is small', async () => {
  const again = await ownImage(installation)
  assert.deepEqual([again.id, again.digest], [image.id, image.digest])
  assert.notEqual((await ownImage({ ...installation, version: '1.2.4' })).id, image.id)
  const sizes = image.layers.flatMap(({ entries }) => entries.map((entry) => (entry.kind === 'copy' ? entry.size : 0)))
  const content = sizes.reduce((all, size) => all + size, 0)
  assert.ok(content > 0 && content <= BYTES_MAX, `${content} bytes`)
})

test('it runs as a number that is not root, without a shell, with its state in a volume', () => {
  const { config, rootfs } = JSON.parse(image.config) as {
    readonly config: Readonly<Record<string, unknown>>
    readonly rootfs: unknown
  }
  assert.deepEqual(config, {
    User: '65532:65532',
    Env: ['PATH=/usr/local/bin', 'HOME=/var/lib/seaworthy'],
    Entrypoint: ['node', '/seaworthy/bin/seaworthy.js', 'up', '--service', '/var/lib/seaworthy'],
    Volumes: { '/var/lib/seaworthy': {} },
    WorkingDir: '/var/lib/seaworthy',
    Labels: {
      'org.opencontainers.image.title': 'seaworthy',
      'org.opencontainers.image.version': '1.2.3',
      'org.opencontainers.image.licenses': 'Apache-2.0',
    },
    StopSignal: 'SIGTERM',
    Healthcheck: {
      Test: ['CMD', 'node', '/seaworthy/check', '/var/lib/seaworthy'],
      Interval: 10_000_000_000,
      Timeout: 5_000_000_000,
      StartPeriod: 30_000_000_000,
      Retries: 3,
    },
  })
  assert.deepEqual(rootfs, { type: 'layers', diff_ids: image.layers.map(({ digest }) => digest) })
})

test('it holds what runs: no tests, no types, no package that only `generate` and `explain` use', () => {
  for (const path of ['usr/local/bin/node', 'seaworthy/bin/seaworthy.js', 'seaworthy/src/keeper/main.ts'])
    assert.ok(paths.has(path), path)
  for (const { entries } of image.layers)
    for (const entry of entries)
      if (entry.kind === 'link') assert.ok(paths.has(join(dirname(entry.path), entry.leadsTo)), entry.leadsTo)
  const wrong = [...paths].filter((path) => /\.test\.|\.d\.[cm]?ts$|(?:^|\/)(?:sh|bash|busybox)$|^\.|\/\./.test(path))
  assert.deepEqual(wrong, [])
  const state = image.layers[0]!.entries.find(({ path }) => path === 'var/lib/seaworthy')
  assert.deepEqual(state, { path: 'var/lib/seaworthy', kind: 'folder', mode: 0o700, owner: 65_532 })
  for (const name of LEFT_OUT) assert.ok(!paths.has(`seaworthy/node_modules/${name}/package.json`), name)
})

test('every package that something inside imports is there', () => {
  const programs = [
    'cli/commands/up',
    'cli/main',
    'control/main',
    'keeper/main',
    'gateway/worker',
    'control/bridge/main',
    'control/records/main',
    'gateway/file-server/main',
    'gateway/remote/main',
    'gateway/remote/relay-main',
    'gateway/remote/check',
  ]
  const threads = ['observe/series/store/worker', 'observe/logs/thread/main', 'control/migrations/job/main']
  const open = [...programs, ...threads, 'control/bridge/check'].map((name) => `src/${name}.ts`)
  const seen = new Set(open)
  const packages = new Set<string>()
  for (const path of open) {
    const text = readFileSync(join(root, path), 'utf8')
    // What a command loads on demand it loads beside a config, which `up --service` has no need of.
    const pattern = path.startsWith('src/cli/') && path !== 'src/cli/main.ts' ? STATIC : ANY
    for (const [, name] of text.matchAll(pattern)) {
      if (name!.startsWith('node:')) continue
      if (!name!.startsWith('.')) packages.add(name!.match(/^(?:@[^/]+\/)?[^/]+/)![0])
      else if (!seen.has(normalize(join(dirname(path), name!)))) open.push(normalize(join(dirname(path), name!)))
      seen.add(open.at(-1)!)
    }
  }
  assert.ok(packages.size > 5, [...packages].join(' '))
  for (const name of packages) assert.ok(paths.has(`seaworthy/node_modules/${name}/package.json`), name)
})

const STATIC = /^(?:import|export)\s(?!type)[^'"]*?\sfrom '([^']+)'/gm
const ANY = /(?:^(?:import|export)\s(?!type)[^'"]*?\sfrom |import\(|^import )'([^']+)'/gm

test('the archive holds every blob under its own digest, and what is left out of it is left out', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-own-image-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'image.tar')
  await writeImage(image, 'seaworthy:1.2.3', path)
  await using file = await open(path)
  const entries = await listArchive(file)
  const digests = image.layers.map(({ digest }) => digest)
  assert.deepEqual(await layersInArchive(file, entries), digests.map(blob))
  const blobs = entries.filter(({ name }) => name.startsWith('blobs/'))
  assert.deepEqual(
    blobs.map(({ name }) => name),
    [image.id, image.digest, ...digests].map(blob),
  )
  const sizes = [image.config, image.manifest].map((text) => Buffer.byteLength(text))
  for (const [index, { name, offset }] of blobs.entries()) {
    const bytes = [...sizes, ...image.layers.map((layer) => layer.bytes)][index]!
    const hash = createHash('sha256')
    await pipeline(createReadStream(path, { start: offset + 512, end: offset + 511 + bytes }), hash)
    assert.equal(blob(`sha256:${hash.digest('hex')}`), name)
  }

  let sent = 0
  for await (const chunk of ownArchive(image, 'seaworthy:1.2.3', 2) as AsyncIterable<Buffer>) sent += chunk.length
  const [first, second] = image.layers
  assert.equal((await file.stat()).size - sent, first!.bytes + second!.bytes + 2 * 512)
})

test('another system is refused with where to go', () => {
  assert.equal(architectureHere('linux', 'arm64'), 'arm64')
  assert.throws(() => architectureHere('darwin', 'arm64'), { code: 'image.not-here', message: /darwin arm64/ })
  assert.throws(() => architectureHere('linux', 'ia32'), { code: 'image.not-here' })
})

test('names of images', () => {
  assert.ok(['seaworthy:1', 'a/b/c:v1.2_3', 'registry.example.com:5000/x:1', 'localhost/x__y:1'].every(isTag))
  assert.ok(!['seaworthy', 'Seaworthy:1', 'a:b:c', 'a b:1', '--x:1', 'a:', ':1', `a:${'1'.repeat(129)}`].some(isTag))
  assert.equal(fullName('seaworthy:1'), 'docker.io/library/seaworthy:1')
  assert.equal(fullName('team/seaworthy:1'), 'docker.io/team/seaworthy:1')
  assert.equal(fullName('registry.example.com:5000/x:1'), 'registry.example.com:5000/x:1')
  assert.equal(fullName('localhost/x:1'), 'localhost/x:1')
})

function blob(digest: string): string {
  return `blobs/sha256/${digest.slice('sha256:'.length)}`
}
