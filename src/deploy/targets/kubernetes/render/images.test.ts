import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kubernetesRelease } from '../../../../../test/support/kubernetes-release.ts'
import { imageOf } from '../../docker/image-of.ts'
import { placeInRegistry, renderedImages } from './images.ts'

const DIGEST = `sha256:${'a'.repeat(64)}`
const SERVICES = {
  api: { start: 'node main.js' },
  proxy: { image: `registry.example.com:5000/proxy:1.2@${DIGEST}` },
  bare: { image: `nginx@${DIGEST}` },
}
const release = kubernetesRelease(SERVICES)

test('what is made here has its own name and a tag, what the config names its digest', () => {
  const tag = imageOf(release, 'api').replace('seaworthy/shop/api:', '')
  assert.match(tag, /^a1b2c3d4e5f60718-[0-9a-f]{8}$/)
  assert.deepEqual(
    renderedImages(release, { name: null, digests: new Map() }).map(({ entry, isMade }) => ({ ...entry, isMade })),
    [
      { name: 'seaworthy/shop/api', newTag: tag, isMade: true },
      { name: 'seaworthy/shop/proxy', newName: 'registry.example.com:5000/proxy', digest: DIGEST, isMade: false },
      { name: 'seaworthy/shop/bare', newName: 'nginx', digest: DIGEST, isMade: false },
    ],
  )
})

test('a registry stands before what is made here, and before nothing else', () => {
  const [api, proxy] = renderedImages(release, { name: 'localhost:5000/team', digests: new Map() })
  assert.equal(
    api!.reference,
    `localhost:5000/team/${imageOf(release, 'api').replace('seaworthy/shop/api', 'shop-api')}`,
  )
  assert.equal(api!.entry.newName, 'localhost:5000/team/shop-api')
  assert.equal(proxy!.entry.newName, 'registry.example.com:5000/proxy')
})

test('what has reached its registry is named by the digest that it has there', () => {
  const name = placeInRegistry(release, 'api', 'localhost:5000/team')
  const [api] = renderedImages(release, { name: 'localhost:5000/team', digests: new Map([[name, DIGEST]]) })
  assert.equal(api!.reference, `${name}@${DIGEST}`)
  assert.deepEqual(api!.entry, {
    name: 'seaworthy/shop/api',
    newName: 'localhost:5000/team/shop-api',
    digest: DIGEST,
  })
})
