/** The systemd unit: accepted by systemd-analyze, and what it runs brings everything back after a machine has died. */
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import {
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { failuresOf, startLoad } from '../support/load.ts'
import { isGone } from '../support/processes.ts'
import { plainConfig, processesMentioning, TestProject, until } from '../support/project.ts'

const configOf = (name: string): object =>
  plainConfig({
    env: { NAME: name },
    service: { secrets: ['API_TOKEN'], scale: { min: 2 }, templates: { 'port.tmpl': 'port.txt' } },
    environment: { watch: { for: '300ms' } },
  })
const SECRETS = { API_TOKEN: 'sw-77d0-token' }

void test('the unit is what systemd-analyze accepts, and --print writes nothing', async (t) => {
  await using project = new TestProject(plainConfig())
  const text = await unitOf(project)
  assert.match(text, /^ExecStart=\/\S+ \/\S+\/bin\/seaworthy\.js up --service \/\S+\/\.seaworthy\/local$/m)
  assert.equal(existsSync(project.stateFolder), false)
  assert.equal((await project.run(['up', '--print'])).code, 2)
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-unit-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'seaworthy-plain-local.service')
  const verify = (what: string) => {
    writeFileSync(file, what)
    return spawnSync('systemd-analyze', ['verify', file], { encoding: 'utf8' })
  }
  const { status, stderr } = verify(text)
  assert.deepEqual([status, stderr], [0, ''])
  // What a check that finds nothing would also let pass.
  assert.match(verify(text.replace('KillMode=mixed', 'KillMode=gently')).stderr, /kill mode/)
  assert.notEqual(verify(text.replace(/^ExecStart=.*$/m, 'ExecStart=/nowhere/node')).status, 0)
})

void test('everything is killed, a port is taken, the config is gone: the unit brings the live release back', async () => {
  await using project = new TestProject(configOf('v1'), { 'port.tmpl': 'listens on $PORT' })
  await project.must(['up', '--detach'], SECRETS)
  project.configure(configOf('v2'))
  await project.must(['deploy'], SECRETS)
  const text = await unitOf(project)
  const before = await project.status()
  const lost = before.instances.find(({ release }) => release === before.world.live)!

  const left = processesMentioning(project.folder)
  assert.ok(left.some(({ command }) => command.includes('keeper')))
  for (const { pid } of left) process.kill(pid, 'SIGKILL')
  await until(() => left.every(({ pid }) => isGone(pid)), 'all to be gone')
  for (const name of readdirSync(project.stateFolder)) {
    if (name.endsWith('.sock')) rmSync(join(project.stateFolder, name))
  }
  const config = join(project.folder, 'seaworthy.config.json')
  renameSync(config, `${config}.away`)
  const stranger = await listenOn(lost.port!)
  const service = runUnit(text)
  try {
    await until(async () => (await lookAt(project))?.world.live === before.world.live, 'control to be back').catch(
      (error: unknown) => {
        throw new Error(service.said(), { cause: error })
      },
    )
    await until(async () => {
      const { instances } = await project.status()
      const live = instances.filter(({ release }) => release === before.world.live)
      return live.length === 2 && live.every(({ state, port }) => state === 'running' && port !== lost.port)
    }, 'both instances, off the port that is taken')
    const after = (await project.status()).instances.find(({ id }) => id === lost.id)!
    const rendered = readFileSync(join(project.stateFolder, 'instances', lost.id, 'port.txt'), 'utf8')
    assert.equal(rendered, `listens on ${after.port}`)
    const { events } = await project.control.call('events', { after: 0, limit: 1000 })
    assert.ok(events.some(({ kind, text }) => kind === 'instance-moved' && text.includes(String(lost.port))))

    const port = await project.port()
    await until(async () => (await answerOf(port)) === 'v2', 'the live release to answer')
    // The table follows the port: from then on every answer comes from an instance, none from the stranger.
    await until(async () => {
      const { events } = await project.control.call('events', { after: 0, limit: 1000 })
      return events.some(({ kind }) => kind === 'table-mended')
    }, 'the table to follow')
    const strangerSeen = stranger.connections()
    const load = startLoad({ port, clients: 4, methods: ['GET'] })
    await until(() => load.answers.length >= 100, 'answers')
    const answers = await load.stop()
    assert.deepEqual(failuresOf(answers), [])
    for (const { release } of answers) assert.equal(release, before.world.live)
    assert.equal(stranger.connections(), strangerSeen)

    // The keeper dies: a successor takes over, and the service goes on.
    const { pid: keeper } = JSON.parse(readFileSync(join(project.stateFolder, 'keeper.json'), 'utf8')) as {
      pid: number
    }
    const pid =
      keeper ?? processesMentioning(project.folder).find(({ command }) => command.includes('keeper/main'))!.pid
    process.kill(pid, 'SIGKILL')
    await until(
      () => processesMentioning(project.folder).some((one) => one.command.includes('keeper/main') && one.pid !== pid),
      'a successor',
    )
    assert.equal(await answerOf(port), 'v2')
    assert.equal(service.child.exitCode, null)

    service.child.kill('SIGTERM')
    assert.equal(await service.ended, 0, service.said())
    assert.deepEqual(processesMentioning(project.folder), [])
  } finally {
    service.child.kill('SIGKILL')
    await stranger.close()
    renameSync(`${config}.away`, config)
  }
})

void test('`seaworthy stop` ends the service with 0, and a state folder without an environment is said', async () => {
  await using project = new TestProject(plainConfig())
  const text = await unitOf(project)
  const early = runUnit(text)
  assert.equal(await early.ended, 1)
  assert.match(early.said(), /holds no environment +\[environment\.unknown\]/)
  await project.must(['up', '--detach'])
  await project.must(['stop'])
  const service = runUnit(text)
  await until(async () => (await lookAt(project)) !== null, 'control')
  await project.must(['stop'])
  assert.equal(await service.ended, 0, service.said())
})

void test('nobody but its owner can enter or read the state folder of a used environment', async () => {
  await using project = new TestProject(configOf('v1'), { 'port.tmpl': '$PORT' })
  await project.must(['up', '--detach'], SECRETS)
  project.configure(configOf('v2'))
  await project.must(['deploy'], SECRETS)
  await project.must(['plan', '--out', '.seaworthy/plan.json'], SECRETS)
  let entries = 0
  const walk = (path: string): void => {
    const found = lstatSync(path)
    entries += 1
    if (found.isDirectory()) assert.equal(found.mode & 0o777, 0o700, path)
    else if (!found.isSocket()) assert.equal(found.mode & 0o777, 0o600, path)
    // What a release, a service's own data and Node's cache hold keeps its modes, in folders that nobody else can enter.
    if (!found.isDirectory() || /\/(releases|data|compile-cache)$/.test(path)) return
    for (const name of readdirSync(path)) walk(join(path, name))
  }
  walk(project.stateFolder)
  assert.ok(entries > 20, `${entries} entries`)
})

async function unitOf(project: TestProject): Promise<string> {
  return (await project.must(['up', '--install', '--print'])).stdout
}

/** Runs the unit's ExecStart as systemd would: these words, this environment, nothing else. */
function runUnit(text: string) {
  const [program, ...args] = /^ExecStart=(.*)$/m.exec(text)![1]!.split(' ')
  const env = Object.fromEntries(
    [...text.matchAll(/^Environment="(\w+)=(.*)"$/gm)].map(([, name, value]) => [name, value]),
  )
  const child = spawn(program!, args, { env, cwd: '/', stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const ended = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)))
  return { child, ended, said: () => said }
}

async function lookAt(project: TestProject) {
  return project.status().catch(() => null)
}

async function answerOf(port: number): Promise<string | null> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } })
    return /"(v\d)"/.exec(await answer.text())?.[1] ?? null
  } catch {
    return null
  }
}

async function listenOn(port: number) {
  const sockets: Socket[] = []
  const server: Server = createServer((socket) => {
    sockets.push(socket.on('error', () => {}))
    socket.end('HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\nstranger')
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve))
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  }
  return { connections: () => sockets.length, close }
}
