import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kubernetesRelease } from '../../../../test/support/kubernetes-release.ts'
import { configMapOf } from './config-map.ts'
import { secretOf } from './secret.ts'

const api = { start: 'node main.js', routes: ['/'], env: { LEVEL: 'x"$y `z` $(HOST)' }, secrets: ['JWT_KEY', 'DB_URL'] }
const release = kubernetesRelease({ api, web: { start: 'node web.js', routes: ['/web'] } })

test('a Secret has what its service declares, and nothing of what others have', () => {
  const { metadata, ...rest } = secretOf(release, 'api', { JWT_KEY: 'geheim\n', DB_URL: 'ü', OTHER: 'not this' })!
  assert.equal(metadata.name, 'shop-production-api-7-3fa9c1d2')
  const data = { JWT_KEY: 'Z2VoZWltCg==', DB_URL: 'w7w=' }
  assert.deepEqual(rest, { apiVersion: 'v1', kind: 'Secret', type: 'Opaque', immutable: true, data })
  assert.equal(secretOf(release, 'web', {}), null)
})

test('a value that is missing is no empty one', () => {
  assert.throws(() => secretOf(release, 'api', { JWT_KEY: 'geheim' }))
})

test('a ConfigMap has the variables that all instances share, as they are written, and no secret', () => {
  const { metadata, ...rest } = configMapOf(release, 'api')
  assert.equal(metadata.name, 'shop-production-api-7-3fa9c1d2')
  assert.deepEqual(rest, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    immutable: true,
    data: {
      NODE_ENV: 'production',
      PYTHONUNBUFFERED: '1',
      LEVEL: 'x"$y `z` $(HOST)',
      JWT_KEY_FILE: '/run/secrets/JWT_KEY',
      DB_URL_FILE: '/run/secrets/DB_URL',
      SEAWORTHY_CHECK: '{"path":"/health/readiness","status":null,"body":null,"below":500}',
    },
  })
})
