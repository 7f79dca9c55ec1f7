import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dockerRelease } from '../../../test/support/docker-release.ts'
import { variablesOf } from './instance-shape.ts'

test('what is its own wins over the config, and what names a secret over both', () => {
  const env = { PORT: '1', LEVEL: 'high', NODE_ENV: 'staging', JWT_KEY_FILE: 'mine' }
  const { config } = dockerRelease({ api: { start: 'node main.js', routes: ['/'], env, secrets: ['JWT_KEY'] } })
  assert.deepEqual(variablesOf(config.services['api']!, { PORT: '8080' }), {
    NODE_ENV: 'staging',
    PYTHONUNBUFFERED: '1',
    PORT: '8080',
    LEVEL: 'high',
    JWT_KEY_FILE: '/run/secrets/JWT_KEY',
    SEAWORTHY_CHECK: '{"path":"/health/readiness","status":null,"body":null,"below":500}',
  })
})

test('an image of somebody else has no check of ours to be told about', () => {
  const image = `registry.example.com/api@sha256:${'a'.repeat(64)}`
  const { config } = dockerRelease({ api: { image, routes: ['/'] } })
  assert.deepEqual(variablesOf(config.services['api']!, {}), { NODE_ENV: 'production', PYTHONUNBUFFERED: '1' })
})
