/** The gateway's own processes are replaced, and change in number, under load. */
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { runStyle, STYLES } from '../../bench/gateway-upgrade/style.ts'
import { connectControl } from '../../src/control/api/client.ts'
import type { Status } from '../../src/control/api/contract.ts'
import { connectKeeper } from '../../src/keeper/client.ts'
import type { ChildState } from '../../src/keeper/protocol.ts'
import { socketPath } from '../../src/keeper/paths.ts'
import { copyInstallation } from '../support/installation.ts'
import { failuresOf, startLoad } from '../support/load.ts'
import { plainConfig, TestProject, until } from '../support/project.ts'

const UPGRADES = 5

test('upgrades under load lose no request and no count; retiring by plain close does, by the same harness', async (t) => {
  for (const style of STYLES) {
    const { signal } = new AbortController()
    const result = await runStyle({ style, upgrades: UPGRADES, busy: 30, quiet: 10, workers: 2, signal })
    const { requests, failed, failures, counted } = result
    t.diagnostic(`${style}: ${UPGRADES} upgrades, ${requests} requests, ${failed} failed`)
    if (style === 'seaworthy') assert.deepEqual([failed, failures, counted], [0, [], requests])
    else assert.ok(failed > 0, 'the harness sees no failure where there must be some')
  }
})

test('a deploy in the middle of upgrades: nothing fails, nothing flips back', async () => {
  await using project = await startProject()
  await using load = startLoad({ port: await project.port(), clients: 8 })
  project.configure(config({ NAME: 'v2' }))
  const deployed = project.run(['deploy', '--json'])
  let upgrades = 0
  const ended = deployed.then(() => true)
  do {
    await project.control.call('gateway.upgrade', { by: 'test' })
    upgrades += 1
  } while (!(await Promise.race([ended, Promise.resolve(false)])))
  const { code, stdout } = await deployed
  assert.equal(code, 0, stdout)
  assert.ok(upgrades > 1)
  const { proof } = (await project.status()).last!
  assert.deepEqual([proof!.failed, proof!.flipBacks], [0, 0], JSON.stringify(proof))
  const answers = await load.stop()
  assert.deepEqual(failuresOf(answers), [])
  assert.equal(answers.at(-1)!.release, (await project.status()).world.live)
})

test('control killed at any point of an upgrade leaves one generation that serves, and no more', async () => {
  await using project = await startProject()
  await using load = startLoad({ port: await project.port(), clients: 8 })
  type Said = { readonly listening: number; readonly retiring: number }
  const said = (): Said => ({
    listening: countOf(project, '"listening"'),
    retiring: countOf(project, '"retiring"'),
  })
  const points: Readonly<Record<string, (running: number, before: Said) => boolean>> = {
    'a new worker was started': (running) => running > 2,
    'the new ones listen': (_running, before) => said().listening >= before.listening + 2,
    'an old one was told': (_running, before) => said().retiring > before.retiring,
  }
  for (const [point, isThere] of Object.entries(points)) {
    const { controlPid } = await project.status()
    const before = said()
    // Not repeated when control is back, as the CLI's would be.
    const control = connectControl(socketPath(project.stateFolder, 'control'), { awayMs: 0 })
    const asked = control.call('gateway.upgrade', { by: 'test' }).catch(() => null)
    await until(async () => isThere((await workersOf(project)).length, before), point)
    process.kill(controlPid, 'SIGKILL')
    await asked
    control.close()
    await until(
      async () => isSettled(await project.status()) && (await workersOf(project)).length === 2,
      `${point}: two workers again`,
    )
  }
  assert.deepEqual(failuresOf(await load.stop()), [])
})

test('new workers run the code now on disk; when that is broken, the old ones serve on and the cause is told', async () => {
  using installation = copyInstallation()
  await using project = await startProject(installation.program)
  const url = `http://127.0.0.1:${await project.port()}`
  assert.equal((await fetch(url)).headers.get('x-code'), null)
  const edit = (file: string, from: string, to: string): void => {
    const path = join(installation.folder, 'src/gateway', file)
    const text = readFileSync(path, 'utf8')
    assert.ok(text.includes(from))
    writeFileSync(path, text.replace(from, to))
  }
  edit('stages/respond.ts', '  keepStanding(exchange', "  setField(answer, 'X-Code', 'new')\n  keepStanding(exchange")
  const { stdout } = await project.must(['restart', 'gateway'])
  assert.match(stdout, /new gateway workers serve after \d+ ms \(1: pid \d+, 2: pid \d+\)/)
  // A kept connection may still lead to an old worker, whose next answer closes it.
  const codeOf = async (): Promise<string | null> => (await fetch(url)).headers.get('x-code')
  await until(async () => (await codeOf()) === 'new', 'the new code to answer')

  const before = pidsOf(await project.status())
  edit('worker.ts', '/** The entry program', 'throw new Error("a broken update")\n/** The entry program')
  const { code, stderr } = await project.run(['restart', 'gateway'])
  assert.equal(code, 1)
  assert.match(stderr, /the old ones serve on +\[gateway.not-upgraded\]/)
  assert.match(stderr, /a broken update/)
  assert.equal(await codeOf(), 'new')
  await until(async () => (await workersOf(project)).length === 2, 'the broken ones to be gone')
  assert.deepEqual(pidsOf(await project.status()), before)
})

test('a WebSocket on an old worker is closed with 1012 and finds a new one', async () => {
  await using project = await startProject()
  const url = `ws://127.0.0.1:${await project.port()}/ws`
  const before = pidsOf(await project.status())
  const closes: number[] = []
  const sockets = [1, 2].map(() => new WebSocket(url))
  for (const socket of sockets) socket.addEventListener('close', ({ code }) => closes.push(code))
  await until(() => sockets.every(({ readyState }) => readyState === WebSocket.OPEN), 'the WebSockets to open')
  await project.must(['restart', 'gateway'])
  await until(() => closes.length === 2, 'the WebSockets to be closed')
  assert.deepEqual(closes, [1012, 1012])
  const again = new WebSocket(url)
  await until(() => again.readyState === WebSocket.OPEN, 'a WebSocket to open again')
  assert.ok(pidsOf(await project.status()).every((pid) => !before.includes(pid)))
  again.close()
  await until(() => again.readyState === WebSocket.CLOSED, 'the WebSocket to close')
})

test('a deploy changes what the gateway does without restarting it; another number of workers, and no other', async () => {
  await using project = await startProject()
  await using load = startLoad({ port: await project.port(), clients: 4 })
  const url = `http://127.0.0.1:${await project.port()}`
  const before = pidsOf(await project.status())
  const gateway = {
    listen: { http: 0 },
    accessLog: false,
    workers: 2,
    timeouts: { firstByte: '200ms' },
    body: '1KiB',
    trustedProxies: ['127.0.0.1/32'],
    routes: { '/': { headers: { 'X-Config': 'new' } } },
  }
  await change(project, gateway)
  assert.deepEqual(pidsOf(await project.status()), before)
  assert.equal((await fetch(url)).headers.get('x-config'), 'new')
  assert.equal((await fetch(`${url}/?work=2000`)).status, 504)
  assert.equal((await fetch(url, { method: 'POST', body: 'x'.repeat(2_000) })).status, 413)

  await change(project, { ...gateway, workers: 3 })
  await until(async () => pidsOf(await project.status()).length === 3, 'a third worker')
  assert.deepEqual(pidsOf(await project.status()).slice(0, 2), before)
  await change(project, { ...gateway, workers: 1 })
  await until(async () => isSettled(await project.status(), 1), 'one worker')
  assert.deepEqual(pidsOf(await project.status()), before.slice(0, 1))
  assert.deepEqual(failuresOf(await load.stop()), [])

  const { stdout } = await project.must(['up', '--detach'])
  assert.doesNotMatch(stdout, /gateway.listen.http/)
  project.configure({ ...config(), gateway: { ...gateway, workers: 1, listen: { http: 18_080 } } })
  const said = await project.must(['up', '--detach'])
  assert.match(said.stdout, /gateway.listen.http is 18080, but the gateway listens on \d+.*`seaworthy stop`/)
})

// ---- makers

function config(env: Record<string, string> = {}): object {
  return {
    ...plainConfig({ env, environment: { watch: { for: '1s', warm: '10min', p95: '100x' } } }),
    gateway: { listen: { http: 0 }, accessLog: false, workers: 2 },
  }
}

async function startProject(program?: string): Promise<TestProject> {
  const project = new TestProject(config())
  if (program !== undefined) project.program = program
  try {
    await project.must(['up', '--detach'])
    return project
  } catch (error) {
    await project[Symbol.asyncDispose]()
    throw error
  }
}

async function change(project: TestProject, gateway: object): Promise<void> {
  project.configure({ ...config(), gateway })
  await project.must(['deploy'])
}

/** The keeper's children that are workers and run. */
async function workersOf(project: TestProject): Promise<readonly ChildState[]> {
  const keeper = await connectKeeper(project.stateFolder)
  const { children } = await keeper.list()
  keeper.close()
  return children.filter(({ role, state }) => role === 'gateway' && state === 'running')
}

function pidsOf({ gateway }: Status): readonly (number | null)[] {
  return gateway.filter(({ retiring }) => !retiring).map(({ pid }) => pid)
}

/** So many workers, each with the newest table, and none on its way out. */
function isSettled({ gateway }: Status, count = 2): boolean {
  return (
    gateway.length === count &&
    gateway.every(({ pid, version, retiring }) => pid !== null && version !== null && !retiring)
  )
}

function countOf(project: TestProject, words: string): number {
  return [1, 2].reduce((sum, worker) => sum + project.log(`gateway-${worker}`).split(words).length - 1, 0)
}
