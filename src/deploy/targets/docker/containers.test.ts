import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { Containers } from './containers.ts'

/** A `docker` that lists one container the given number of times, and can look at none: what a real engine does only between two moments. */
function vanishing(t: TestContext, listed: number): Containers {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-docker-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const script = `#!${process.execPath}
const { appendFileSync, readFileSync } = require('node:fs')
if (process.argv[2] === 'ps') {
  appendFileSync('${folder}/looks', '.')
  if (readFileSync('${folder}/looks').length <= ${listed}) console.log('abc')
} else {
  console.log('[]')
  process.exitCode = 1
}
`
  writeFileSync(join(folder, 'docker'), script, { mode: 0o755 })
  const run = { env: { PATH: `${folder}:${dirname(process.execPath)}` } }
  return new Containers({ host: null, place: { app: 'shop', environment: 'staging' }, run })
}

test('a container that goes between two looks is gone', async (t) => {
  assert.deepEqual(await vanishing(t, 1).observe(), [])
})

test('an engine that lists what it cannot show is not taken for an empty one', async (t) => {
  await assert.rejects(vanishing(t, 100).observe(), {
    code: 'target.tool-failed',
    message: /inspect --type container abc/,
  })
})
