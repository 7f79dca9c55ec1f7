import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dockerRelease } from '../../test/support/docker-release.ts'
import { changesBetween } from './changes.ts'
import { rotatedBy } from './rotated.ts'

test('a rotation names its secrets; a deploy that happens to change one does not', () => {
  const live = {
    ...dockerRelease({ api: { start: 'node api.js', routes: ['/'] } }),
    secrets: { JWT_KEY: '1', OTHER: '2' },
  }
  const changes = changesBetween(live, { ...live, secrets: { JWT_KEY: '3', OTHER: '2' } })
  assert.deepEqual(rotatedBy({ kind: 'rotate', changes }), ['JWT_KEY'])
  assert.deepEqual(rotatedBy({ kind: 'deploy', changes }), [])
})
