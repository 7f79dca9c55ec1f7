import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { kubernetesRelease } from '../../../../test/support/kubernetes-release.ts'
import { podJson, podsJson } from '../../../../test/support/pods.ts'
import type { Release } from '../../release.ts'
import { imageOf } from '../docker/image-of.ts'
import type { MigrationPort } from '../hosted-migration.ts'
import { LABEL } from '../labels.ts'
import type { RosterPort } from '../roster.ts'
import { KubernetesTarget } from './target.ts'

const PROVEN = `sha256:${'1'.repeat(64)}`
const REBUILT = `sha256:${'2'.repeat(64)}`
const made = kubernetesRelease({ api: { start: 'node api.js', routes: ['/'] } })
const promoted = { environment: 'staging', release: '3-aaaaaaaa', made: { api: PROVEN } }
const release: Release = { ...made, promoted }

interface There {
  /** Ids of the engine's images; the last of them has the name of the release's. */
  readonly images: readonly string[]
  /** What `kubectl get pods` answers. */
  readonly pods?: string
  /** What the images are made of. @default the release's files */
  readonly artifact?: string
}

/** On a `docker` and a `kubectl` that answer so, and write down what they are to make. */
function targetOn(t: TestContext, { images, pods = podsJson(), artifact = made.artifacts['api']! }: There) {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-kubernetes-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const done = join(folder, 'done')
  const labels = { [LABEL.app]: 'shop', [LABEL.service]: 'api', [LABEL.artifact]: artifact }
  const note = `require('node:fs').appendFileSync(${JSON.stringify(done)}, `
  const docker = `#!${process.execPath}
const [verb, second, ...rest] = process.argv.slice(2)
const ids = ${JSON.stringify(images)}
const name = ${JSON.stringify(imageOf(made, 'api'))}
const look = (Id) => ({ Id, RepoTags: [name], RootFS: { Layers: [] }, Config: { User: '65532:65532', Labels: ${JSON.stringify(labels)} } })
const found = rest.map((asked) => (asked === name ? ids.at(-1) : ids.find((id) => asked.endsWith(id))))
if (verb === 'info') process.stdout.write('null')
else if (verb === 'image' && second === 'ls') process.stdout.write(ids.join('\\n'))
else if (verb === 'image' && found.includes(undefined)) process.exitCode = 1
else if (verb === 'image') process.stdout.write(JSON.stringify(found.map(look)))
else ${note}verb + '\\n')
`
  const kubectl = `#!${process.execPath}
const words = process.argv.slice(4)
if (words[0] === 'version') process.stdout.write('{"serverVersion":{"major":"1","minor":"30","gitVersion":"v1.30.0"}}')
else if (words[0] === 'api-versions') process.stdout.write('apps/v1\\npolicy/v1\\nautoscaling/v2\\n')
else if (words[1] === 'pods') process.stdout.write(${JSON.stringify(pods)})
else if (words[1] === 'deployments') process.stdout.write('{"items":[]}')
else if (words[1] === 'services') process.stdout.write('10.0.0.9')
else if (words[0] === 'apply') ${note}'apply ' + require('node:fs').readFileSync(0, 'utf8') + '\\n')
`
  for (const [name, script] of Object.entries({ docker, kubectl }))
    writeFileSync(join(folder, name), script, { mode: 0o755 })
  const run = { env: { PATH: `${folder}:${dirname(process.execPath)}` } }
  const roster = {
    owed: () => Promise.resolve([]),
    wanted: () => Promise.resolve(['api@7-3fa9c1d2-1']),
    put: () => Promise.resolve(),
  } satisfies Partial<RosterPort> as unknown as RosterPort
  const target = new KubernetesTarget({
    access: { context: null, namespace: 'shop' },
    place: { app: 'shop', environment: 'production' },
    images: { host: null, run, projectFolder: folder, keptOut: [] },
    haveOwn: () => Promise.reject(new Error('nothing of a promotion is made here')),
    run,
    roster,
    gateways: { seen: () => Promise.resolve([]) },
    release: () => Promise.resolve(release),
    secretsOf: () => ({}),
    connectionsOf: () => Promise.resolve({}),
    migrations: {} as MigrationPort,
  })
  const lines = (): readonly string[] => (existsSync(done) ? readFileSync(done, 'utf8').trimEnd().split('\n') : [])
  return { target, does: lines }
}

/** A pod of the release's, from an image in its runtime's words. */
function pod(
  imageID: string,
  more: { deletionTimestamp?: string; labels?: Readonly<Record<string, string>> } = {},
): object {
  const state = { running: { startedAt: '2026-11-21T21:00:05Z' } }
  return podJson({ containerStatuses: [{ name: 'api', restartCount: 0, imageID, state }], ...more })
}

test('what is made there is what its pods run, also where a registry has named it', async (t) => {
  const labels = { ...(podJson() as { metadata: { labels: Record<string, string> } }).metadata.labels }
  const beside = [
    pod(`docker://${REBUILT}`, { deletionTimestamp: '2026-11-21T21:05:00Z' }),
    pod(`docker://${REBUILT}`, { labels: { ...labels, [LABEL.release]: '6-aaaaaaaa' } }),
    pod(''),
  ]
  const madeFrom = (...ids: readonly string[]): Promise<Readonly<Record<string, string>>> =>
    targetOn(t, { images: [PROVEN], pods: podsJson(...ids.map((id) => pod(id)), ...beside) }).target.made(made)

  assert.deepEqual(await madeFrom(`docker://${PROVEN}`, `docker://${PROVEN}`), { api: PROVEN })
  assert.deepEqual(await madeFrom(`docker-pullable://registry.example.com/shop@${PROVEN}`), { api: PROVEN })
  await assert.rejects(madeFrom(), { code: 'promote.not-running', message: /api has no container/ })
  const two = madeFrom(`docker://${PROVEN}`, `docker://${REBUILT}`)
  await assert.rejects(two, { code: 'promote.not-running', message: /runs from 2 images/ })
})

test('what the nodes run has to be on the engine that images are made on', async (t) => {
  const { target } = targetOn(t, { images: [REBUILT], pods: podsJson(pod(`docker://${PROVEN}`)) })
  await assert.rejects(target.made(made), { code: 'promote.files-gone', message: /api runs from sha256:1+ there/ })
})

test('what has only taken over the name is not what was proven', async (t) => {
  const pods = podsJson(pod(`docker-pullable://nginx@${PROVEN}`))
  const { target } = targetOn(t, { images: [PROVEN], pods, artifact: '00ff00ff00ff00ff' })
  await assert.rejects(target.made(made), { code: 'promote.files-differ' })
  // What a config names is made of no files of ours, and comes to every node by that name.
  const named = kubernetesRelease({ api: { image: `nginx@${PROVEN}` } })
  assert.deepEqual(await target.made(named), { api: `nginx@${PROVEN}` })
})

test('a promoted release is started from the very image, though another has its name', async (t) => {
  const { target, does } = targetOn(t, { images: [PROVEN, REBUILT] })
  assert.deepEqual(await target.prepared(release), Object.values(made.artifacts))
  await target.prepare(release, 'api')
  await target.start(release, 'api')
  const [applied, ...others] = does()
  assert.deepEqual(
    [...applied!.matchAll(/"image":"([^"]+)"/g)].map(([, image]) => image),
    [PROVEN],
  )
  assert.deepEqual(others, [])
})

test('where it is gone, neither a build nor another image of the same files stands in', async (t) => {
  const { target, does } = targetOn(t, { images: [REBUILT] })
  assert.deepEqual(await target.prepared(release), [])
  for (const run of [
    { kind: 'program', argv: ['node', 'api.js'] },
    { kind: 'static', folder: 'web' },
  ] as const) {
    const services = { api: { ...release.config.services['api']!, run } }
    const gone = { ...release, config: { ...release.config, services } }
    await assert.rejects(target.prepare(gone, 'api'), { code: 'promote.files-gone' })
    await assert.rejects(target.start(gone, 'api'), { code: 'promote.files-gone' })
  }
  assert.deepEqual(does(), [])
})
