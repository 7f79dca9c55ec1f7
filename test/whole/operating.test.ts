import assert from 'node:assert/strict'
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { join } from 'node:path'
import { test } from 'node:test'
import { readSavedTable } from '../../src/gateway/table-store.ts'
import { plainConfig, TestProject, until } from '../support/project.ts'

/** Values that occur nowhere by chance. */
const TOKEN = 'sw-7c1f0e2b9d4a-token'
const URL_VALUE = 'postgres://shop:sw-55aa90bc1e@127.0.0.1/shop'

/** What the documentation promises an instance: these, its own env, its secrets, and nothing else. */
const GIVEN = [
  'HOME',
  'HOST',
  'INSTANCE',
  'INSTANCE_DIR',
  'LANG',
  'NODE_ENV',
  'PATH',
  'PORT',
  'PYTHONUNBUFFERED',
  'RELEASE',
  'SEAWORTHY_CHILD',
]

void test("an instance's environment holds the documented names, and secrets lie in secrets/ alone", async () => {
  const service = { secrets: ['API_TOKEN', 'DB_URL'], migrate: { expand: 'node -e 0' } }
  const env = { API_TOKEN: TOKEN, DB_URL: URL_VALUE, AWS_PROFILE: 'sw-leak', NODE_OPTIONS: '--no-deprecation', CI: '1' }
  await using project = new TestProject(plainConfig({ service }))
  const up = await project.must(['up', '--detach', '--json'], env)
  const seen = JSON.parse(await textAt(project, '/env')) as Record<string, string>
  assert.deepEqual(Object.keys(seen).toSorted(), [...GIVEN, 'NAME', 'API_TOKEN', 'DB_URL'].toSorted())
  assert.deepEqual([seen['API_TOKEN'], seen['DB_URL'], seen['NODE_ENV']], [TOKEN, URL_VALUE, 'production'])
  const [{ id, port, release }] = (await project.status()).instances as unknown as [Record<string, unknown>]
  assert.deepEqual(
    [seen['INSTANCE'], seen['PORT'], seen['RELEASE'], seen['HOST']],
    [id, String(port), release, '127.0.0.1'],
  )
  assert.equal(seen['INSTANCE_DIR'], join(project.stateFolder, 'instances', String(id)))

  project.configure(plainConfig({ service, env: { NAME: 'v2' } }))
  const plan = await project.must(['plan', '--json', '--out', join(project.folder, '.seaworthy/plan.json')], env)
  const told = [
    up,
    plan,
    await project.must(['plan'], env),
    await project.must(['deploy', '--json'], env),
    await project.must(['status', '--history', '--json']),
    await project.must(['logs', '--json']),
  ]
  for (const { stdout, stderr } of told) assertSecret(stdout + stderr, 'what a command said')
  assertSecret(readFileSync(join(project.folder, '.seaworthy/plan.json'), 'latin1'), 'the plan')

  // A new value is a change, and the instances get it.
  const changed = `${TOKEN}-next`
  const next = await project.must(['plan'], { ...env, API_TOKEN: changed })
  assert.match(next.stdout, /~ +secrets?.*API_TOKEN/)
  assertSecret(next.stdout, 'the plan of a new secret')
  assert.ok(existsSync(join(project.stateFolder, 'keeper.json')))
  const holders = assertOnlyInSecrets(project)
  assert.ok(holders.length >= 2, 'one for each release')
  for (const file of holders) assert.equal(lstatSync(file).mode & 0o777, 0o600)
  assert.equal(lstatSync(join(project.stateFolder, 'secrets')).mode & 0o777, 0o700)
  assert.equal(lstatSync(project.stateFolder).mode & 0o777, 0o700)

  await project.must(['stop'])
  assertOnlyInSecrets(project)
  // Back without the values at hand would need them from somewhere: `up` asks for them, the instances have their own.
  assert.equal((await project.run(['up', '--detach'])).code, 2)
  await project.must(['up', '--detach'], env)
  assert.equal((JSON.parse(await textAt(project, '/env')) as Record<string, string>)['API_TOKEN'], TOKEN)
})

void test('writable folders persist over releases; everything else of a release is read-only', async () => {
  const server = `
    import { appendFileSync, readFileSync } from 'node:fs'
    import { createServer } from 'node:http'
    appendFileSync('data/starts.txt', process.env.NAME + '\\n')
    createServer((request, response) => response.end(readFileSync('data/starts.txt'))).listen(Number(process.env.PORT), '127.0.0.1')`
  const config = (name: string): object =>
    plainConfig({
      env: { NAME: name },
      service: { start: 'node server.mjs', writable: ['data'], build: 'sh make.sh', health: { interval: '1s' } },
    })
  await using project = new TestProject(config('one'), {
    'server.mjs': server,
    'make.sh': 'mkdir -p made/inner && echo built > made/inner/file.txt && chmod 755 made/inner/file.txt',
  })
  mkdirSync(join(project.folder, 'data'))
  writeFileSync(join(project.folder, 'data', 'starts.txt'), 'of the working tree, not of a release\n')
  await project.must(['up', '--detach'])
  project.configure(config('two'))
  await project.must(['deploy'])
  assert.equal(await textAt(project, '/'), 'one\ntwo\n')

  const releases = join(project.stateFolder, 'releases')
  const entries = readdirSync(releases, { recursive: true, encoding: 'utf8' })
    .filter((name) => !name.includes('/data/'))
    .map((name) => join(releases, name))
  assert.ok(entries.some((name) => name.endsWith('made/inner/file.txt')))
  for (const entry of entries) {
    const found = lstatSync(entry)
    if (found.isSymbolicLink()) assert.match(entry, /\/data$/)
    else assert.equal(found.mode & 0o222, 0, `${entry} is read-only`)
  }
  assert.equal(lstatSync(entries.find((name) => name.endsWith('file.txt'))!).mode & 0o777, 0o555)
})

void test('a dry run and a plan touch nothing', async () => {
  await using project = new TestProject(plainConfig())
  await project.must(['up', '--detach'])
  project.configure(plainConfig({ env: { NAME: 'v2' } }))
  writeFileSync(join(project.folder, 'new.txt'), 'new')
  const before = snapshot(project)
  const { world } = await project.status()
  const dry = await project.must(['deploy', '--dry-run'])
  assert.match(dry.stdout, /prepare:api[^]*switch[^]*watch/)
  const json = JSON.parse((await project.must(['deploy', '--dry-run', '--json'])).stdout) as {
    kind: string
    plan: { hash: string }
  }
  assert.deepEqual([json.kind, typeof json.plan.hash], ['plan', 'string'])
  await project.must(['plan'])
  assert.deepEqual(snapshot(project), before)
  assert.deepEqual((await project.status()).world, world)
  assert.equal((await project.status()).last!.id, 'd1')
})

void test('stop and up bring the same release back without a deploy, files as rendered for it', async () => {
  const template = 'port=$PORT host=${HOST} release=$RELEASE folder=$INSTANCE_DIR other=$uri cash=$$ ${UNKNOWN}'
  const service = {
    start: 'sh -c "cat $INSTANCE_DIR/conf/app.conf; exec node plain.mjs"',
    templates: { 'app.conf.template': 'conf/app.conf' },
  }
  await using project = new TestProject(plainConfig({ service }), { 'app.conf.template': template })
  await project.must(['up', '--detach'])
  const before = await project.status()
  const [instance] = before.instances
  const rendered = readFileSync(join(project.stateFolder, 'instances', instance!.id, 'conf', 'app.conf'), 'utf8')
  assert.equal(
    rendered,
    `port=${instance!.port} host=127.0.0.1 release=${before.world.live} folder=${join(project.stateFolder, 'instances', instance!.id)} other=$uri cash=$$ \${UNKNOWN}`,
  )
  assert.ok(project.log(instance!.id).includes(rendered), 'the program has read it')
  const stopped = await project.must(['stop'])
  assert.match(stopped.stdout, /is stopped; `seaworthy up` brings the same release back/)

  writeFileSync(join(project.folder, 'app.conf.template'), 'changed since, not deployed')
  const up = await project.must(['up', '--detach'])
  assert.match(up.stdout, new RegExp(`${before.world.live} is live`))
  const after = await project.status()
  assert.deepEqual(after.world, before.world)
  assert.deepEqual(
    after.instances.map(({ id, port }) => [id, port]),
    before.instances.map(({ id, port }) => [id, port]),
  )
  assert.equal(after.last!.id, 'd1')
  await until(async () => (await statusAt(project, '/')) === 200, 'the release to answer again')
  assert.equal(JSON.parse(await textAt(project, '/')).name, 'v1')
})

void test('one service stops and starts by itself; the other goes on', async () => {
  const services = {
    web: { start: 'node plain.mjs', routes: ['/web'], health: { interval: '1s', deadline: '20s' }, grace: '5s' },
  }
  await using project = new TestProject(plainConfig({ services }))
  await project.must(['up', '--detach'])
  assert.match((await project.must(['stop', '--service', 'web'])).stdout, /^web is stopped$/m)
  assert.deepEqual([await statusAt(project, '/web'), await statusAt(project, '/')], [503, 200])
  const status = await project.must(['status'])
  assert.match(status.stdout, /^stopped +web$/m)
  assert.equal((await project.status()).instances.length, 1)
  assert.match((await project.must(['stop', '--service', 'web', '--start'])).stdout, /^web is running$/m)
  assert.deepEqual([await statusAt(project, '/web'), await statusAt(project, '/')], [200, 200])

  const unknown = await project.run(['stop', '--service', 'mail'])
  assert.equal(unknown.code, 1)
  assert.match(unknown.stderr, /mail is no running service[^]*Services: api, web\./)
})

/** Names and times of what a deploy would change. */
function snapshot({ stateFolder }: TestProject): readonly string[] {
  const all = readdirSync(stateFolder, { recursive: true, encoding: 'utf8' }).toSorted()
  return (
    all
      // SQLite's shared memory and log come and go with readers; the logs grow, and so does what is measured meanwhile.
      .filter((name) => !/^logs(?:\/|$)|^(?:state|series|logs|traces)\.db/.test(name))
      .map((name) => `${name} ${lstatSync(join(stateFolder, name)).mtimeMs}`)
  )
}

function assertSecret(text: string, where: string): void {
  for (const value of [TOKEN, URL_VALUE, 'sw-55aa90bc1e']) assert.ok(!text.includes(value), `a secret in ${where}`)
}

/** Looks into every file of the state folder, whatever it is; returns those that hold a value. */
function assertOnlyInSecrets({ stateFolder }: TestProject): readonly string[] {
  const files = readdirSync(stateFolder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    lstatSync(join(stateFolder, name)).isFile(),
  )
  for (const expected of [
    'state.db',
    'state.db-wal',
    'table.json',
    'environment.json',
    'logs/control.log',
    'proofs/d1.json',
  ])
    assert.ok(files.includes(expected), `${expected} was looked at`)
  const holders = files.filter((name) => readFileSync(join(stateFolder, name), 'latin1').includes(TOKEN))
  for (const name of holders) assert.match(name, /^secrets\//)
  for (const name of files.filter((file) => !file.startsWith('secrets/')))
    assertSecret(readFileSync(join(stateFolder, name), 'latin1'), name)
  return holders.map((name) => join(stateFolder, name))
}

async function textAt(project: TestProject, path: string): Promise<string> {
  return (await ask(project, path)).text
}

async function statusAt(project: TestProject, path: string): Promise<number> {
  return (await ask(project, path)).status
}

async function ask(project: TestProject, path: string): Promise<{ status: number; text: string }> {
  const port = await project.port()
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path, agent: false }, (response) => {
      let text = ''
      response.on('data', (chunk: Buffer) => (text += chunk.toString()))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
    }).once('error', reject)
  })
}

void test('a stop that takes its time leaves the table as it was, so that the next up serves at once', async () => {
  await using project = new TestProject(plainConfig({ env: { IGNORE_SIGTERM: '1' }, service: { grace: '2s' } }))
  await project.must(['up', '--detach'])
  const { instances } = await project.status()
  await project.must(['stop'])
  const backend = readSavedTable(project.stateFolder)?.services['api']
  assert.deepEqual(
    backend?.kind === 'upstreams' ? backend.upstreams.map(({ id }) => id) : backend,
    instances.map(({ id }) => id),
  )
})
