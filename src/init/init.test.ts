import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { propose, proposeFor, writeProposal } from './init.ts'
import { projectFrom } from './project-files.ts'

function emptyFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-init-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return folder
}

test('nothing recognised is a problem that says what was looked for, and --start is the cure', () => {
  const project = projectFrom({ 'README.md': '', 'main.zig': '' })
  assert.throws(
    () => proposeFor(project),
    (error: { code: string; details: string[] }) =>
      error.code === 'init.nothing-recognised' && error.details.length > 4,
  )
  const { services } = JSON.parse(proposeFor(project, { start: './serve --port $PORT' }).canonical) as {
    services: object
  }
  assert.deepEqual(services, { web: { start: './serve --port $PORT', routes: ['/'] } })
})

test('--start wins over what was found, and keeps the rest of it', () => {
  const project = projectFrom({
    'package.json': '{"scripts":{"start":"node a.js","build":"node b.js"}}',
    'a.js': "http.createServer().listen(process.env.PORT); get('/healthz')",
  })
  const { services } = JSON.parse(proposeFor(project, { start: 'node c.js' }).canonical) as { services: object }
  assert.deepEqual(services, {
    web: { build: 'npm run build', start: 'node c.js', routes: ['/'], health: { ready: '/healthz' } },
  })
  assert.throws(() => proposeFor(project, { start: 'a && b' }), { code: 'cli.usage' })
  assert.throws(() => proposeFor(project, { start: ' ' }), { code: 'cli.usage' })
})

test('a folder that is none is refused', (t) => {
  const folder = emptyFolder(t)
  writeFileSync(join(folder, 'file'), '')
  for (const wrong of [join(folder, 'nowhere'), join(folder, 'file')]) {
    assert.throws(() => propose(wrong), { code: 'init.no-folder' })
  }
})

test('a config is written readable, alone, and only over its own kind by force', async (t) => {
  const folder = emptyFolder(t)
  const proposal = proposeFor(projectFrom({ 'index.html': '' }))
  const file = await writeProposal(folder, proposal, { force: false })
  assert.deepEqual(readdirSync(folder), ['seaworthy.config.ts'])
  assert.equal(statSync(file).mode & 0o777, 0o644)
  await assert.rejects(writeProposal(folder, proposal, { force: false }), { code: 'init.exists' })

  const other = emptyFolder(t)
  writeFileSync(join(other, 'seaworthy.config.json'), '{}')
  await assert.rejects(writeProposal(other, proposal, { force: true }), { code: 'init.exists' })
  assert.deepEqual(readdirSync(other), ['seaworthy.config.json'])
})

test('a link in the place of the config is not written through', async (t) => {
  const folder = emptyFolder(t)
  const outside = join(emptyFolder(t), 'mine.ts')
  writeFileSync(outside, 'mine')
  symlinkSync(outside, join(folder, 'seaworthy.config.ts'))
  const proposal = proposeFor(projectFrom({ 'index.html': '' }))
  await assert.rejects(writeProposal(folder, proposal, { force: false }), { code: 'init.exists' })
  await writeProposal(folder, proposal, { force: true })
  assert.equal(readFileSync(outside, 'utf8'), 'mine')
})

test('a text that reads back as something else is never put in place', async (t) => {
  const folder = emptyFolder(t)
  const proposal = proposeFor(projectFrom({ 'index.html': '' }))
  for (const text of [proposal.text.replace("'/'", "'/x'"), 'export default {', 'process.env.X = 1']) {
    await assert.rejects(writeProposal(folder, { ...proposal, text }, { force: false }))
    assert.deepEqual(readdirSync(folder), [])
  }
})

test('names of folders become names that a config may hold, each once', () => {
  const server = "require('http').createServer().listen(process.env.PORT)"
  const project = projectFrom(
    {
      'Über App/package.json': '{}',
      'Über App/server.js': server,
      'ber-app/package.json': '{}',
      'ber-app/server.js': server,
    },
    '--My Shop!--',
  )
  const app = JSON.parse(proposeFor(project).canonical) as { name: string; services: object }
  assert.equal(app.name, 'my-shop')
  assert.deepEqual(Object.keys(app.services), ['ber-app', 'ber-app-2'])
})
