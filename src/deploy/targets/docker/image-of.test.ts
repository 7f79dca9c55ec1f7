import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dockerRelease } from '../../../../test/support/docker-release.ts'
import { BASES } from './base.ts'
import { imageOf } from './image-of.ts'

const bases = { ...BASES, seaworthy: 'seaworthy:1' }
const named = (service: object): string => imageOf(dockerRelease({ web: service }), 'web', bases)

for (const [kind, service] of [
  ['program', { start: 'node main.js', routes: ['/'] }],
  ['static', { static: 'dist', routes: ['/'] }],
] as const) {
  const build = 'node build.js'

  test(`what a ${kind} is built with is part of its image's name, values included`, () => {
    const staging = named({ ...service, build, env: { API: 'https://staging.example.com' } })
    assert.notEqual(staging, named({ ...service, build, env: { API: 'https://example.com' } }))
    assert.equal(staging, named({ ...service, build, env: { API: 'https://staging.example.com' } }))
  })

  test(`a ${kind} without a build is the same image whatever its variables are`, () => {
    const staging = named({ ...service, env: { API: 'https://staging.example.com' } })
    assert.equal(staging, named({ ...service, env: { API: 'https://example.com' } }))
  })
}
