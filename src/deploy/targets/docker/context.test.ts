import assert from 'node:assert/strict'
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { dockerRelease } from '../../../../test/support/docker-release.ts'
import { readSource } from '../../source.ts'
import { writeContext, writeOwnContext } from './context.ts'

test('the context holds the files of the source, readable for the image whatever the mask was', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-context-'))
  const mask = process.umask(0o077)
  try {
    const project = join(folder, 'project')
    mkdirSync(join(project, 'src', 'deep'), { recursive: true })
    writeFileSync(join(project, 'src', 'deep', 'main.js'), 'main', { mode: 0o600 })
    writeFileSync(join(project, 'run'), '#!', { mode: 0o700 })
    symlinkSync('run', join(project, 'link'))
    mkdirSync(join(project, 'data'))
    writeFileSync(join(project, 'data', 'left.db'), 'not a part of it')
    const service = dockerRelease({ api: { start: 'node main.js', writable: ['data'] } }).config.services['api']!
    const source = await readSource(project, service, [])
    const context = join(folder, 'context')
    await writeContext(context, { source, service, runtime: 'node', dockerfile: 'FROM node:24\n' })

    const modes = readdirSync(context, { recursive: true, encoding: 'utf8' })
      .toSorted()
      .map((path) => [path, (lstatSync(join(context, path)).mode & 0o777).toString(8)])
    assert.deepEqual(Object.fromEntries(modes.filter(([path]) => /^(?:app|seaworthy|writable)/.test(path!))), {
      app: '755',
      'app/link': '777',
      'app/run': '755',
      'app/src': '755',
      'app/src/deep': '755',
      'app/src/deep/main.js': '644',
      seaworthy: '755',
      'seaworthy/check.mjs': '644',
      'seaworthy/enter.mjs': '644',
      writable: '755',
    })
    assert.equal(readlinkSync(join(context, 'app/link')), 'run')
    assert.match(readFileSync(join(context, 'Dockerfile'), 'utf8'), /^FROM node:24$/m)
    assert.match(readFileSync(join(context, '.dockerignore'), 'utf8'), /^app\/\*\*\/\.env$/m)
  } finally {
    process.umask(mask)
    chmodSync(folder, 0o700)
    rmSync(folder, { recursive: true })
  }
})

test('of a Dockerfile of its own the context is the folder as it is, without what no image may hold', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-context-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const project = join(folder, 'project')
  mkdirSync(join(project, 'src', '.ssh'), { recursive: true })
  const files = ['Dockerfile', '.dockerignore', 'src/main.go', '.env', '.env.local', '.env.example', 'src/.ssh/id']
  for (const file of files) writeFileSync(join(project, file), file)
  const service = dockerRelease({ api: { start: '/app/server' } }).config.services['api']!
  const context = join(folder, 'context')
  await writeOwnContext(context, await readSource(project, service, []))
  const written = readdirSync(context, { recursive: true, encoding: 'utf8' }).toSorted()
  assert.deepEqual(written, ['.dockerignore', '.env.example', 'Dockerfile', 'src', 'src/main.go'])
})
