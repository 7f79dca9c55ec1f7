/** An environment on Docker whose images go through a registry: one real engine makes them, another one runs them. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { NODE_BASE, nodeArchive, startEngine, type DockerEngine } from '../support/docker-engine.ts'
import { ADDRESS, loggedIn, startDockerRegistry, USERS } from '../support/docker-registry.ts'
import type { Status } from '../../src/control/api/contract.ts'
import { engineNetwork } from '../support/engine-load.ts'
import { EngineProject } from '../support/engine-project.ts'
import { until } from '../support/project.ts'

const PORT = 8090
const AGAIN_MS = 60_000
const REGISTRY = `${ADDRESS}/team`
const ASK = `const answer = await fetch('http://127.0.0.1:${PORT}' + process.argv[1], { signal: AbortSignal.timeout(20000) })
console.log(await answer.text())`

const apiOf = (version: string): string => `import { createServer } from 'node:http'
createServer((request, response) => response.end('${version}')).listen(Number(process.env.PORT), process.env.HOST)
`

function ask(engine: DockerEngine, path = '/'): string {
  const [enter, ...where] = engineNetwork(engine)
  const words = [...where, process.execPath, '--input-type=module', '-e', ASK, path]
  return execFileSync(enter, words, { encoding: 'utf8' }).trim()
}

interface Shown {
  readonly installation: { readonly commands: readonly (readonly string[])[] }
  readonly commands: readonly (readonly string[])[]
}

test('images through a registry', { timeout: 400_000 }, async (t) => {
  using base = nodeArchive()
  await using maker = await startEngine()
  await using runner = await startEngine()
  await using registry = await startDockerRegistry([maker, runner])
  maker.docker('import', '--change', 'ENV PATH=/usr/local/bin', base.path, NODE_BASE)
  const config = {
    name: 'shop',
    services: {
      api: {
        path: 'api',
        start: 'node main.mjs',
        routes: ['/'],
        health: { ready: '/', interval: '1s', deadline: '90s' },
      },
      other: { path: 'other', start: 'node main.mjs' },
      site: { path: 'site', static: '.', routes: ['/site'] },
    },
    gateway: { listen: { http: PORT }, accessLog: false },
    environments: {
      staging: {
        target: 'docker',
        host: runner.host,
        registry: REGISTRY,
        watch: { for: '1s', warm: '1s', sample: 1 },
        drain: '1s',
      },
    },
  }
  await using project = new EngineProject(config, {}, '.seaworthy/staging')
  for (const folder of ['api', 'other', 'site']) mkdirSync(join(project.folder, folder))
  const change = (version: string): void => writeFileSync(join(project.folder, 'api/main.mjs'), apiOf(version))
  change('v1')
  writeFileSync(join(project.folder, 'other/main.mjs'), 'setInterval(() => {}, 1000)\n')
  writeFileSync(join(project.folder, 'site/index.html'), 'from files')
  project.variables = { DOCKER_HOST: maker.host }
  const must = async (...words: readonly string[]): Promise<string> => (await project.must(words)).stdout
  const timed = async (what: string, ...words: readonly string[]): Promise<string> => {
    const begun = performance.now()
    const said = await must(...words)
    t.diagnostic(`${what}: ${((performance.now() - begun) / 1000).toFixed(1)} s`)
    return said
  }
  const images = (): readonly string[] => {
    const ids = runner.docker('ps', '--all', '--quiet', '--filter', 'label=seaworthy.service=api').split('\n')
    return runner.docker('inspect', '--format', '{{.Config.Image}}', ...ids).split('\n')
  }
  const refused = async (): Promise<string> => {
    const before = runner.docker('ps', '--all', '--quiet')
    const { code, stdout, stderr } = await project.run(['deploy'])
    assert.equal(code, 1, stdout + stderr)
    assert.equal(runner.docker('ps', '--all', '--quiet'), before)
    return stdout + stderr
  }
  let first = ''

  await t.test('a plan says what is pushed from here, and what the host fetches', async () => {
    const { commands } = JSON.parse(await must('plan', '--json')) as Shown
    const push = commands.find((argv) => argv[1] === 'push' && argv[2]!.startsWith(`${REGISTRY}/shop-api:`))
    assert.ok(push, JSON.stringify(commands))
    const pull = ['docker', '--host', runner.host, 'pull', '--quiet', `${REGISTRY}/shop-api@DIGEST`]
    assert.ok(commands.some((argv) => argv.join() === pull.join()))
    assert.deepEqual(registry.manifests('team/shop-api'), [])
  })

  await t.test('a first deploy: made on one engine, pushed, fetched by digest and run by the other', async () => {
    await timed('first deploy', 'deploy')
    assert.deepEqual([ask(runner), ask(runner, '/site/')], ['v1', 'from files'])
    const [digest] = registry.manifests('team/shop-api')
    first = `${REGISTRY}/shop-api@sha256:${digest}`
    assert.deepEqual(images(), [first])
    for (const repository of ['seaworthy', 'shop-site', 'shop-other'])
      assert.equal(registry.manifests(`team/${repository}`).length, 1, repository)
    // Nothing was made where it runs.
    assert.equal(runner.docker('images', '--quiet', NODE_BASE), '')
    assert.match(await must('deploy'), /nothing changed/)
  })

  await t.test('a second deploy sends what has changed, and nothing else', async () => {
    const before = registry.bytes()
    change('v2')
    const { commands } = JSON.parse(await must('plan', '--json')) as Shown
    assert.deepEqual(
      commands.filter((argv) => argv.includes('push')).map((argv) => argv[2]!.split(':')[1]!.split('/').at(-1)),
      ['shop-api'],
    )
    await timed('second deploy', 'deploy')
    assert.equal(ask(runner), 'v2')
    assert.equal(registry.manifests('team/shop-api').length, 2)
    assert.equal(registry.manifests('team/shop-other').length, 1)
    const sent = registry.bytes() - before
    t.diagnostic(`sent by the second deploy: ${sent} of ${before} bytes`)
    assert.ok(sent < 100_000, `${sent} bytes`)
  })

  await t.test('a way back when no engine has the image any more, and the files have changed', async () => {
    const isOver = async (): Promise<boolean> =>
      (JSON.parse(await must('status', '--json')) as Status).world.warm === null
    await until(isOver, 'the warm time to be over', AGAIN_MS, 1_000)
    // Its containers go with the next command.
    await must('up')
    assert.equal(images().includes(first), false)
    for (const { docker } of [maker, runner]) {
      const ids = docker('images', '--quiet', '--no-trunc', '--filter', 'label=seaworthy.service=api', '--digests')
      const used = new Set(
        docker('ps', '--all', '--quiet')
          .split('\n')
          .filter(Boolean)
          .map((id) => docker('inspect', '--format', '{{.Image}}', id)),
      )
      const unused = [...new Set(ids.split('\n').filter(Boolean))].filter((id) => !used.has(id))
      if (unused.length > 0) docker('rmi', '--force', ...unused)
    }
    assert.throws(() => runner.docker('image', 'inspect', first))
    await timed('cold rollback', 'rollback', '--to', '1')
    assert.equal(ask(runner), 'v1')
    assert.deepEqual(images().includes(first), true)
  })

  await t.test('a registry that is down: refused, and the live release is untouched', async () => {
    await registry.stop()
    change('v3')
    const said = await refused()
    assert.match(said, /did not reach its registry: 127\.0\.0\.1:5055 is not reached/)
    assert.match(said, /image\.not-pushed/)
    assert.equal(ask(runner), 'v1')
  })

  await t.test('one that lets nobody in names the cure, and takes the credentials that docker has', async () => {
    await registry.start(USERS)
    const said = await refused()
    assert.match(said, /127\.0\.0\.1:5055 does not let you/)
    assert.match(said, /docker login 127\.0\.0\.1:5055/)
    project.variables = { DOCKER_HOST: maker.host, DOCKER_CONFIG: project.folder }
    assert.match(await must('doctor'), /·\s+registry\s+docker has no user and password for 127\.0\.0\.1:5055/)
    assert.equal(ask(runner), 'v1')
    using login = loggedIn(maker.host, ADDRESS)
    project.variables = { DOCKER_HOST: maker.host, DOCKER_CONFIG: login.folder }
    assert.match(await must('doctor'), /✓\s+registry\s+docker logs in to 127\.0\.0\.1:5055 as deployer/)
    await timed('deploy with credentials', 'deploy')
    assert.equal(ask(runner), 'v3')
  })
})
