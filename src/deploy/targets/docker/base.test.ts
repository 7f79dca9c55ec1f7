import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dockerRelease } from '../../../../test/support/docker-release.ts'
import { pinned, runtimeIn, runtimeOf } from './base.ts'

const DIGEST = `sha256:${'a'.repeat(64)}`

test('the program decides on the runtime', () => {
  const of = (start: string): string => runtimeOf('api', dockerRelease({ api: { start } }).config.services['api']!)
  assert.equal(of('node src/main.ts'), 'node')
  assert.equal(of('npm start'), 'node')
  assert.equal(of('./node_modules/.bin/next start'), 'node')
  assert.equal(of('python3 -m app'), 'python')
  assert.equal(of('gunicorn app:app'), 'python')
  assert.throws(() => of('./server --port $PORT'), { code: 'image.no-base', message: /api starts '.\/server'/ })
  assert.throws(() => of('nodemon main.js'), { code: 'image.no-base' })
})

test('a base is pinned by the digest of its own repository', () => {
  assert.equal(pinned('node:24', [`other@${DIGEST}`, `node@${DIGEST}`]), `node:24@${DIGEST}`)
  assert.equal(pinned('registry:5000/node:24', [`registry:5000/node@${DIGEST}`]), `registry:5000/node:24@${DIGEST}`)
  assert.equal(pinned('registry:5000/node', [`registry:5000/node@${DIGEST}`]), `registry:5000/node@${DIGEST}`)
  assert.equal(pinned('node:24', [`registry:5000/node@${DIGEST}`]), 'node:24')
  assert.equal(pinned('node:24', []), 'node:24')
})

test('only what is known to be in an image is run there', () => {
  const { services } = dockerRelease({
    api: { start: 'node main.js', routes: ['/'] },
    own: { start: './server', routes: ['/own'] },
    cache: { image: `registry.example.com/cache@${DIGEST}` },
    web: { static: 'public', routes: ['/web'] },
  }).config
  const runtimes = ['api', 'own', 'cache', 'web'].map((name) => runtimeIn(services[name]!))
  assert.deepEqual(runtimes, ['node', null, null, 'node'])
})
