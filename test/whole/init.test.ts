import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { someOf } from '../seeded/some.ts'
import { root, TestProject } from '../support/project.ts'

/** Debian's interpreters before any other: their packages are what the wheels are made of. */
const PATH = [dirname(process.execPath), '/usr/bin', '/bin', process.env['PATH'] ?? ''].join(':')

const folder = mkdtempSync(join(tmpdir(), 'seaworthy-init-whole-'))
after(() => rmSync(folder, { recursive: true, force: true }))

/** Settings by which npm and pip ask nobody: what they install lies here. */
const environment = ((): Readonly<Record<string, string>> => {
  const wheels = join(folder, 'wheels')
  mkdirSync(wheels)
  const names = ['flask', 'gunicorn', 'fastapi', 'uvicorn', 'django']
  execFileSync('/usr/bin/python3', [join(root, 'test/support/wheels.py'), wheels, ...names])
  const pip = join(folder, 'pip.conf')
  writeFileSync(pip, `[global]\nno-index = true\nfind-links = ${wheels}\ndisable-pip-version-check = true\n`)
  const npm = join(folder, 'npmrc')
  writeFileSync(npm, `offline=true\naudit=false\nfund=false\ncache=${join(folder, 'npm')}\n`)
  // A home of its own: Go and npm keep caches there.
  return { PATH, HOME: folder, PIP_CONFIG_FILE: pip, npm_config_userconfig: npm }
})()

interface Served {
  readonly fixture: string
  /** Path → what its answer holds. */
  readonly answers: Readonly<Record<string, string>>
  readonly env?: Readonly<Record<string, string>>
}

/** Of the projects in test/fixtures/projects those whose runtime Debian has and that need nothing from a registry. */
const SERVED: readonly Served[] = [
  { fixture: 'node-plain', answers: { '/': 'hello from plain node' } },
  { fixture: 'node-built', answers: { '/': 'hello from a built program' } },
  {
    fixture: 'workspaces',
    answers: { '/': 'the site of the workspace', '/people/1': 'hello from the people of the workspace' },
  },
  { fixture: 'python-fastapi', answers: { '/': '{"hello":"from fastapi"}', '/healthz': '{"status":"ok"}' } },
  { fixture: 'python-flask', answers: { '/': 'hello from flask' } },
  {
    fixture: 'python-django',
    // The migration has run: there is a table to count.
    answers: { '/': 'hello from django, 0 users', '/health/': 'ok' },
    env: { DJANGO_SECRET_KEY: 'for this test alone' },
  },
  { fixture: 'go', answers: { '/': 'hello from go' } },
  { fixture: 'ruby-rack', answers: { '/': 'hello from rack' } },
  { fixture: 'php-plain', answers: { '/': 'hello from php' } },
  { fixture: 'static', answers: { '/': '<p>hello from files</p>' } },
  { fixture: 'dockerfile', answers: { '/': 'hello from a Dockerfile' } },
]

for (const { fixture, answers, env = {} } of someOf(SERVED, 5)) {
  void test(`init and up serve ${fixture}`, async () => {
    await using project = projectOf(fixture)
    const all = { ...environment, ...env }
    const init = await project.must(['init'], all)
    assert.match(init.stdout, /seaworthy\.config\.ts is written: .*, and it passes the checks/)
    forTests(project)
    await project.must(['up', '--detach'], all)
    const port = await project.port()
    for (const [path, text] of Object.entries(answers)) {
      const answer = await ask(port, path)
      assert.deepEqual([answer.status, answer.text.includes(text)], [200, true], `${path}: ${answer.text}`)
    }
    const { instances } = await project.status()
    assert.ok(instances.every(({ restarts }) => restarts === 0))
  })
}

void test('init refuses to overwrite, and a dry run writes nothing', async () => {
  await using project = projectOf('node-plain')
  const dry = await project.must(['init', '--dry-run'])
  assert.match(dry.stdout, /^ {6}start: 'node src\/server\.js',$/m)
  assert.equal((await project.run(['plan'])).code, 2, 'there is no config yet')
  await project.must(['init'])
  const file = join(project.folder, 'seaworthy.config.ts')
  const mine = `${readFileSync(file, 'utf8')}// mine\n`
  writeFileSync(file, mine)
  const again = await project.run(['init'])
  assert.equal(again.code, 2)
  assert.match(again.stderr, /is there already {2}\[init\.exists\]/)
  assert.equal(readFileSync(file, 'utf8'), mine)
  await project.must(['init', '--force'])
  assert.ok(!readFileSync(file, 'utf8').includes('// mine'))
})

/** A copy of a fixture, with nothing else in its folder. */
function projectOf(fixture: string): TestProject {
  const project = new TestProject({})
  for (const name of ['plain.mjs', 'seaworthy.config.json']) rmSync(join(project.folder, name))
  cpSync(join(root, 'test/fixtures/projects', fixture), project.folder, { recursive: true })
  rmSync(join(project.folder, 'expected.txt'))
  return project
}

/** Any free port and short waits: the only lines that are not as `init` wrote them. */
function forTests(project: TestProject): void {
  const file = join(project.folder, 'seaworthy.config.ts')
  const written = readFileSync(file, 'utf8')
  const short = `target: 'process', watch: { for: '1s' }, drain: '1s',`
  const text = written
    .replace(`  environments: {`, `  gateway: { listen: { http: 0 } },\n  environments: {`)
    .replace(`target: 'process',`, short)
  assert.ok(text.includes(short) && text.includes('http: 0'))
  writeFileSync(file, text)
}

function ask(port: number, path: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path, agent: false }, (response) => {
      let text = ''
      response.on('data', (chunk: Buffer) => (text += chunk.toString()))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
    }).once('error', reject)
  })
}
