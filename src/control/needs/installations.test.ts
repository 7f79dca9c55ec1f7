import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { findPostgres, findRedis } from './installations.ts'

test('servers are found newest first, once for all links to them; what says no version is none', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'seaworthy-installations-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  const program = (folder: string, name: string, says: string): void => {
    mkdirSync(join(root, folder), { recursive: true })
    writeFileSync(join(root, folder, name), `#!/bin/sh\necho '${says}'\n`, { mode: 0o755 })
  }
  for (const version of ['9', '15', '17']) {
    program(`home/${version}/bin`, 'postgres', `postgres (PostgreSQL) ${version}.2 (Debian ${version}.2-1)`)
    program(`home/${version}/bin`, 'initdb', 'initdb')
  }
  mkdirSync(join(root, 'linked'))
  for (const name of ['postgres', 'initdb']) symlinkSync(join(root, 'home/15/bin', name), join(root, 'linked', name))
  // A shim that starts something else, and a client without a server.
  program('shim', 'postgres', 'shim: no version is set')
  program('shim', 'initdb', 'shim: no version is set')
  program('client', 'initdb', 'initdb')

  const path = ['shim', 'linked', 'client'].map((folder) => join(root, folder)).join(':')
  const found = await findPostgres(`${path}::/nowhere`, join(root, 'home'))
  assert.deepEqual(
    found.map(({ version, folder }) => [version, folder]),
    ['17', '15', '9'].map((version) => [`${version}.2`, join(root, 'home', version, 'bin')]),
  )

  program('cache', 'redis-server', 'Redis server v=7.9.1 sha=00000000:0 malloc=jemalloc-5.2.1 bits=64 build=x')
  const redis = await findRedis(join(root, 'cache'))
  assert.ok(redis.some(({ version, folder }) => version === '7.9.1' && folder === join(root, 'cache')))
})
