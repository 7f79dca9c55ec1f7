/** What is copied into a release, and what never is. */
import assert from 'node:assert/strict'
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { plainConfig, TestProject } from '../support/project.ts'

const VALUE = 'a-value-that-only-the-service-may-know'
const STATE = 'state'

void test('state folders and secrets files inside the project are in no release, and nobody is served them', async () => {
  const config = (text: string): object => ({
    ...plainConfig({
      service: { secrets: ['TOKEN'], routes: ['/api'] },
      services: { web: { static: '.', routes: ['/'] } },
      env: { NAME: text },
    }),
    // Who asks for them is refused by the guard already; here it is the files' turn.
    guard: { threats: 'off' },
    environments: {
      local: { target: 'process', state: STATE, secrets: './s.env', watch: { for: '1s' }, drain: '2s' },
      other: { target: 'process', state: 'var/other', secrets: 'other.env' },
    },
  })
  const files = { 's.env': '', 'other.env': `TOKEN=${VALUE}`, '.env': `TOKEN=${VALUE}`, 'index.html': 'v1' }
  await using project = new TestProject(config('v1'), files, STATE)
  writeFileSync(join(project.folder, 's.env'), `TOKEN=${VALUE}`)
  chmodSync(join(project.folder, 's.env'), 0o600)
  mkdirSync(join(project.folder, 'var/other'), { recursive: true })
  writeFileSync(join(project.folder, 'var/other/secret'), VALUE)
  await project.must(['up', '--detach'])
  writeFileSync(join(project.folder, 'index.html'), 'v2')
  project.configure(config('v2'))
  await project.must(['deploy'])

  const port = await project.port()
  const answer = async (path: string): Promise<readonly [number, string]> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`)
    return [response.status, await response.text()]
  }
  assert.deepEqual(await answer('/'), [200, 'v2'])
  const hidden = ['/s.env', '/other.env', '/.env', '/%2Eenv', '/var/other/secret', '/state/fingerprint.key']
  for (const path of hidden) assert.equal((await answer(path))[0], 404, path)

  const releases = join(project.stateFolder, 'releases')
  const entries = readdirSync(releases, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const holding = entries.filter(({ name, parentPath }) => readFileSync(join(parentPath, name), 'utf8').includes(VALUE))
  assert.ok(entries.some(({ name }) => name === 'index.html'))
  // A program without a build gets its folder as it lies there, and may read its own `.env`.
  assert.deepEqual(new Set(holding.map(({ name }) => name)), new Set(['.env']))
  for (const { parentPath } of holding) assert.ok(!readdirSync(parentPath).includes(STATE))
})

void test('files that change after the plan are named, and what a program should do about them', async () => {
  await using project = new TestProject(plainConfig())
  await project.must(['up', '--detach'])
  project.configure(plainConfig({ environment: { hooks: { before: "sh -c 'echo more >> dep.log'" } } }))
  writeFileSync(join(project.folder, 'dep.log'), 'more')
  const refused = await project.run(['deploy'])
  assert.equal(refused.code, 3)
  assert.match(refused.stderr, /the files of api changed since the plan was made {2}\[deploy\.moved\]/)
  assert.match(refused.stderr, /^ {2}dep\.log is newer than the plan$/m)
  assert.doesNotMatch(refused.stderr, /plain\.mjs/)
  assert.match(refused.stderr, /belongs elsewhere, or under `writable`/)
})

void test('a build that fails is told as a command that can be run, and no release is said to be live', async () => {
  const build = "sh -c 'echo it is broken; exit 3'"
  await using project = new TestProject(plainConfig({ service: { build } }))
  const up = await project.run(['up', '--detach'])
  assert.equal(up.code, 1)
  assert.ok(up.stderr.includes(`the build of api (\`${build}\`) exited with 3`), up.stderr)
  assert.match(up.stderr, /^ {2}\| it is broken$/m)
  assert.doesNotMatch(up.stderr, /live release/)
})
