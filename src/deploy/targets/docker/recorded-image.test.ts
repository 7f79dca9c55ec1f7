import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { dockerRelease } from '../../../../test/support/docker-release.ts'
import type { RosterPort } from '../roster.ts'
import { imageOf } from './image-of.ts'
import { DockerTarget } from './target.ts'

const release = dockerRelease({ api: { start: 'node api.js', routes: ['/'] } })
const HERE = imageOf(release, 'api')
/** As an earlier version of Seaworthy named it. */
const RECORDED = 'seaworthy/shop/api:a1b2c3d4e5f60718-00000000'

/** Starts the service on a `docker` that has these images. @returns the one that its container was made of */
async function startedFrom(t: TestContext, images: readonly string[]): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-docker-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const made = join(folder, 'made')
  const script = `#!${process.execPath}
const [verb, second, name, ...rest] = process.argv.slice(2)
const look = { Id: 'sha256:1', RepoTags: [name], RootFS: { Layers: [] }, Config: { User: '65532:65532', Labels: {} } }
if (verb === 'image' && !${JSON.stringify(images)}.includes(name)) process.exitCode = 1
else if (verb === 'image') process.stdout.write(JSON.stringify([look]))
else if (verb === 'create') require('node:fs').writeFileSync(${JSON.stringify(made)}, rest.join('\\n'))
`
  writeFileSync(join(folder, 'docker'), script, { mode: 0o755 })
  const roster = {
    owed: () => Promise.resolve([]),
    wanted: () => Promise.resolve(['api@7-3fa9c1d2-1']),
    recordImage: () => Promise.resolve(RECORDED),
    put: () => Promise.resolve(),
  } satisfies Partial<RosterPort> as unknown as RosterPort
  const target = new DockerTarget({
    host: null,
    place: { app: 'shop', environment: 'staging' },
    run: { env: { PATH: `${folder}:${dirname(process.execPath)}` } },
    projectFolder: folder,
    keptOut: [],
    roster,
    release: () => Promise.resolve(release),
    secretsOf: () => ({}),
  })
  await target.start(release, 'api')
  const words = readFileSync(made, 'utf8').split('\n')
  return words.find((word) => word.startsWith('seaworthy/'))!
}

test('a release is started from the image that was recorded for it', async (t) => {
  assert.equal(await startedFrom(t, [HERE, RECORDED]), RECORDED)
})

test('where that one was pruned, what has been made of the same files since will do', async (t) => {
  assert.equal(await startedFrom(t, [HERE]), HERE)
})
