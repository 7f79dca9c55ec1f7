import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dockerRelease } from '../../../../test/support/docker-release.ts'
import type { Release } from '../../release.ts'
import { LABEL } from '../labels.ts'
import { BASES } from './base.ts'
import { imageOf } from './image-of.ts'
import { buildCommand } from './images.ts'
import type { Observed } from './observe.ts'
import { imagesRun, madeOf, preparedIn, unusedIn } from './release-images.ts'
import type { ImageLook } from './transfer.ts'

const ARTIFACT = 'a1b2c3d4e5f60718'
const start = 'node main.js'
const before = dockerRelease({ api: { start }, worker: { start } })

function image(release: Release, service: string, name = imageOf(release, service)): ImageLook {
  const { config, artifacts } = release
  const labels = { [LABEL.app]: config.name, [LABEL.service]: service, [LABEL.artifact]: artifacts[service]! }
  return { id: 'sha256:1', names: [name], digests: [], layers: [], user: '', labels }
}

const images = (release: Release): readonly ImageLook[] =>
  Object.keys(release.config.services).map((service) => image(release, service))
const isKnown = false

test('files are in place when every service that is made of them has its image', () => {
  const [api, worker] = images(before) as [ImageLook, ImageLook]
  assert.deepEqual(preparedIn(before, { there: [api, worker], isKnown }), [ARTIFACT])
  assert.deepEqual(preparedIn(before, { there: [api], isKnown }), [])
  assert.deepEqual(preparedIn(before, { there: [], isKnown }), [])
})

test('of a new release the same files made otherwise are not in place, of an old one they are', () => {
  const after = dockerRelease({ api: { start, writable: ['data'] } })
  const there = images(before)
  assert.deepEqual(preparedIn(after, { there, isKnown }), [])
  assert.deepEqual(preparedIn(after, { there: images(after), isKnown }), [ARTIFACT])
  assert.deepEqual(preparedIn(after, { there, isKnown: true }), [ARTIFACT])
  assert.equal(madeOf(after, 'api', there), there[0]!.names[0])
  assert.equal(madeOf(after, 'api', []), null)
})

test("an image by digest of docker's own registry is there under the name that docker shortens", () => {
  const digest = `sha256:${'d'.repeat(64)}`
  const of = dockerRelease({ api: { start } })
  const there = [{ ...image(of, 'api'), digests: [`team/shop-api@${digest}`] }]
  const promoted = { environment: 'staging', release: '3-aaaaaaaa', made: { api: `docker.io/team/shop-api@${digest}` } }
  assert.deepEqual(preparedIn({ ...of, promoted }, { there, isKnown }), [ARTIFACT])
  assert.deepEqual(preparedIn(of, { there, isKnown, registry: 'docker.io/team' }), [ARTIFACT])
})

test('of what was proven elsewhere only the very image will do, by whatever name', () => {
  const of = dockerRelease({ api: { start } })
  const promoted = { environment: 'staging', release: '3-aaaaaaaa', made: { api: 'sha256:1' } }
  const next = { ...of, promoted }
  assert.equal(imageOf(next, 'api'), 'sha256:1')
  assert.deepEqual(preparedIn(next, { there: [image(of, 'api', 'another:1')], isKnown }), [ARTIFACT])
  const rebuilt = { ...image(of, 'api'), id: 'sha256:2' }
  assert.deepEqual(preparedIn(next, { there: [rebuilt], isKnown: true }), [])
})

test('what is to be promoted is what all containers of a service run', () => {
  const runs = (service: string, id: string): Observed => ({ instance: { service }, image: id }) as Observed
  const there = [runs('api', 'sha256:1'), runs('api', 'sha256:1'), runs('web', 'sha256:2'), runs('old', 'sha256:3')]
  assert.deepEqual(imagesRun(['api', 'web'], there), { api: 'sha256:1', web: 'sha256:2' })
  const refused = { code: 'promote.not-running' }
  assert.throws(() => imagesRun(['worker'], there), { ...refused, message: /worker has no container/ })
  const two = [...there, runs('api', 'sha256:4')]
  assert.throws(() => imagesRun(['api'], two), { ...refused, message: /api runs from 2 images/ })
})

test('what another release starts with is the same image', () => {
  const api = { start: 'node main.js --verbose', env: { LEVEL: 'high' } }
  const after = dockerRelease({ api }, { id: '8-0a1b2c3d' })
  assert.deepEqual(preparedIn(after, { there: images(before), isKnown }), [ARTIFACT])
})

test('an image that no kept release is made of is not needed, however it was made; a name of somebody else stays', () => {
  const other = dockerRelease({ api: { start } }, { artifacts: { api: '00ff00ff00ff00ff' } })
  const [unused] = images(other) as [ImageLook]
  const upgraded = image(before, 'api', 'seaworthy/shop/api:a1b2c3d4e5f60718-00000000')
  const named = image(other, 'api', 'registry.example.com/shop:1')
  const there = [...images(before), unused, upgraded, named]
  assert.deepEqual(unusedIn(there, 'shop', [before]), unused.names)
  assert.deepEqual(unusedIn(there, 'shop', [before, other]), [])
  assert.deepEqual(unusedIn(there, 'another', [before]), [])
})

test('an image that lost its name to another of the same files is none of a release, and goes', () => {
  const [api, worker] = images(before) as [ImageLook, ImageLook]
  const nameless = { ...api, id: 'sha256:2', names: [] }
  const renamed = { ...api, names: ['seaworthy/shop/api:a1b2c3d4e5f60718-00000000'] }
  assert.equal(madeOf(before, 'api', [nameless, renamed]), renamed.names[0])
  assert.deepEqual(preparedIn(before, { there: [nameless, renamed, worker], isKnown: true }), [ARTIFACT])
  assert.equal(madeOf(before, 'api', [nameless]), null)
  assert.deepEqual(unusedIn([nameless, api, worker], 'shop', [before]), [nameless.id])
  assert.deepEqual(unusedIn([nameless], 'another', [before]), [])
  // A promoted release knows its image by the id alone.
  const promoted = { environment: 'staging', release: '3-aaaaaaaa', made: { api: nameless.id, worker: 'sha256:9' } }
  assert.deepEqual(unusedIn([nameless, api, worker], 'shop', [{ ...before, promoted }]), [])
})

test('what another environment built of the same files with values of its own is no image of a release', () => {
  const built = (api: string): Release => dockerRelease({ api: { start, build: 'npm ci', env: { API: api } } })
  const [staging, production] = [built('https://staging.example.com'), built('https://example.com')]
  const { argv } = buildCommand(staging, 'api', { host: null, folder: '/context', bases: BASES })
  const labels = Object.fromEntries(
    argv.flatMap((word, at) => (argv[at - 1] === '--label' ? [word.split('=') as [string, string]] : [])),
  )
  const there = [{ ...image(staging, 'api', 'seaworthy/shop/api:a1b2c3d4e5f60718-00000000'), labels }]
  assert.equal(madeOf(staging, 'api', there), there[0]!.names[0])
  assert.equal(madeOf(production, 'api', there), null)
  assert.equal(madeOf(before, 'api', there), null)
})
