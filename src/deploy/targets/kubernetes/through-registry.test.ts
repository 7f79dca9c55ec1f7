import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { kubernetesRelease } from '../../../../test/support/kubernetes-release.ts'
import { podJson, podsJson } from '../../../../test/support/pods.ts'
import type { Release } from '../../release.ts'
import { readSource } from '../../source.ts'
import { BASES } from '../docker/base.ts'
import { imageOf } from '../docker/image-of.ts'
import { imageKey } from '../docker/names.ts'
import type { MigrationPort } from '../hosted-migration.ts'
import { LABEL } from '../labels.ts'
import type { RosterPort } from '../roster.ts'
import { KubernetesTarget } from './target.ts'

const REGISTRY = 'registry.example.com/team'
const REFERENCE = `${REGISTRY}/shop-api@sha256:${'d'.repeat(64)}`
const PROVEN = `sha256:${'1'.repeat(64)}`

const DOCKER = `
const fs = require('node:fs')
const [verb, second, ...rest] = process.argv.slice(2)
const world = JSON.parse(fs.readFileSync(WORLD))
const add = (...names) => { for (const name of names) if (!world.here.includes(name)) world.here.push(name) }
if (verb === 'image' && second === 'inspect') {
  if (!rest.every((name) => world.here.includes(name))) process.exitCode = 1
  else process.stdout.write(JSON.stringify([{
    Id: world.here[0], RepoTags: world.here.filter((n) => !n.includes('@')), RepoDigests: world.here.filter((n) => n.includes('@')),
    RootFS: { Layers: [] }, Config: { User: '65532:65532', Labels: world.labels },
  }]))
} else if (verb === 'info') {
  process.stdout.write('null')
} else if (verb === 'pull' && !second.startsWith('-') || verb === 'pull' && !world.registry.includes(rest[0])) {
  if (rest[0].startsWith('registry.')) { console.error('manifest unknown: manifest unknown'); process.exitCode = 1 }
} else {
  if (['build', 'tag', 'push', 'pull'].includes(verb)) world.done.push([verb, second, ...rest].join(' '))
  if (verb === 'build' || verb === 'tag') add(rest[0])
  if (verb === 'push') add(REFERENCE)
  if (verb === 'pull') add(rest[0], REFERENCE)
  fs.writeFileSync(WORLD, JSON.stringify(world))
}
`

const KUBECTL = `
const fs = require('node:fs')
const words = process.argv.slice(2)
if (words.includes('apply')) fs.appendFileSync(APPLIED, fs.readFileSync(0, 'utf8') + '\\n')
else if (words.includes('api-versions')) process.stdout.write('policy/v1\\nautoscaling/v2')
else if (words.includes('version')) process.stdout.write('{"serverVersion":{"minor":"30"}}')
else if (words.includes('deployments')) process.stdout.write('{"items":[]}')
else if (words.includes('pods')) process.stdout.write(PODS)
`

interface Made {
  readonly target: KubernetesTarget
  readonly done: () => readonly string[]
  readonly objects: () => readonly {
    readonly kind: string
    readonly metadata: { readonly name: string }
    readonly spec?: object
  }[]
  readonly recorded: Map<string, string>
}

async function make(
  t: TestContext,
  {
    here = [],
    registry = [],
    runs = [],
    release: of,
  }: {
    here?: readonly string[]
    registry?: readonly string[]
    /** What pods run, in the words of their runtime. */
    runs?: readonly string[]
    release?: (made: Release) => Release
  },
): Promise<Made & { readonly release: Release }> {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-through-'))
  t.after(() => rmSync(folder, { recursive: true }))
  for (const name of ['app', 'bin', 'docker']) mkdirSync(join(folder, name))
  writeFileSync(join(folder, 'app/api.js'), '')
  const plain = kubernetesRelease({ api: { path: 'app', start: 'node api.js', routes: ['/'] } })
  const { hash } = await readSource(folder, plain.config.services['api']!, [])
  const made = { ...plain, artifacts: { api: hash } }
  const release = of?.(made) ?? made
  const [world, applied] = [join(folder, 'world.json'), join(folder, 'applied')]
  writeFileSync(world, JSON.stringify({ here, registry, done: [], labels: { [LABEL.artifact]: hash } }))
  const auth = Buffer.from('deployer:geheim').toString('base64')
  writeFileSync(join(folder, 'docker/config.json'), JSON.stringify({ auths: { 'registry.example.com': { auth } } }))
  const state = { running: { startedAt: '2026-11-21T21:00:05Z' } }
  const pods = runs.map((imageID) => podJson({ containerStatuses: [{ name: 'api', restartCount: 0, imageID, state }] }))
  const program = (name: string, text: string): void => {
    const filled = text
      .replaceAll('WORLD', JSON.stringify(world))
      .replaceAll('APPLIED', JSON.stringify(applied))
      .replaceAll('PODS', JSON.stringify(podsJson(...pods)))
      .replaceAll('REFERENCE', JSON.stringify(REFERENCE))
    writeFileSync(join(folder, 'bin', name), `#!${process.execPath}\n${filled}`, { mode: 0o755 })
  }
  program('docker', DOCKER)
  program('kubectl', KUBECTL)
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
  const run = { env: { PATH: `${folder}/bin:${dirname(process.execPath)}`, DOCKER_CONFIG: join(folder, 'docker') } }
  const images = { host: null, run, projectFolder: folder, keptOut: [] }
  const target = new KubernetesTarget({
    access: { context: 'prod', namespace: 'shop' },
    place: { app: 'shop', environment: 'production' },
    images,
    haveOwn: () => Promise.resolve(),
    registry: { name: REGISTRY, images, haveOwn: () => Promise.resolve() },
    run,
    roster,
    gateways: { seen: () => Promise.resolve([]) },
    release: () => Promise.resolve(release),
    secretsOf: () => ({}),
    connectionsOf: () => Promise.resolve({}),
    migrations: {} as MigrationPort,
  })
  const objects = (): ReturnType<Made['objects']> =>
    existsSync(applied)
      ? readFileSync(applied, 'utf8')
          .trim()
          .split('\n')
          .flatMap((line) => (JSON.parse(line) as { items: ReturnType<Made['objects']> }).items)
      : []
  const done = (): readonly string[] => (JSON.parse(readFileSync(world, 'utf8')) as { done: string[] }).done
  return { target, release, done, objects, recorded }
}

const imageIn = (objects: ReturnType<Made['objects']>): string | undefined =>
  /"image":"([^"]+)"/.exec(JSON.stringify(objects.find(({ kind }) => kind === 'Deployment')))?.[1]

test('an image is pushed once, written down, and named by pods by its digest; the secret is there before them', async (t) => {
  const { target, release, done, objects, recorded } = await make(t, { here: [BASES.node] })
  await target.prepare(release, 'api')
  const name = imageOf(release, 'api')
  const there = name.replace('seaworthy/shop/api', `${REGISTRY}/shop-api`)
  const pushed = [`tag ${name} ${there}`, `push ${there}`]
  assert.deepEqual(
    done().filter((line) => !line.startsWith('build')),
    pushed,
  )
  assert.deepEqual([...recorded], [[imageKey(release, 'api'), REFERENCE]])
  await target.start(release, 'api')
  assert.deepEqual(
    done().filter((line) => !line.startsWith('build')),
    pushed,
  )
  assert.equal(imageIn(objects()), REFERENCE)
  const [first] = objects()
  assert.deepEqual([first!.kind, first!.metadata.name], ['Secret', 'shop-production-registry'])
})

test('of what the engine knows by digest no registry is asked when it is started: what ran before it may be down by then', async (t) => {
  const { target, release, done, objects, recorded } = await make(t, { here: [BASES.node] })
  await target.prepare(release, 'api')
  const before = done()
  // Another release of the same files, as by a change of the config alone.
  recorded.clear()
  await target.start(release, 'api')
  assert.deepEqual(done(), before)
  assert.equal(imageIn(objects()), REFERENCE)
  assert.deepEqual([...recorded.values()], [REFERENCE])
})

test('a way back names what was written down, though neither files nor engine have it any more', async (t) => {
  const { target, release, done, objects, recorded } = await make(t, {
    here: ['sha256:2'],
    registry: [REFERENCE],
    release: (made) => ({ ...made, artifacts: { api: '00ff00ff00ff00ff' } }),
  })
  recorded.set(imageKey(release, 'api'), REFERENCE)
  await target.prepare(release, 'api')
  await target.start(release, 'api')
  assert.deepEqual(done(), [`pull --quiet ${REFERENCE}`, `tag ${REFERENCE} ${imageOf(release, 'api')}`])
  assert.equal(imageIn(objects()), REFERENCE)
})

test('what was proven elsewhere comes to the registry by the id that it is known by', async (t) => {
  const { target, release, done, objects } = await make(t, {
    here: [PROVEN],
    release: (made) => ({
      ...made,
      promoted: { environment: 'staging', release: '3-aaaaaaaa', made: { api: PROVEN } },
    }),
  })
  await target.prepare(release, 'api')
  await target.start(release, 'api')
  const there = `${REGISTRY}/shop-api:${'1'.repeat(12)}`
  assert.deepEqual(done(), [`tag ${PROVEN} ${there}`, `push ${there}`])
  assert.equal(imageIn(objects()), REFERENCE)
})

test('what was proven from a registry is named by the reference that it was proven by', async (t) => {
  const proven = `registry.example.com/elsewhere/shop-api@sha256:${'e'.repeat(64)}`
  const { target, release, done, objects } = await make(t, {
    here: ['sha256:2'],
    registry: [proven],
    release: (made) => ({
      ...made,
      promoted: { environment: 'staging', release: '3-aaaaaaaa', made: { api: proven } },
    }),
  })
  await target.prepare(release, 'api')
  await target.start(release, 'api')
  assert.deepEqual(done(), [`pull --quiet ${proven}`])
  assert.equal(imageIn(objects()), proven)
})

test('what runs from the registry is promoted by its reference, from a machine that has nothing of it', async (t) => {
  const { target, release, done } = await make(t, { registry: [REFERENCE], runs: [`docker-pullable://${REFERENCE}`] })
  assert.deepEqual(await target.made(release), { api: REFERENCE })
  assert.deepEqual(done(), [`pull --quiet ${REFERENCE}`])
  const gone = await make(t, { here: ['sha256:2'], runs: [`docker-pullable://${REFERENCE}`] })
  await assert.rejects(gone.target.made(gone.release), { code: 'image.not-pulled' })
  // By an id nothing is fetched: it has to be on this engine.
  const other = await make(t, { here: ['sha256:2'], runs: [`docker://${PROVEN}`] })
  await assert.rejects(other.target.made(other.release), { code: 'promote.files-gone' })
})

test('what was proven by its reference can be fetched, also where the config names it', async (t) => {
  const proven = `registry.example.com/elsewhere/mail@sha256:${'e'.repeat(64)}`
  const { target, release, done, objects } = await make(t, {
    here: ['sha256:2'],
    registry: [proven],
    release: (made) => {
      const services = { api: { ...made.config.services['api']!, run: { kind: 'image' as const, image: proven } } }
      const promoted = { environment: 'staging', release: '3-aaaaaaaa', made: { api: proven } }
      return { ...made, config: { ...made.config, services }, promoted }
    },
  })
  assert.deepEqual(await target.prepared(release), [])
  assert.deepEqual(await target.fetchable(release), Object.values(release.artifacts))
  await target.start(release, 'api')
  assert.deepEqual(done(), [`pull --quiet ${proven}`])
  assert.equal(imageIn(objects()), proven)
})
