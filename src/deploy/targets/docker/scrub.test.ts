import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { dockerRelease } from '../../../../test/support/docker-release.ts'
import { readSource } from '../../source.ts'
import type { RosterPort } from '../roster.ts'
import { observed } from './observe.ts'
import { DockerTarget } from './target.ts'

const recorded = join(import.meta.dirname, '../../../../test/fixtures/docker/inspect.json')
const PASSWORD = 'pw-of-the-database'
const SECRET = 'sk-live-0123456789'
const SAID = `cannot reach postgres at db with ${PASSWORD} and ${SECRET}`
const SEEN = { probes: 1, passed: 0, waitedMs: 1_000, deadlineMs: 60_000, relapses: 0 }

/** A target on a `docker` that has the recorded containers and no image, and says the same whatever it is asked to run. */
function targetThatSays(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-docker-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const script = `#!${process.execPath}
const { readFileSync } = require('node:fs')
const [verb, , , name] = process.argv.slice(2)
const all = JSON.parse(readFileSync(${JSON.stringify(recorded)}))
if (verb === 'inspect') process.stdout.write(JSON.stringify(all.filter((one) => one.Name === '/' + name)))
else {
  process.stderr.write(${JSON.stringify(`${SAID}\n`)})
  process.exitCode = verb === 'logs' ? 0 : 1
}
`
  writeFileSync(join(folder, 'docker'), script, { mode: 0o755 })
  const asked: string[] = []
  const target = new DockerTarget({
    host: null,
    place: { app: 'shop', environment: 'staging' },
    run: { env: { PATH: `${folder}:${dirname(process.execPath)}` } },
    projectFolder: folder,
    keptOut: [],
    // Neither a look at the engine nor a health command asks control.
    roster: {} as RosterPort,
    release: () => Promise.resolve(null),
    secretsOf: (names) => Object.fromEntries(names.map((name) => [name, SECRET])),
    connectionsOf: async (release, service) => {
      asked.push(`${service} ${release}`)
      return { DATABASE_URL: `postgres://shop:${PASSWORD}@db:5432/shop` }
    },
  })
  return { target, asked, folder }
}

const release = dockerRelease(
  {
    api: {
      start: 'node api.js',
      routes: ['/'],
      secrets: ['API_KEY'],
      uses: { db: 'required' },
      health: { ready: 'node check.js' },
    },
  },
  { needs: { db: { kind: 'postgres' } } },
)

test('what a container says on the way to a failure shows no secret and no password of a need', async (t) => {
  const { instance } = observed(readFileSync(recorded, 'utf8')).find(({ instance: one }) => one.service === 'api')!
  const { target, asked } = targetThatSays(t)
  const probe = await target.probe(instance, release)
  assert.ok(probe.kind === 'fail', JSON.stringify(probe))
  assert.match(probe.because, /cannot reach postgres at db with \[DATABASE_URL\] and \[API_KEY\]/)
  const diagnosis = await target.diagnose(instance, release, { ...SEEN, last: probe })
  assert.deepEqual(diagnosis.lastLines, ['cannot reach postgres at db with [DATABASE_URL] and [API_KEY]'])
  const shown = JSON.stringify([probe, diagnosis])
  for (const value of [PASSWORD, SECRET]) assert.ok(!shown.includes(value), shown)
  assert.deepEqual(asked, ['api 7-3fa9c1d2'])
})

test('nor do the last lines of a build that failed', async (t) => {
  const { target, folder } = targetThatSays(t)
  const services = { api: { path: 'api', start: '/app/server', secrets: ['API_KEY'] } }
  mkdirSync(join(folder, 'api'))
  writeFileSync(join(folder, 'api', 'Dockerfile'), 'FROM scratch\n')
  const { hash } = await readSource(folder, dockerRelease(services).config.services['api']!, [])
  await assert.rejects(target.prepare(dockerRelease(services, { artifacts: { api: hash } }), 'api'), {
    code: 'deploy.build-failed',
    details: [`| cannot reach postgres at db with ${PASSWORD} and [API_KEY]`],
  })
})
