import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dockerRelease } from '../../../../test/support/docker-release.ts'
import { hasDockerfile, ownDockerfileNote } from './own-dockerfile.ts'

const file = (path: string) => ({ path, kind: 'file' as const, isExecutable: false, changedAtMs: 0 })
const service = (declared: object) => dockerRelease({ api: { routes: ['/'], ...declared } }).config.services['api']!

test('a Dockerfile counts at the top of a program, and nowhere else', () => {
  const program = service({ start: 'node main.js' })
  assert.equal(hasDockerfile(program, { files: [file('main.js'), file('Dockerfile')] }), true)
  assert.equal(hasDockerfile(program, { files: [file('docker/Dockerfile')] }), false)
  assert.equal(hasDockerfile(program, { files: [{ ...file('Dockerfile'), kind: 'link' }] }), false)
  assert.equal(hasDockerfile(service({ static: '.' }), { files: [file('Dockerfile')] }), false)
})

test('a plan tells how its secrets come', () => {
  const program = service({ start: '/app/server' })
  const files = { files: [file('Dockerfile')] }
  assert.equal(ownDockerfileNote('api', program, { files: [] }, ['KEY']), null)
  assert.equal(ownDockerfileNote('api', program, files, []), 'api is built by its own Dockerfile')
  assert.match(ownDockerfileNote('api', program, files, ['KEY', 'DB_URL'])!, /named by KEY_FILE, DB_URL_FILE$/)
})
