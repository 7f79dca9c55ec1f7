import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { dockerRelease } from '../../../../test/support/docker-release.ts'
import { LABEL } from '../labels.ts'
import type { RosterPort } from '../roster.ts'
import { imageOf } from './image-of.ts'
import { DockerTarget } from './target.ts'

const PROVEN = `sha256:${'1'.repeat(64)}`
const REBUILT = `sha256:${'2'.repeat(64)}`
const made = dockerRelease({ api: { start: 'node api.js', routes: ['/'] } })
const promoted = { environment: 'staging', release: '3-aaaaaaaa', made: { api: PROVEN } }
const release = { ...made, promoted }
const labels = { [LABEL.app]: 'shop', [LABEL.service]: 'api', [LABEL.artifact]: made.artifacts['api'] }

/** On a `docker` that has these images, each made of the release's files; one of them has the name. */
function targetOn(t: TestContext, ids: readonly string[]): { target: DockerTarget; does: () => readonly string[] } {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-docker-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const done = join(folder, 'done')
  const script = `#!${process.execPath}
const [verb, second, ...rest] = process.argv.slice(2)
const ids = ${JSON.stringify(ids)}
const name = ${JSON.stringify(imageOf(made, 'api'))}
const look = (Id) => ({ Id, RepoTags: [name], RootFS: { Layers: [] }, Config: { User: '65532:65532', Labels: ${JSON.stringify(labels)} } })
const found = rest.map((asked) => (asked === name ? ids.at(-1) : ids.find((id) => id === asked)))
if (verb === 'info') process.stdout.write('null')
else if (verb === 'image' && second === 'ls') process.stdout.write(ids.join('\\n'))
else if (verb === 'image' && found.includes(undefined)) process.exitCode = 1
else if (verb === 'image') process.stdout.write(JSON.stringify(found.map(look)))
else if (['create', 'build', 'pull'].includes(verb)) require('node:fs').appendFileSync(${JSON.stringify(done)}, [verb, second, ...rest].join(' ') + '\\n')
`
  writeFileSync(join(folder, 'docker'), script, { mode: 0o755 })
  const roster = {
    owed: () => Promise.resolve([]),
    wanted: () => Promise.resolve(['api@7-3fa9c1d2-1']),
    recordImage: (_: string, image: string) => Promise.resolve(image),
    put: () => Promise.resolve(),
  } satisfies Partial<RosterPort> as unknown as RosterPort
  const target = new DockerTarget({
    host: null,
    place: { app: 'shop', environment: 'production' },
    run: { env: { PATH: `${folder}:${dirname(process.execPath)}` } },
    projectFolder: folder,
    keptOut: [],
    roster,
    release: () => Promise.resolve(release),
    secretsOf: () => ({}),
  })
  return { target, does: () => (existsSync(done) ? readFileSync(done, 'utf8').trimEnd().split('\n') : []) }
}

test('a promoted release is started from the very image, though another has its name', async (t) => {
  const { target, does } = targetOn(t, [PROVEN, REBUILT])
  assert.deepEqual(await target.prepared(release), Object.values(made.artifacts))
  await target.prepare(release, 'api')
  await target.start(release, 'api')
  const [created, ...others] = does()
  assert.ok(created!.split(' ').includes(PROVEN), created)
  assert.deepEqual(others, [])
})

test('where it is gone, neither a build nor another image of the same files stands in', async (t) => {
  const { target, does } = targetOn(t, [REBUILT])
  assert.deepEqual(await target.prepared(release), [])
  await assert.rejects(target.prepare(release, 'api'), { code: 'promote.files-gone' })
  await assert.rejects(target.start(release, 'api'), { code: 'image.not-there' })
  assert.deepEqual(does(), [])
})
