import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { dockerRelease } from '../../../../test/support/docker-release.ts'
import { Containers } from './containers.ts'
import { DockerMigrations } from './migrations.ts'

const IMAGE = `example/mail@sha256:${'a'.repeat(64)}`
const PLACE = { app: 'shop', environment: 'staging' }

/** A `docker` that has the one image, as whoever fetched it by hand left it, and writes down what else it is asked for. */
function engineWith(t: TestContext, user: string) {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-docker-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const image = {
    Id: 'sha256:1',
    RepoTags: ['example/mail:1'],
    RootFS: { Layers: [] },
    Config: { User: user, Labels: null },
  }
  const script = `#!${process.execPath}
const words = process.argv.slice(2)
if (words[0] === 'image') process.stdout.write(${JSON.stringify(JSON.stringify([image]))})
else require('node:fs').appendFileSync(${JSON.stringify(join(folder, 'asked'))}, words[0] + '\\n')
`
  writeFileSync(join(folder, 'docker'), script, { mode: 0o755 })
  const asked = (): readonly string[] =>
    existsSync(join(folder, 'asked')) ? readFileSync(join(folder, 'asked'), 'utf8').trim().split('\n') : []
  return { host: null, place: PLACE, run: { env: { PATH: `${folder}:${dirname(process.execPath)}` } }, asked }
}

const release = dockerRelease({ mail: { image: IMAGE } })

test('an image that was there and runs as root is refused where it would be started: nobody had to make it', async (t) => {
  const { asked, ...engine } = engineWith(t, '')
  await assert.rejects(new Containers(engine).start(release, 'mail', [1], IMAGE, {}), { code: 'image.root' })
  assert.deepEqual(asked(), [])
})

test('nor does a step of a migration run as root', async (t) => {
  const { asked, ...engine } = engineWith(t, 'root')
  const steps = new DockerMigrations({ ...engine, imageOf: () => Promise.resolve(IMAGE) })
  const errand = { id: 1, what: 'command', argv: ['node', 'up.js'], env: {} } as const
  await assert.rejects(steps.perform(release, 'mail', 1, errand), { code: 'image.root' })
  assert.ok(!asked().includes('create'), asked().join(' '))
})

test('one with a user of its own gets further', async (t) => {
  const { asked, ...engine } = engineWith(t, '1000')
  assert.deepEqual(await new Containers(engine).start(release, 'mail', [1], IMAGE, {}), [])
  assert.ok(asked().includes('create'), asked().join())
})
