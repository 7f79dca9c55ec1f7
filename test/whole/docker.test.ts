/** A service on a real Docker engine, from its files to the end, without a registry and without a network to the outside. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Release } from '../../src/deploy/release.ts'
import { readSource } from '../../src/deploy/source.ts'
import { causeOfContainer } from '../../src/deploy/targets/docker/causes.ts'
import { Containers } from '../../src/deploy/targets/docker/containers.ts'
import { bringImage, lookAtImage, makeImage } from '../../src/deploy/targets/docker/images.ts'
import type { Observed } from '../../src/deploy/targets/docker/observe.ts'
import { nodeArchive, startEngine, type DockerEngine } from '../support/docker-engine.ts'
import { dockerRelease } from '../support/docker-release.ts'
import { until } from '../support/project.ts'

const BASE = 'seaworthy-test-base:1'
const BASES = { node: BASE, python: 'none' }
const SECRET = 'geheim-4711'
const run = { env: process.env }

/** Tells what it may and may not do where it runs. */
const MAIN = `import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'

const status = readFileSync('/proc/self/status', 'utf8')
const field = (name) => status.split('\\n').find((line) => line.startsWith(name + ':'))?.split(/\\s+/)[1]
const attempt = (path) => {
  try {
    writeFileSync(path, 'x')
    return 'written'
  } catch (error) {
    return error.code
  }
}
const facts = {
  uid: process.getuid(),
  gid: process.getgid(),
  capabilities: field('CapEff'),
  bounding: field('CapBnd'),
  noNewPrivileges: field('NoNewPrivs'),
  seccomp: field('Seccomp'),
  root: attempt('/app/x'),
  secrets: attempt('/run/secrets/x'),
  tmp: attempt('/tmp/x'),
  data: attempt('/app/data/x'),
  built: readFileSync('/app/built', 'utf8'),
  env: existsSync('/app/.env'),
  secret: createHash('sha256').update(process.env.JWT_KEY).digest('hex'),
  token: existsSync('/var/run/docker.sock'),
  release: process.env.RELEASE,
}
const server = createServer((request, response) => response.end(request.url === '/up' ? 'yes' : JSON.stringify(facts)))
server.listen(process.env.PORT, process.env.HOST)
process.on('SIGTERM', () => server.close(() => process.exit(0)))
`

test('one service on one engine: made, moved, started, asked, killed, ended', { timeout: 300_000 }, async (t) => {
  using base = nodeArchive()
  await using engine = await startEngine()
  await using other = await startEngine()
  for (const { docker } of [engine, other]) docker('import', '--change', 'ENV PATH=/usr/local/bin', base.path, BASE)
  const project = mkdtempSync(join(tmpdir(), 'seaworthy-docker-'))
  t.after(() => rmSync(project, { recursive: true, force: true }))
  mkdirSync(join(project, 'api'))
  writeFileSync(join(project, 'api/main.mjs'), MAIN, { mode: 0o600 })
  writeFileSync(
    join(project, 'api/build.mjs'),
    `import { writeFileSync } from 'node:fs'\nwriteFileSync('built', process.env.LEVEL)`,
  )
  writeFileSync(join(project, 'api/.env'), 'KEY=value')
  const release = await released(project)
  const place = { app: 'shop', environment: 'staging' }
  const containers = new Containers({ host: engine.host, place, run })
  const build = { host: engine.host, run, projectFolder: project, keptOut: [], bases: BASES }

  const image = await makeImage(release, 'api', build)
  const { id } = (await lookAtImage(engine.host, image, run))!
  await t.test('the same files are one image: nothing is made again', async () => {
    assert.equal(await makeImage(release, 'api', build), image)
    assert.equal((await lookAtImage(engine.host, image, run))!.id, id)
    await assert.rejects(makeImage(withArtifact(release, 'api', 'moved'), 'api', build), { code: 'deploy.moved' })
    const nowhere = { ...build, bases: { ...BASES, node: 'seaworthy-no-such-base:1' } }
    await assert.rejects(makeImage(release, 'api', nowhere), { code: 'image.not-there', message: /nor to be fetched/ })
  })

  await t.test('to another engine travel only the layers that it lacks, and it runs there', async () => {
    const sent = await bringImage(image, engine.host, other.host, run)
    assert.ok(sent.kind === 'send' && sent.present === 1 && sent.layers > 1, JSON.stringify(sent))
    assert.deepEqual(await bringImage(image, engine.host, other.host, run), { kind: 'nothing' })
    assert.equal((await lookAtImage(other.host, image, run))!.id, id)
    const words = ['run', '--rm', '--network', 'none', '--entrypoint', 'node', image, '-p', 'process.getuid()']
    assert.equal(other.docker(...words), '65532')
  })

  await t.test('an image that is not there is never pulled', async () => {
    const nowhere = 'registry.example.com/api:1'
    await assert.rejects(containers.start(release, 'api', [1], nowhere, {}), { code: 'image.not-there' })
    assert.deepEqual(await containers.observe(), [])
  })

  const started = await containers.start(release, 'api', [1, 2], image, { JWT_KEY: SECRET })
  await t.test('both instances become healthy by their own check', async () => {
    assert.deepEqual(started.map(({ instance }) => instance.id).toSorted(), ['api@7-3fa9c1d2-1', 'api@7-3fa9c1d2-2'])
    await until(
      async () => (await containers.observe()).every(({ health }) => health === 'healthy'),
      'both to be healthy',
    )
  })

  await t.test('inside it has no rights, and the secret is in the program alone', () => {
    const answer = ask(engine, 'http://api-7-3fa9c1d2-1:8080/')
    assert.deepEqual(JSON.parse(answer), {
      uid: 65_532,
      gid: 65_532,
      capabilities: '0000000000000000',
      bounding: '0000000000000000',
      noNewPrivileges: '1',
      seccomp: '2',
      root: 'EROFS',
      secrets: 'EROFS',
      tmp: 'written',
      data: 'written',
      built: 'high',
      env: false,
      secret: createHash('sha256').update(SECRET).digest('hex'),
      token: false,
      release: '7-3fa9c1d2',
    })
    const [{ id: container }] = started as [Observed]
    assert.ok(!engine.docker('inspect', container).includes(SECRET))
    assert.ok(!engine.docker('history', '--no-trunc', image).includes(SECRET))
    const seen = engine.docker('exec', container, 'node', '-p', 'JSON.stringify(process.env)')
    assert.match(seen, /JWT_KEY_FILE/)
    assert.ok(!seen.includes(SECRET))
  })

  await t.test('from another network nobody reaches it, nor it them, and its own has no way out', async () => {
    const [{ id: container }] = started as [Observed]
    const format = '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}'
    const address = engine.docker('inspect', '--format', format, container)
    assert.equal(ask(engine, `http://${address}:8080/up`), 'yes')
    assert.equal(ask(engine, `http://${address}:8080/up`, 'bridge'), 'unreachable')
    const server = `require('node:http').createServer((_, answer) => answer.end('outside')).listen(80)`
    const outside = engine.docker('run', '--detach', BASE, 'node', '-e', server)
    const url = `http://${engine.docker('inspect', '--format', format, outside)}/`
    await until(() => ask(engine, url, 'bridge') === 'outside', 'a server outside')
    assert.equal(engine.docker('exec', container, 'node', '-e', ASK, url), 'unreachable')
    engine.docker('rm', '--force', outside)
    // There is no outside here to be reached: what the engine holds of the network has to do.
    const inside = ['network', 'inspect', '--format', '{{.Internal}}', 'seaworthy_shop_staging_inside']
    assert.equal(engine.docker(...inside), 'true')
  })

  await t.test(
    'what is there stays; what was killed comes back by itself, what was stopped when it is asked for',
    async () => {
      const again = await containers.start(release, 'api', [1, 2], image, {})
      assert.deepEqual(again.map((one) => one.id).toSorted(), started.map((one) => one.id).toSorted())
      const [first] = again as [Observed]
      process.kill(first.instance.pid!, 'SIGKILL')
      const now = async (): Promise<Observed> => (await containers.observe()).find((one) => one.id === first.id)!
      await until(async () => (await now()).instance.restarts === 1, 'the engine to start it again')
      await until(async () => (await now()).health === 'healthy', 'it to be healthy again')
      assert.equal(ask(engine, `http://${first.instance.host}:8080/up`), 'yes')

      engine.docker('stop', first.id)
      assert.equal((await now()).instance.state, 'stopped')
      await containers.start(release, 'api', [1, 2], image, {})
      await until(async () => (await now()).health === 'healthy', 'what was stopped to be healthy')
      assert.equal(ask(engine, `http://${first.instance.host}:8080/up`), 'yes')
    },
  )

  await t.test('after a restart of the engine both are there again, and nobody asked for it', async () => {
    await engine.restart()
    const ids = started.map(({ id }) => id).toSorted()
    const healthy = async (): Promise<readonly string[]> =>
      (await containers.observe()).filter(({ health }) => health === 'healthy').map(({ id }) => id)
    await until(
      async () => (await healthy()).toSorted().join(' ') === ids.join(' '),
      'both to be healthy again',
      60_000,
    )
    const answer = ask(engine, 'http://api-7-3fa9c1d2-2:8080/')
    assert.equal((JSON.parse(answer) as { secret: string }).secret, createHash('sha256').update(SECRET).digest('hex'))
  })

  await t.test('one that ends at once is named with what it said last', async () => {
    const broken = await makeImage(release, 'broken', build)
    await containers.start(release, 'broken', [1], broken, {})
    const now = async (): Promise<Observed> =>
      (await containers.observe()).find(({ instance }) => instance.service === 'broken')!
    await until(async () => (await now()).instance.state === 'crash-loop', 'a crash loop', 120_000)
    const one = await now()
    const lastLines = await containers.lastLines(one, 5)
    const cause = causeOfContainer({ observed: one, service: release.config.services['broken']!, lastLines })
    assert.equal(cause?.name, 'crash-loop')
    assert.match(cause.text, /exited with 3 \(\d+ times\): Error: DB_URL is not set$/)
    await containers.stop(release, 'broken')
  })

  await t.test('ended, nothing of it is left but what it has written', async () => {
    await containers.stop(release, null)
    assert.deepEqual(await containers.observe(), [])
    assert.equal(engine.docker('ps', '--all', '--quiet'), '')
    const volumes = engine.docker('volume', 'ls', '--quiet').split('\n')
    assert.deepEqual(volumes, ['seaworthy_shop_staging_api_data_3a6eb079'])
    // Made again after a crash of whoever stopped it.
    await containers.stop(release, null)
  })
})

/** What a URL answers somebody on a network of the engine; 'unreachable' where nobody does within two seconds. */
function ask(engine: DockerEngine, url: string, network = 'seaworthy_shop_staging_inside'): string {
  return engine.docker('run', '--rm', '--network', network, BASE, 'node', '-e', ASK, url)
}

const ASK = `fetch(process.argv[1], { signal: AbortSignal.timeout(2000) })
  .then((answer) => answer.text(), () => 'unreachable')
  .then((text) => process.stdout.write(text, () => process.exit()))`

async function released(project: string): Promise<Release> {
  const health = { ready: '/up', interval: '1s', timeout: '2s' }
  const release = dockerRelease({
    api: {
      path: 'api',
      build: 'node build.mjs',
      start: 'node main.mjs',
      routes: ['/'],
      health,
      env: { LEVEL: 'high' },
      secrets: ['JWT_KEY'],
      writable: ['data'],
      resources: { memory: '128MiB' },
      grace: '5s',
    },
    broken: { path: 'api', start: `node -e 'console.error("Error: DB_URL is not set"); process.exit(3)'`, grace: '1s' },
  })
  const artifacts: Record<string, string> = {}
  for (const [name, service] of Object.entries(release.config.services))
    artifacts[name] = (await readSource(project, service, [])).hash
  return { ...release, artifacts }
}

function withArtifact(release: Release, service: string, artifact: string): Release {
  return { ...release, artifacts: { ...release.artifacts, [service]: artifact } }
}
