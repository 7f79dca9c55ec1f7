import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { dockerRelease } from '../../../test/support/docker-release.ts'
import type { Project } from '../project.ts'
import { execOnDocker } from './exec.ts'

const recorded = join(import.meta.dirname, '../../../test/fixtures/docker/inspect.json')

test("a command enters as the release's own program did, whatever the folder's config says now", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-docker-'))
  const path = process.env['PATH']
  t.after(() => {
    process.env['PATH'] = path
    rmSync(folder, { recursive: true })
  })
  const look = { Id: 'sha256:1', RepoTags: [], RootFS: { Layers: [] }, Config: { Labels: {} } }
  const script = `#!${process.execPath}
const [verb] = process.argv.slice(2)
if (verb === 'ps') process.stdout.write('one\\n')
else if (verb === 'image') process.stdout.write(${JSON.stringify(JSON.stringify([look]))})
else process.stdout.write(require('node:fs').readFileSync(${JSON.stringify(recorded)}))
`
  writeFileSync(join(folder, 'docker'), script, { mode: 0o755 })
  process.env['PATH'] = `${folder}:${dirname(process.execPath)}`
  const now = dockerRelease({ api: { start: 'python3 api.py', routes: ['/'] } }).config
  const project = { app: now, hosts: [] } as unknown as Project
  const then = dockerRelease({ api: { start: 'node api.js', routes: ['/'] } }).config.services['api']
  const asked = { service: 'api', release: '7-3fa9c1d2', argv: ['id'] as const }
  const words = async (declared: typeof then) => (await execOnDocker(project, { ...asked, declared })).slice(-3)
  const [program, entry, command] = await words(then)
  assert.deepEqual([program, command], ['node', 'id'])
  assert.match(entry!, /^\/seaworthy\//)
  // Of a release that control has forgotten meanwhile nothing of ours is known to be there.
  assert.equal((await words(undefined)).includes(entry!), false)
})
