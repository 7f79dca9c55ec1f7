import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { removeUnusedImages } from './unused-images.ts'

const NAME = 'seaworthy/shop/api:00ff00ff00ff00ff-01234567'
const IMAGE = {
  Id: 'sha256:1',
  RepoTags: [NAME],
  RootFS: { Layers: [] },
  Config: { Labels: { 'seaworthy.app': 'shop', 'seaworthy.service': 'api', 'seaworthy.artifact': '00ff00ff00ff00ff' } },
}

/** Removes what staging does not keep, on a `docker` that knows of these environments. @returns the images that it removed */
async function removedWhere(
  t: TestContext,
  containersOf: readonly string[],
  volumesOf: readonly string[],
  isShared = false,
) {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-docker-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const removed = join(folder, 'removed')
  const script = `#!${process.execPath}
const { appendFileSync } = require('node:fs')
const [verb, second, ...rest] = process.argv.slice(2)
const answers = {
  ps: ${JSON.stringify(containersOf.join('\n'))},
  volume: ${JSON.stringify(volumesOf.join('\n'))},
  image: second === 'ls' ? 'sha256:1' : ${JSON.stringify(JSON.stringify([IMAGE]))},
  info: '[]',
}
if (verb === 'rmi') appendFileSync(${JSON.stringify(removed)}, [second, ...rest].join(' '))
else process.stdout.write(answers[verb])
`
  writeFileSync(join(folder, 'docker'), script, { mode: 0o755 })
  const place = { app: 'shop', environment: 'staging' }
  const env = { PATH: `${folder}:${dirname(process.execPath)}` }
  await removeUnusedImages([], { host: null, place, run: { env }, isShared })
  return existsSync(removed) ? readFileSync(removed, 'utf8') : ''
}

test('an image that no kept release is made of goes where its environment is alone', async (t) => {
  assert.equal(await removedWhere(t, ['staging', 'staging'], ['staging']), NAME)
})

test('all stay where another environment of the app is, though it was stopped and its containers were removed', async (t) => {
  assert.equal(await removedWhere(t, ['staging', 'production'], []), '')
  assert.equal(await removedWhere(t, ['staging'], ['production', 'staging']), '')
})

test('all stay where the nodes of a cluster run images of the engine', async (t) => {
  assert.equal(await removedWhere(t, ['staging'], ['staging'], true), '')
})
