import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { dockerRelease } from '../../../../test/support/docker-release.ts'
import { readSource } from '../../source.ts'
import type { Release } from '../../release.ts'
import type { RosterPort } from '../roster.ts'
import { BASES } from './base.ts'
import { imageOf } from './image-of.ts'
import { imageKey } from './names.ts'
import { preparedIn, unusedIn } from './release-images.ts'
import { DockerTarget } from './target.ts'
import type { ImageLook } from './transfer.ts'

const REGISTRY = 'registry.example.com/team'
const HOST = 'ssh://deploy@shop.example.com'
const DIGEST = `sha256:${'d'.repeat(64)}`
const REFERENCE = `${REGISTRY}/shop-api@${DIGEST}`

/**
 * What a `docker` knows of two engines and a registry: references of the one image that there is. The registry is away where
 * `away` says in which words.
 */
interface World {
  readonly here: readonly string[]
  readonly host: readonly string[]
  readonly registry: readonly string[]
  readonly away?: string
}

const FAKE = `
const fs = require('node:fs')
const words = process.argv.slice(2)
const at = words[0] === '--host' ? 'host' : 'here'
const [verb, second, ...rest] = at === 'host' ? words.slice(2) : words
const world = JSON.parse(fs.readFileSync(FILE))
const mine = world[at]
const repository = (name) => name.split('@')[0].replace(/:[^:/]*$/, '')
const digestOf = (name) => repository(name) + '@' + DIGEST
const fail = (text) => { console.error(text); process.exit(1) }
const has = (name) => mine.includes(name)
const add = (list, ...names) => { for (const name of names) if (!list.includes(name)) list.push(name) }
if (verb === 'image' && second === 'inspect') {
  if (!rest.every(has)) process.exitCode = 1
  else process.stdout.write(JSON.stringify([{
    Id: 'sha256:1', RepoTags: mine.filter((n) => !n.includes('@')), RepoDigests: mine.filter((n) => n.includes('@')),
    RootFS: { Layers: [] }, Config: { User: '65532:65532', Labels: {} },
  }]))
} else {
  if (['pull', 'push'].includes(verb) && world.away && words.at(-1).startsWith('registry.')) fail(world.away)
  const line = [at, verb, second, ...rest].join(' ')
  if (['build', 'tag', 'push', 'pull', 'create'].includes(verb)) world.done.push(line)
  if (verb === 'build') add(mine, rest[0])
  if (verb === 'tag') add(mine, rest[0])
  if (verb === 'push') {
    add(world.registry, second, digestOf(second)); add(mine, digestOf(second))
    console.log('1: digest: ' + DIGEST + ' size: 528')
  }
  if (verb === 'pull') {
    if (!world.registry.includes(rest[0]) && rest[0].startsWith('registry.')) { fs.writeFileSync(FILE, JSON.stringify(world)); fail('manifest unknown: manifest unknown') }
    add(mine, rest[0], digestOf(rest[0]))
  }
  if (verb === 'info') process.stdout.write('null')
  fs.writeFileSync(FILE, JSON.stringify(world))
}
`

interface Made {
  readonly release: Release
  readonly target: DockerTarget
  readonly name: string
  readonly done: () => readonly string[]
  readonly recorded: Map<string, string>
}

async function make(t: TestContext, worldOf: (name: string) => World): Promise<Made> {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-through-'))
  t.after(() => rmSync(folder, { recursive: true }))
  mkdirSync(join(folder, 'app'))
  writeFileSync(join(folder, 'app/api.js'), '')
  const services = { api: { path: 'app', start: 'node api.js', routes: ['/'] } }
  const source = await readSource(folder, dockerRelease(services).config.services['api']!, [])
  const release = dockerRelease(services, { artifacts: { api: source.hash } })
  const name = imageOf(release, 'api')
  const file = join(folder, 'world.json')
  writeFileSync(file, JSON.stringify({ ...worldOf(name), done: [] }))
  const script = FAKE.replaceAll('FILE', JSON.stringify(file)).replaceAll('DIGEST', JSON.stringify(DIGEST))
  mkdirSync(join(folder, 'bin'))
  writeFileSync(join(folder, 'bin/docker'), `#!${process.execPath}\n${script}`, { mode: 0o755 })
  const recorded = new Map<string, string>()
  const roster = {
    owed: () => Promise.resolve([]),
    wanted: () => Promise.resolve(['api@7-3fa9c1d2-1']),
    recordedImage: (artifact: string) => Promise.resolve(recorded.get(artifact) ?? null),
    recordImage: (artifact: string, image: string) => {
      if (!recorded.has(artifact)) recorded.set(artifact, image)
      return Promise.resolve(recorded.get(artifact)!)
    },
    put: () => Promise.resolve(),
  } satisfies Partial<RosterPort> as unknown as RosterPort
  const run = { env: { PATH: `${folder}/bin:${dirname(process.execPath)}` } }
  const options = { run, projectFolder: folder, keptOut: [] }
  const target = new DockerTarget({
    ...options,
    host: HOST,
    place: { app: 'shop', environment: 'staging' },
    roster,
    registry: { name: REGISTRY, images: { ...options, host: null }, haveOwn: () => Promise.resolve() },
    release: () => Promise.resolve(release),
    secretsOf: () => ({}),
  })
  const done = (): readonly string[] => (JSON.parse(readFileSync(file, 'utf8')) as { done: string[] }).done
  return { release, target, name, done, recorded }
}

const inRegistry = (name: string): string => name.replace('seaworthy/shop/api', `${REGISTRY}/shop-api`)
/** Verbs, and what was pulled, without the base and the words of a container. */
const steps = (done: readonly string[]): readonly string[] =>
  done
    .filter((line) => !line.endsWith(BASES.node))
    .map((line) => (/ (?:pull|push|tag) /.test(line) ? line.replace(' --quiet', '') : line.split(' ', 2).join(' ')))

test('an image is made here, pushed, fetched by digest, and started and written down by it', async (t) => {
  const { release, target, name, done, recorded } = await make(t, () => ({ here: [], host: [], registry: [] }))
  await target.prepare(release, 'api')
  const there = inRegistry(name)
  assert.deepEqual(steps(done()), [
    `here pull ${there}`,
    'here build',
    `here tag ${name} ${there}`,
    `here push ${there}`,
    `host pull ${REFERENCE}`,
    `host tag ${REFERENCE} ${name}`,
  ])
  await target.start(release, 'api')
  assert.ok(done().at(-1)!.split(' ').includes(REFERENCE), done().at(-1))
  assert.deepEqual([...recorded], [[imageKey(release, 'api'), REFERENCE]])
})

test('what the registry has is neither made nor pushed, and what the host has is not fetched', async (t) => {
  const there = await make(t, (name) => ({ here: [], host: [], registry: [inRegistry(name), REFERENCE] }))
  await there.target.prepare(there.release, 'api')
  assert.deepEqual(steps(there.done()), [
    `here pull ${inRegistry(there.name)}`,
    `host pull ${REFERENCE}`,
    `host tag ${REFERENCE} ${there.name}`,
  ])
  const all = await make(t, (name) => ({
    here: [inRegistry(name), REFERENCE],
    host: [name, REFERENCE],
    registry: [inRegistry(name), REFERENCE],
  }))
  await all.target.prepare(all.release, 'api')
  assert.deepEqual(steps(all.done()), [`here pull ${inRegistry(all.name)}`])
})

test('a way back fetches the very image that was written down, whatever its files have become', async (t) => {
  const { release, target, done, recorded, name } = await make(t, () => ({ here: [], host: [], registry: [REFERENCE] }))
  assert.deepEqual(await target.fetchable(release), [])
  recorded.set(imageKey(release, 'api'), REFERENCE)
  assert.deepEqual(await target.fetchable(release), Object.values(release.artifacts))
  await target.prepare({ ...release, artifacts: { api: release.artifacts['api']! } }, 'api')
  assert.deepEqual(steps(done()), [`host pull ${REFERENCE}`, `host tag ${REFERENCE} ${name}`])
})

test('what was pruned after it was prepared is fetched again before it is started', async (t) => {
  const { release, target, done, recorded, name } = await make(t, (own) => ({
    here: [],
    host: [own],
    registry: [REFERENCE],
  }))
  recorded.set(imageKey(release, 'api'), REFERENCE)
  await target.start(release, 'api')
  assert.deepEqual(steps(done()).slice(0, 1), [`host pull ${REFERENCE}`])
  assert.ok(done().at(-1)!.includes(REFERENCE), name)
})

test('what was proven by its reference is fetched by it, also when it has gone since the plan', async (t) => {
  const promoted = { environment: 'staging', release: '3-aaaaaaaa', made: { api: REFERENCE } }
  for (const step of ['prepare', 'start'] as const) {
    const { release, target, done } = await make(t, () => ({ here: [], host: [], registry: [REFERENCE] }))
    await target[step]({ ...release, promoted }, 'api')
    assert.deepEqual(steps(done()).slice(0, 1), [`host pull ${REFERENCE}`])
  }
})

test('what was there before the environment had a registry is started as it is', async (t) => {
  const { release, target, done, recorded, name } = await make(t, (own) => ({ here: [], host: [own], registry: [] }))
  await target.start(release, 'api')
  assert.deepEqual([...recorded], [[imageKey(release, 'api'), name]])
  assert.ok(done().at(-1)!.split(' ').includes(name))
})

test('a registry that is away is told before anything is built, one that refuses before anything is fetched', async (t) => {
  const away = 'Get "https://registry.example.com/v2/": dial tcp 192.0.2.1:443: connect: connection refused'
  const gone = await make(t, () => ({ here: [], host: [], registry: [], away }))
  const refused = { code: 'image.not-pushed', message: /registry\.example\.com is not reached/ }
  await assert.rejects(gone.target.prepare(gone.release, 'api'), refused)
  assert.deepEqual(gone.done(), [])
  const closed = await make(t, () => ({ here: [], host: [], registry: [], away: 'no basic auth credentials' }))
  await assert.rejects(closed.target.prepare(closed.release, 'api'), {
    code: 'image.not-pushed',
    hint: /docker login registry\.example\.com/,
  })
  assert.ok(closed.done().every((line) => !line.startsWith('host')))
})

test('a digest that the registry has no more is told, and nothing stands in for it', async (t) => {
  const { release, target, recorded } = await make(t, () => ({ here: [], host: [], registry: [] }))
  recorded.set(imageKey(release, 'api'), REFERENCE)
  await assert.rejects(target.prepare(release, 'api'), { code: 'image.not-pulled', message: /does not have it/ })
})

test('of a new release an image that has come another way has to come through the registry; of an old one it will do', () => {
  const release = dockerRelease({ api: { start: 'node api.js' } })
  const name = imageOf(release, 'api')
  const image: ImageLook = { id: 'sha256:1', names: [name], digests: [], layers: [], user: '', labels: {} }
  const artifacts = Object.values(release.artifacts)
  const of = (digests: readonly string[], isKnown = false): readonly string[] =>
    preparedIn(release, { there: [{ ...image, digests }], isKnown, registry: REGISTRY })
  assert.deepEqual(of([REFERENCE]), artifacts)
  assert.deepEqual(of([]), [])
  assert.deepEqual(of([`registry.example.com/shop-api@${DIGEST}`]), [])
  assert.deepEqual(of([], true), artifacts)
})

test('what no kept release is made of loses the names that it came by as well', () => {
  const { artifacts } = dockerRelease({ api: { start: 'node api.js' } })
  const labels = { 'seaworthy.app': 'shop', 'seaworthy.service': 'api', 'seaworthy.artifact': artifacts['api']! }
  const names = ['seaworthy/shop/api:1', `${REGISTRY}/shop-api:1`, 'registry.example.com/elsewhere:1']
  const image: ImageLook = { id: 'sha256:1', names, digests: [REFERENCE], layers: [], user: '', labels }
  assert.deepEqual(unusedIn([image], 'shop', []), [names[0], names[1], REFERENCE])
})
