/** An environment on Docker by the commands of a user, on a real engine: from nothing to a served address, and back. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { NODE_BASE, nodeArchive, startEngine } from '../support/docker-engine.ts'
import { engineNetwork, startEngineLoad } from '../support/engine-load.ts'
import { EngineProject } from '../support/engine-project.ts'
import { plainConfig, until } from '../support/project.ts'

const SECRET = 'geheim-4711-nicht-weitersagen'
const PORT = 8090
const OTHER_PORT = 8091
const SITE = { static: 'public', routes: ['/site'] }
const PAGE = '<h1>from files</h1>'
const AGAIN_MS = 90_000
const OWN = 'seaworthy_plain_staging_seaworthy'
const STATE = 'seaworthy_plain_staging_state'

const ASK = `const [url] = process.argv.slice(1)
const answer = await fetch(url, { signal: AbortSignal.timeout(5000) }).catch((error) => ({ status: 0, text: () => String(error.cause ?? error) }))
console.log(JSON.stringify({ status: answer.status, text: await answer.text() }))`

interface Answer {
  readonly status: number
  readonly text: string
}

function configOf({
  name = 'v1',
  port = PORT,
  ...rest
}: { name?: string; port?: number; secrets?: string } = {}): object {
  const config = plainConfig({
    env: { NAME: name },
    service: { secrets: ['API_KEY'], scale: { min: 2 } },
    services: { site: SITE },
  })
  const staging = { target: 'docker', watch: { for: '1s', warm: '10min' }, drain: '2s', ...rest }
  return { ...config, gateway: { listen: { http: port } }, environments: { staging } }
}

test('an environment on Docker, by its commands', { timeout: 600_000 }, async (t) => {
  using base = nodeArchive()
  await using engine = await startEngine()
  const { docker } = engine
  docker('import', '--change', 'ENV PATH=/usr/local/bin', base.path, NODE_BASE)
  await using project = new EngineProject(configOf(), {}, '.seaworthy/staging')
  mkdirSync(join(project.folder, 'public'))
  writeFileSync(join(project.folder, 'public/index.html'), PAGE)
  project.variables = { DOCKER_HOST: engine.host, API_KEY: SECRET }
  const run = (...words: readonly string[]) => project.run(words)
  const must = async (...words: readonly string[]) => (await project.must(words)).stdout
  const all = (): readonly string[] =>
    docker('ps', '--all', '--format', '{{.Names}}').split('\n').filter(Boolean).toSorted()
  const networks = (): string => docker('network', 'ls', '--filter', 'label=seaworthy.app', '--format', '{{.Name}}')
  const ask = (path = '/', port = PORT): Answer => {
    const [enter, ...where] = engineNetwork(engine)
    const words = [...where, process.execPath, '--input-type=module', '-e', ASK, `http://127.0.0.1:${port}${path}`]
    return JSON.parse(execFileSync(enter, words, { encoding: 'utf8' })) as Answer
  }
  const nameAt = (port = PORT): string | null => {
    const { status, text } = ask('/', port)
    return status === 200 ? (JSON.parse(text) as { name: string }).name : null
  }
  await t.test('a plan where nothing is: the very commands, and nothing is touched', async () => {
    const plan = JSON.parse(await must('plan', '--json')) as {
      readonly release: { readonly id: string }
      readonly installation: { readonly kind: string; readonly commands: readonly (readonly string[])[] }
      readonly commands: readonly (readonly string[])[]
    }
    assert.equal(plan.installation.kind, 'make')
    assert.ok(plan.installation.commands.some((argv) => argv.includes(OWN) && argv.includes('--publish')))
    assert.deepEqual(
      plan.commands.map((argv) => argv[1]).filter((verb) => verb === 'build' || verb === 'start'),
      ['build', 'build', 'start', 'start', 'start'],
    )
    const { stdout } = await run('deploy', '--dry-run')
    assert.match(stdout, /^ {2}\$ docker create --pull never --name seaworthy_plain_staging_seaworthy /m)
    assert.doesNotMatch(JSON.stringify(plan) + stdout, new RegExp(SECRET))
    assert.deepEqual([all(), networks()], [[], ''])
  })

  await t.test('from nothing: one deploy installs, builds and serves on the published port', async () => {
    const begun = performance.now()
    const said = await must('deploy')
    t.diagnostic(`first deploy, installation and image included: ${((performance.now() - begun) / 1000).toFixed(1)} s`)
    assert.match(said, /seaworthy_plain_staging_seaworthy: made and started/)
    assert.equal(nameAt(), 'v1')
    const { status, text } = ask('/site/')
    assert.deepEqual([status, text], [200, PAGE])
    const own = JSON.parse(docker('inspect', OWN)) as [
      { HostConfig: { PortBindings: object; RestartPolicy: { Name: string } } },
    ]
    assert.deepEqual(own[0].HostConfig.PortBindings, {
      [`${PORT}/tcp`]: [{ HostIp: '127.0.0.1', HostPort: String(PORT) }],
    })
    assert.equal(own[0].HostConfig.RestartPolicy.Name, 'unless-stopped')
  })

  await t.test('made again it changes nothing', async () => {
    const before = docker('ps', '--all', '--quiet', '--no-trunc')
    const said = await must('up')
    assert.doesNotMatch(said, /made and started|replaced|sent to the engine/)
    assert.equal(docker('ps', '--all', '--quiet', '--no-trunc'), before)
    // From a fresh checkout: its secrets are the same ones.
    rmSync(project.stateFolder, { recursive: true })
    assert.match(await must('deploy'), /nothing changed/)
  })

  await t.test('status, doctor, logs and a command beside the program', async () => {
    const status = JSON.parse(await must('status', '--json')) as {
      instances: readonly { service: string; state: string }[]
    }
    assert.deepEqual(status.instances.map(({ service, state }) => `${service} ${state}`).toSorted(), [
      'api running',
      'api running',
      'site running',
    ])
    const doctor = await must('doctor')
    assert.match(doctor, /✓\s+engine\s+\d+\./)
    assert.match(doctor, /✓\s+room\s+[\d.]+ GB free/)
    const lines = (await must('logs', '--service', 'api', '--json'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { instance: string; message: string })
    assert.equal(lines.length, 2)
    for (const { message } of lines) assert.match(message, /^listening port=8080 /)
    assert.equal(new Set(lines.map(({ instance }) => instance)).size, 2)
    assert.match(await must('logs', '--service', 'gateway'), /gateway/)
    const script =
      'process.stdout.write([process.env.API_KEY === process.argv[1], process.getuid(), process.env.NAME].join())'
    assert.equal(await must('exec', 'api', '--', 'node', '-e', script, SECRET), 'true,65532,v1')
    assert.equal((await run('exec', 'api', '--', 'node', '-e', 'process.exit(7)')).code, 7)
  })

  await t.test('no secret is where the engine shows it', () => {
    const shown = all()
      .map((name) => docker('inspect', name))
      .join()
    assert.doesNotMatch(shown, new RegExp(SECRET))
    assert.match(shown, /API_KEY_FILE/)
    const inside = all().filter((name) => name !== OWN)
    for (const name of inside)
      assert.doesNotMatch(docker('exec', name, 'node', '-p', 'JSON.stringify(process.env)'), new RegExp(SECRET))
  })

  await t.test('a deploy under load, a rollback to what somebody has removed, a restart and a pause', async () => {
    await using load = startEngineLoad(engine, { port: PORT, clients: 4 })
    await until(() => load.answers.length > 20, 'the load to begin', AGAIN_MS)
    project.configure(configOf({ name: 'v2' }))
    await must('deploy')
    assert.equal(nameAt(), 'v2')
    // Control has not heard of it: it takes them for warm.
    const { world } = JSON.parse(await must('status', '--json')) as { readonly world: { readonly warm: string } }
    const warm = all().filter((name) => name.includes(world.warm))
    assert.equal(warm.length, 3)
    docker('rm', '--force', ...warm)
    await must('rollback')
    assert.equal(nameAt(), 'v1')
    await must('restart')
    const answers = await load.stop()
    assert.deepEqual(
      answers.filter(({ failure }) => failure !== null),
      [],
    )
    t.diagnostic(`deploy, rollback and restart: ${answers.length} requests, none failed`)
    await must('pause', '--maintenance')
    assert.equal(ask().status, 503)
    await must('resume')
    assert.equal(nameAt(), 'v1')
  })

  await t.test('another value for a secret under load; the old one is nowhere any more', async () => {
    const file = join(project.folder, '.seaworthy/secrets.env')
    writeFileSync(file, `API_KEY=${SECRET}\n`, { mode: 0o600 })
    // What the folder has by now is not shipped.
    project.configure(configOf({ name: 'v3', secrets: file }))
    project.variables = { DOCKER_HOST: engine.host }
    await using load = startEngineLoad(engine, { port: PORT, clients: 4 })
    await until(() => load.answers.length > 20, 'the load to begin', AGAIN_MS)
    const said = await must('secrets', 'rotate', 'API_KEY', '--generate')
    const answers = await load.stop()
    assert.deepEqual(
      answers.filter(({ failure }) => failure !== null),
      [],
    )
    assert.match(said, /^ {2}rotated API_KEY$/m)
    assert.equal(nameAt(), 'v1')
    const [, fresh = ''] = /^API_KEY=([\w-]{43})\n$/.exec(readFileSync(file, 'utf8'))!
    const script = 'process.stdout.write(String(process.env.API_KEY === process.argv[1]))'
    assert.equal(await must('exec', 'api', '--', 'node', '-e', script, '--', fresh), 'true')
    const live = (await liveOf(must))!
    const volumes = docker('volume', 'ls', '--format', '{{.Name}}').split('\n')
    assert.deepEqual(
      volumes.filter((name) => name.endsWith('_secrets')),
      [`seaworthy_plain_staging_api_${live}_secrets`],
    )
    const shown = [said, await must('status', '--history', '--json'), ...all().map((name) => docker('inspect', name))]
    assert.doesNotMatch(shown.join(), new RegExp(`${SECRET}|${fresh}`))
    const [{ Mounts: mounts }] = JSON.parse(docker('inspect', OWN)) as [
      { Mounts: { Name: string; Destination: string }[] },
    ]
    const folder = mounts.find(({ Name }) => Name === STATE)!.Destination
    const holders = `const { readdirSync, readFileSync } = require('node:fs')
      const files = readdirSync(process.argv[1], { recursive: true, withFileTypes: true }).filter((one) => one.isFile())
      const hold = (text) => files.filter((one) => readFileSync(one.parentPath + '/' + one.name, 'latin1').includes(text)).length
      console.log(files.length > 3, hold(process.argv[2]), hold(process.argv[3]))`
    assert.equal(docker('exec', OWN, 'node', '-e', holders, '--', folder, SECRET, fresh).trim(), 'true 0 0')
    t.diagnostic(`a rotation: ${answers.length} requests, none failed`)
    project.configure(configOf())
    project.variables = { DOCKER_HOST: engine.host, API_KEY: fresh }
    assert.match(await must('deploy'), /nothing changed/)
  })

  await t.test('the engine is ended and started again: everything returns by itself', async () => {
    const before = all()
    const begun = performance.now()
    await engine.restart()
    await until(() => nameAt() === 'v1', 'the same release to answer', AGAIN_MS, 500)
    t.diagnostic(`answers ${((performance.now() - begun) / 1000).toFixed(1)} s after the engine's SIGTERM`)
    assert.deepEqual(all(), before)
  })

  await t.test('every container is killed at once: everything returns by itself', async () => {
    const programs = (): readonly string[] => {
      const ids = docker('ps', '--quiet').split('\n')
      return docker('inspect', '--format', '{{.Name}} {{.State.Pid}}', ...ids)
        .split('\n')
        .toSorted()
    }
    const before = programs()
    const names = (of: readonly string[]): readonly string[] => of.map((one) => one.split(' ')[0]!)
    await using load = startEngineLoad(engine, { port: PORT, clients: 4 })
    await until(() => load.answers.length > 20, 'the load to begin')
    const begun = performance.now()
    // The engine would not start again what it was told to kill.
    for (const one of before) process.kill(Number(one.split(' ')[1]), 'SIGKILL')
    await until(() => nameAt() === 'v1', 'the same release to answer', AGAIN_MS, 500)
    const tookMs = performance.now() - begun
    await until(
      () => load.answers.slice(-20).every(({ status }) => status === 200),
      'nobody to be lost any more',
      AGAIN_MS,
    )
    const answers = await load.stop()
    const lost = answers.filter(({ failure }) => failure !== null).length
    t.diagnostic(
      `answers ${(tookMs / 1000).toFixed(1)} s after; ${lost} of ${answers.length} requests failed meanwhile`,
    )
    assert.ok(lost > 0, 'they were killed')
    const isBack = (): boolean => {
      const now = programs()
      return names(now).join() === names(before).join() && now.every((one) => !before.includes(one))
    }
    await until(isBack, 'each of them to be there again, as a new process', AGAIN_MS)
  })

  await t.test('one service is stopped and started: its containers follow', async () => {
    await must('stop', '--service', 'api')
    assert.deepEqual([all().filter((name) => name.includes('_api-')), ask().status], [[], 503])
    await must('stop', '--service', 'api', '--start')
    assert.equal(nameAt(), 'v1')
  })

  let live: string | null = null
  await t.test('stopped it is stopped, and whoever asks is told', async () => {
    live = await liveOf(must)
    assert.match(await must('stop'), new RegExp(STATE))
    assert.equal(docker('ps', '--quiet'), '')
    const refused = await run('status')
    assert.equal(refused.code, 1)
    assert.match(refused.stderr, /environment\.unreachable/)
    assert.match(refused.stderr, /seaworthy up/)
  })

  await t.test('another port: the plan says what is replaced, and `up` replaces it with the same release', async () => {
    project.configure(configOf({ port: OTHER_PORT }))
    const { installation } = JSON.parse(await must('plan', '--json')) as {
      installation: { kind: string; because: string[] }
    }
    assert.equal(installation.kind, 'replace')
    assert.match(installation.because[0]!, /8090.*8091/)
    assert.match(await must('up'), /replaced/)
    assert.deepEqual([nameAt(OTHER_PORT), ask().status], ['v1', 0])
    assert.equal(await liveOf(must), live)
  })

  await t.test('removed: its volumes stay, and the same release comes back from them', async () => {
    await must('stop', '--remove')
    assert.deepEqual([all(), networks()], [[], ''])
    assert.match(docker('volume', 'ls', '--format', '{{.Name}}'), new RegExp(`^${STATE}$`, 'm'))
    await must('up')
    assert.equal(nameAt(OTHER_PORT), 'v1')
    assert.equal(await liveOf(must), live)
  })
})

async function liveOf(must: (...words: readonly string[]) => Promise<string>): Promise<string | null> {
  return (JSON.parse(await must('status', '--json')) as { world: { live: string | null } }).world.live
}
