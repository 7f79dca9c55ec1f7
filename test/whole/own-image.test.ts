/** Seaworthy's own image on a real engine without a registry: made, run with no rights, reached over `docker exec`, lost and found. */
import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { connectControl } from '../../src/control/api/client.ts'
import { followLive } from '../../src/control/api/live-client.ts'
import { openBridge } from '../../src/control/bridge/near-end.ts'
import { bridgeWords, fillVolume } from '../../src/deploy/targets/docker/commands.ts'
import { tarOf } from '../../src/deploy/targets/docker/tar.ts'
import { ownImage } from '../../src/deploy/targets/image/own-image.ts'
import { STATE } from '../../src/deploy/targets/image/places.ts'
import { mustFit, putImage } from '../../src/deploy/targets/image/put-image.ts'
import { runAll } from '../../src/deploy/targets/run-command.ts'
import { startEngine } from '../support/docker-engine.ts'
import { processesMentioning, root, until } from '../support/project.ts'

const BYTES_MAX = 150_000_000
const TAG = 'seaworthy-test:1'
const NAME = 'shop'
const PORT = 8080
const AWAY_MS = 60_000
const run = { env: process.env }
const execute = promisify(execFile)

const ENVIRONMENT = {
  app: 'shop',
  environment: 'staging',
  host: '0.0.0.0',
  http: PORT,
  https: null,
  workers: 1,
  path: '/usr/local/bin',
}

/** Tells what every process of the container may, and what is written where. */
const FACTS = `import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
const field = (pid, name) => {
  try { return readFileSync('/proc/' + pid + '/status', 'utf8').match(new RegExp('^' + name + ':\\\\s+(\\\\S+)', 'm'))[1] } catch { return null }
}
const pids = readdirSync('/proc').filter((name) => /^\\d+$/.test(name))
const all = (name) => [...new Set(pids.map((pid) => field(pid, name)).filter((value) => value !== null))]
const attempt = (path) => { try { writeFileSync(path, ''); return 'written' } catch (error) { return error.code } }
console.log(JSON.stringify({
  uids: all('Uid'), capabilities: all('CapEff'), bounding: all('CapBnd'), noNewPrivileges: all('NoNewPrivs'),
  root: attempt('/x'), own: attempt('/seaworthy/x'), tmp: attempt('/tmp/x'),
  state: (statSync('${STATE}').mode & 0o777).toString(8) + ' ' + statSync('${STATE}').uid,
  socket: existsSync('/var/run/docker.sock'), shell: existsSync('/bin/sh'),
}))`

const ASK = `import { lookup } from 'node:dns/promises'
const answer = await fetch('http://${NAME}:${PORT}/').catch((error) => ({ status: String(error.cause) }))
console.log(JSON.stringify({ status: answer.status, family: (await lookup('${NAME}')).family }))`

test('seaworthy image: made, sent, run, reached, lost and found again', { timeout: 400_000 }, async (t) => {
  await using engine = await startEngine()
  const { docker, host } = engine
  const script = (...words: readonly string[]): string =>
    docker(...words.slice(0, -1), 'node', '--input-type=module', '-e', words.at(-1)!)

  const make = async (): Promise<{ id: string; bytes: number; put: unknown }> => {
    const words = ['bin/seaworthy.js', 'image', '--tag', TAG, '--json']
    const { stdout } = await execute(process.execPath, words, { cwd: root, env: { ...process.env, DOCKER_HOST: host } })
    return JSON.parse(stdout) as { id: string; bytes: number; put: unknown }
  }
  const made = await make()
  await t.test('the engine has it under the id that was worked out, and it is small', async () => {
    const look = JSON.parse(docker('image', 'inspect', TAG)) as [{ Id: string; Size: number; Architecture: string }]
    assert.equal(look[0].Id, made.id)
    assert.ok(look[0].Size <= BYTES_MAX, `${look[0].Size} bytes`)
    t.diagnostic(`image: ${look[0].Size} bytes on the engine, ${made.bytes} bytes of layers`)
    assert.deepEqual(made.put, { kind: 'sent', layers: 3, bytes: made.bytes })
    assert.deepEqual((await make()).put, { kind: 'present' })
  })

  await t.test('an engine on another kind of machine is refused before anything is sent', async () => {
    await assert.rejects(mustFit('riscv64', host, run), { code: 'image.not-here', message: /riscv64/ })
  })

  await t.test('of a new version travels the layer that changed', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'seaworthy-own-image-'))
    t.after(() => rmSync(folder, { recursive: true, force: true }))
    for (const name of ['src', 'bin', 'package.json']) cpSync(join(root, name), join(folder, name), { recursive: true })
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
    mkdirSync(join(folder, 'src', 'new'))
    writeFileSync(join(folder, 'src', 'new', 'new.ts'), 'export {}\n')
    const next = await ownImage({ folder, sources: 'src', version: '9.9.9' })
    const put = await putImage(next, 'seaworthy-test:2', host, run)
    assert.deepEqual(put, { kind: 'sent', layers: 1, bytes: next.layers[2]!.bytes })
    t.diagnostic(`a new version: ${next.layers[2]!.bytes} bytes sent`)
    const look = JSON.parse(docker('image', 'inspect', 'seaworthy-test:2')) as [{ Id: string }]
    assert.equal(look[0].Id, next.id)
    // It is whole: the program in it starts.
    const words = ['run', '--rm', '--network', 'none', '--entrypoint', 'node', 'seaworthy-test:2']
    assert.match(docker(...words, '/seaworthy/bin/seaworthy.js', '--version'), /^\d+\.\d+\.\d+$/)
  })

  const archive = tarOf([
    { name: 'environment.json', bytes: Buffer.from(JSON.stringify(ENVIRONMENT)), mode: 0o600, owner: 65_532 },
  ])
  docker('network', 'create', '--internal', 'inside')
  await runAll(
    fillVolume(host, { app: 'shop', environment: 'staging' }, { name: 'state', folder: STATE, image: TAG, archive }),
    run,
  )
  const rights = [
    '--read-only',
    '--tmpfs',
    '/tmp',
    '--cap-drop',
    'ALL',
    '--security-opt',
    'no-new-privileges:true',
    '--init',
  ]
  const place = ['--network', 'inside', '--mount', `type=volume,source=state,target=${STATE}`]
  docker('create', '--name', NAME, '--pull', 'never', ...rights, ...place, '--stop-timeout', '60', TAG)
  const health = (): string => docker('inspect', '--format', '{{.State.Health.Status}}', NAME)
  docker('start', NAME)

  await t.test('it becomes healthy by its own check, and the gateway answers by name', async () => {
    await until(() => health() === 'healthy', 'the container to be healthy', 90_000)
    const words = ['run', '--rm', '--network', 'inside', '--entrypoint', 'node', TAG, '--input-type=module', '-e', ASK]
    const answer = docker(...words)
      .split('\n')
      .at(-1)!
    assert.deepEqual(JSON.parse(answer), { status: 503, family: 4 })
  })

  await t.test('inside it has no rights, no shell and no engine', () => {
    assert.deepEqual(JSON.parse(script('exec', NAME, FACTS)), {
      uids: ['65532'],
      capabilities: ['0000000000000000'],
      bounding: ['0000000000000000'],
      noNewPrivileges: ['1'],
      root: 'EROFS',
      own: 'EROFS',
      tmp: 'written',
      state: '700 65532',
      socket: false,
      shell: false,
    })
  })

  const words = bridgeWords(host, NAME)
  const bridge = openBridge(words, run)
  const control = connectControl(bridge, { awayMs: AWAY_MS })
  t.after(() => {
    control.close()
    bridge.close()
  })
  const nears = (): readonly { readonly pid: number }[] => processesMentioning(words.join(' '))
  const insidePids = (): readonly string[] =>
    docker('top', NAME, '-eo', 'pid,args')
      .split('\n')
      .filter((line) => line.includes('/seaworthy/bridge'))
      .map((line) => line.trim().split(' ')[0]!)

  await t.test('calls and event streams over one child', async () => {
    const begun = performance.now()
    const status = await control.call('status', {})
    const firstMs = performance.now() - begun
    assert.deepEqual([status.app, status.environment, status.world.live], ['shop', 'staging', null])
    const tookMs: number[] = []
    for (let count = 0; count < 50; count++) {
      const at = performance.now()
      await control.call('status', {})
      tookMs.push(performance.now() - at)
    }
    t.diagnostic(
      `bridge: first call ${firstMs.toFixed(0)} ms, then ${tookMs.toSorted((a, b) => a - b)[25]!.toFixed(1)} ms (median of 50)`,
    )
    const streams = [1, 2, 3].map(async () => {
      for await (const { event } of followLive(bridge, { topics: ['status'] })) if (event === 'status') return
      throw new Error('the stream ended before its first event')
    })
    await Promise.all([...streams, ...Array.from({ length: 30 }, () => control.call('status', {}))])
    assert.equal(nears().length, 1)
    assert.equal(insidePids().length, 1)
  })

  await t.test(
    'the near end is killed: nothing is left of the far one, and calls and streams go on over another',
    async () => {
      const over = new AbortController()
      const events: string[] = []
      const following = (async (): Promise<void> => {
        const options = { topics: ['status'], awayMs: AWAY_MS, signal: over.signal } as const
        for await (const { event } of followLive(bridge, options)) events.push(event)
      })()
      await until(() => events.includes('status'), 'the stream to begin')
      const [{ pid }] = nears() as [{ pid: number }]
      const before = insidePids()
      assert.equal(before.length, 1)
      events.length = 0
      process.kill(pid, 'SIGKILL')
      await until(() => insidePids().every((one) => !before.includes(one)), 'the far end to be gone')
      assert.equal((await control.call('status', {})).app, 'shop')
      await until(() => events.includes('connected'), 'the stream to go on')
      assert.equal(events[0], 'away')
      assert.equal(insidePids().length, 1)
      over.abort()
      await following
    },
  )

  await t.test('control is killed inside, then the container restarted: both are waited for', async () => {
    const kill = `import { readdirSync, readFileSync } from 'node:fs'
for (const pid of readdirSync('/proc').filter((name) => /^\\d+$/.test(name)))
  if (readFileSync('/proc/' + pid + '/cmdline', 'utf8').includes('/control/' + 'main.')) process.kill(Number(pid), 'SIGKILL')`
    const before = (await control.call('status', {})).url
    script('exec', NAME, kill)
    assert.equal((await control.call('status', {})).url, before)
    const restarted = execute('docker', ['--host', host, 'restart', NAME])
    await until(() => insidePids().length === 0, 'the container to go', 60_000).catch(() => {})
    assert.equal((await control.call('status', {})).url, before)
    await restarted
    await until(() => health() === 'healthy', 'it to be healthy again', 60_000)
  })

  await t.test('stopped it ends in order, and whoever asks then is told by the engine why', async () => {
    await control.call('status', {})
    docker('stop', NAME)
    assert.equal(docker('inspect', '--format', '{{.State.ExitCode}}', NAME), '0')
    using late = openBridge(words, run)
    const asking = connectControl(late, { awayMs: AWAY_MS })
    await assert.rejects(asking.call('status', {}), (problem: { code: string; details: readonly string[] }) => {
      assert.equal(problem.code, 'environment.unreachable')
      assert.match(problem.details.join('\n'), /is not running/)
      return true
    })
    asking.close()
    bridge.close()
    await until(() => nears().length === 0, 'every child to be gone')
  })

  await t.test('an engine that is not there is told as such', () => {
    const env = { ...process.env, DOCKER_HOST: 'unix:///nonexistent/docker.sock' }
    const { status, stderr } = spawnSync(process.execPath, ['bin/seaworthy.js', 'image', '--tag', TAG], {
      cwd: root,
      env,
    })
    assert.equal(status, 2)
    assert.match(stderr.toString(), /target\.tool-failed/)
  })
})
