import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { dockerRelease } from '../../../../test/support/docker-release.ts'
import { Containers } from './containers.ts'

function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-docker-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return folder
}

/** @param script what its `docker` does */
function containersWith(folder: string, script: string): Containers {
  const text = `#!${process.execPath}
const { appendFileSync, readFileSync } = require('node:fs')
${script}`
  writeFileSync(join(folder, 'docker'), text, { mode: 0o755 })
  const run = { env: { PATH: `${folder}:${dirname(process.execPath)}` } }
  return new Containers({ host: null, place: { app: 'shop', environment: 'staging' }, run })
}

/** A `docker` that lists one container the given number of times, and can look at none: what a real engine does only between two moments. */
function vanishing(t: TestContext, listed: number): Containers {
  const folder = folderFor(t)
  const script = `
if (process.argv[2] === 'ps') {
  appendFileSync('${folder}/looks', '.')
  if (readFileSync('${folder}/looks').length <= ${listed}) console.log('abc')
} else {
  console.log('[]')
  process.exitCode = 1
}
`
  return containersWith(folder, script)
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

test("no file holds the URL of a need that the service's own env sets: it would win over it", async (t) => {
  const folder = folderFor(t)
  const containers = containersWith(
    folder,
    `
if (process.argv[2] === 'image') console.log(JSON.stringify([{ Id: 'sha256:1', Config: { User: '65532' }, RootFS: {} }]))
if (process.argv[2] === 'cp') appendFileSync('${folder}/files', readFileSync(0))
`,
  )
  const service = {
    start: 'node main.js',
    env: { DATABASE_URL: 'postgres://pooler/db' },
    secrets: ['KEY'],
    uses: { db: 'required' },
  }
  const release = dockerRelease({ api: service }, { needs: { db: { kind: 'postgres' } } })
  const url = 'postgres://need-db/db'
  await containers.start(release, 'api', [1], 'image', { DATABASE_URL: url, DB_URL: url, KEY: 'geheim' })
  const files = readFileSync(join(folder, 'files'), 'latin1')
  const names = ['KEY', 'DB_URL', 'DATABASE_URL'].filter((name) => files.includes(`${name}\0`))
  assert.deepEqual(names, ['KEY', 'DB_URL'])
})

test('what makes room ends and stays; one that goes on running is no room', async (t) => {
  const folder = folderFor(t)
  const labels = { 'seaworthy.instance': 'api@1-a-1', 'seaworthy.service': 'api', 'seaworthy.release': '1-a' }
  const script = `
const [verb, ...words] = process.argv.slice(2)
appendFileSync('${folder}/asked', [verb, ...words].join(' ') + '\\n')
const State = { Status: readFileSync('${folder}/status', 'utf8'), Pid: 0, ExitCode: 0, OOMKilled: false, Error: '', StartedAt: '', FinishedAt: '' }
if (verb === 'ps') console.log('abc')
if (verb === 'inspect') console.log(JSON.stringify([{ Id: 'abc', Image: 'i', Created: '', RestartCount: 0, Config: { Labels: ${JSON.stringify(labels)} }, State }]))
`
  const containers = containersWith(folder, script)
  writeFileSync(join(folder, 'status'), 'exited')
  await containers.rest(['abc'], 3_000)
  const asked = readFileSync(join(folder, 'asked'), 'utf8').split('\n')
  assert.match(asked[0]!, /^stop .*abc$/)
  assert.ok(!asked.some((words) => words.startsWith('rm')))
  writeFileSync(join(folder, 'status'), 'running')
  await assert.rejects(containers.rest(['abc'], 3_000), { code: 'instance.not-stopped', message: /api@1-a-1/ })
})
