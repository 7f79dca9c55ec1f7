import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempDisposableSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { PromiseView } from '../../src/promises/view.ts'
import { plainConfig, processesMentioning, root, TestProject, until } from '../support/project.ts'

interface Shown {
  readonly release: string | null
  readonly because: string | null
  readonly promises: readonly PromiseView[]
}

const kept = {
  all: { on: { service: 'api' }, availability: '99.9%', latency: { p95: '200ms' }, throughput: '50/s' },
  operate: { on: 'operate', detect: '1min' },
}
const refused = { ...kept, operate: { on: 'operate', detect: '30s' } }
const withPromises = (promises: object): object => ({ ...plainConfig(), promises })

void test("the example's promises have their arithmetic without a running environment", () => {
  using scratch = mkdtempDisposableSync(join(tmpdir(), 'seaworthy-promises-'))
  const state = join(scratch.path, 'state')
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, 'bin/seaworthy.js'), 'promises', '-c', join(root, 'examples/opinion-market'), '--json'],
    { env: { PATH: process.env['PATH'], SEAWORTHY_DEMO_STATE: state }, encoding: 'utf8' },
  )
  assert.equal(status, 0, stderr)
  const { promises, release, because } = JSON.parse(stdout) as Shown
  assert.deepEqual([release, because], [null, 'the environment is not up'])
  const [trade] = promises
  assert.deepEqual([trade!.promise, trade!.state, trade!.standing], ['trade', 'unproven', null])
  assert.deepEqual(trade!.objectives[0]!.budget, { share: '0.001', time: '43.2 min', left: null })
  assert.equal(existsSync(state), false, 'looking makes nothing')
})

void test('a promise that cannot be kept starts nothing, and a measurement can turn one down', async () => {
  await using project = new TestProject(withPromises(refused))
  const up = await project.run(['up', '--detach'])
  assert.equal(up.code, 2, up.stdout)
  assert.match(up.stderr, /a promise of plain cannot be kept {2}\[promise\.infeasible\]/)
  assert.match(
    up.stderr,
    /operate\/detection: detection-window\n.*= 50 s\n.*promised 30 s < 50 s\n.*or: promise detect: '50s' in operate/,
  )
  assert.equal(existsSync(project.stateFolder), false)
  assert.deepEqual(processesMentioning(project.folder), [])
  const shown = await project.run(['promises', '--json'])
  assert.equal(shown.code, 4)
  const { promises } = JSON.parse(shown.stdout) as Shown
  assert.deepEqual(
    promises.map(({ promise, state }) => [promise, state]),
    [
      ['all', 'unproven'],
      ['operate', 'infeasible'],
    ],
  )

  project.configure(withPromises(kept))
  await project.must(['up', '--detach'])
  const seen = JSON.parse((await project.must(['promises', '--json'])).stdout) as Shown
  assert.equal(seen.release, (await project.status()).world.live, 'asked of control')
  assert.deepEqual(
    seen.promises.map(({ standing }) => standing),
    [null, null],
    'without a request nobody knows',
  )

  const outcome = { kind: 'found', perSecond: 20, above: 21 }
  const measured = { service: 'api', at: '2026-11-20T10:00:00.000Z', outcome }
  writeFileSync(join(project.stateFolder, 'capacity.json'), JSON.stringify({ 'api GET /': measured }))
  const { release: before } = JSON.parse((await project.run(['promises', '--json'])).stdout) as Shown
  for (const command of ['deploy', 'plan']) {
    const { code, stderr } = await project.run([command])
    assert.equal(code, 2, command)
    assert.match(stderr, /1 instances × 20\/s \(measured 2026-11-20\) × \(1 − 0\.3 headroom\) = 14\/s/)
  }
  assert.equal((await project.status()).world.live, before, 'what is live stays live')
})

void test('traffic shows where a promise stands, and its failures break it', async () => {
  const service = `import { createServer } from 'node:http'
    createServer((request, response) => {
      response.statusCode = request.url === '/fail' ? 500 : 200
      response.end('answered')
    }).listen(process.env.PORT, '127.0.0.1')`
  const config = { ...plainConfig({ service: { start: 'node service.mjs' } }), promises: kept }
  await using project = new TestProject(config, { 'service.mjs': service })
  await project.must(['up', '--detach'])
  const url = `http://127.0.0.1:${await project.port()}`
  const send = async (path: string, count: number): Promise<void> => {
    for (let sent = 0; sent < count; sent++) await (await fetch(`${url}${path}`)).arrayBuffer()
  }
  const stood = async () => (await project.control.call('promise.look', {})).stood
  // An increase has a beginning: what came before the first collection is in none.
  const counts = { query: 'seaworthy_watched_requests_total{watch="all",status="2xx"}', at: null }
  await until(
    async () => (await project.control.call('series.query', counts)).values[0]?.value === 0,
    'the first count',
  )
  assert.equal((await stood())['all/availability']!.standing, null, 'without a request nobody knows')
  await send('/', 50)
  await until(async () => (await stood())['all/availability']?.standing === 'met', 'the promise to be met', 60_000)
  assert.equal((await stood())['all/availability']!.spending!.left, '1')
  assert.equal((await stood())['all/latency-0.95']!.standing, 'met')

  await send('/fail', 20)
  await until(
    async () => (await stood())['all/availability']?.standing === 'broken',
    'the promise to be broken',
    60_000,
  )
  const { code, stdout } = await project.run(['promises', '--json'])
  assert.equal(code, 4)
  const { promises, because } = JSON.parse(stdout) as Shown
  assert.deepEqual([because, promises[0]!.standing], [null, 'broken'])
  const [availability, latency] = promises[0]!.objectives
  // 20 of about 70 failed, of which 0.1 % may.
  assert.ok(Number(availability!.budget!.left) < -100, availability!.budget!.left ?? 'null')
  assert.deepEqual([latency!.standing, latency!.budget!.left], ['met', '1'])
})

void test('a lag, a rush and a rollback each show where their promise stands, and without one nobody knows', async () => {
  const service = `import { createServer } from 'node:http'
    let lag = 1
    createServer((request, response) => {
      if (request.url === '/late') lag = 60
      response.setHeader('content-type', 'text/plain')
      response.end(request.url === '/metrics' ? 'orders_lag_seconds ' + lag + '\\n' : 'answered')
    }).listen(process.env.PORT, '127.0.0.1')`
  const promises = {
    orders: {
      on: { service: 'api' },
      availability: '99%',
      throughput: '6/min',
      freshness: { within: '30s', metric: 'orders_lag_seconds' },
    },
    rare: { on: { service: 'api' }, throughput: '1000/s' },
    operate: { on: 'operate', rollback: '30s' },
  }
  const config = { ...plainConfig({ service: { start: 'node service.mjs' } }), promises }
  await using project = new TestProject(config, { 'service.mjs': service })
  await project.must(['up', '--detach'])
  const url = `http://127.0.0.1:${await project.port()}`
  const stood = async () => (await project.control.call('promise.look', {})).stood
  const before = await stood()
  assert.deepEqual(
    ['orders/throughput', 'rare/throughput', 'operate/rollback'].map((id) => before[id]!.standing),
    [null, null, null],
    'without an occasion nobody knows',
  )
  assert.match(before['operate/rollback']!.shownBy!, /^no release was ever taken back/)
  await until(async () => (await stood())['orders/freshness']?.standing === 'met', 'the lag to be seen', 60_000)
  await until(
    async () => {
      for (let sent = 0; sent < 10; sent++) await (await fetch(url)).arrayBuffer()
      return (await stood())['orders/throughput']?.standing === 'met'
    },
    'the rate to be seen',
    60_000,
  )
  const { 'rare/throughput': rare } = await stood()
  assert.equal(rare!.standing, null)
  assert.match(rare!.shownBy!, /in the busiest 5 min of the last 24 h: nobody has asked for as much$/)

  await (await fetch(`${url}/late`)).arrayBuffer()
  await until(async () => (await stood())['orders/freshness']?.standing === 'broken', 'the lag to be too long', 60_000)
  writeFileSync(join(project.folder, 'service.mjs'), `${service}\n// another release`)
  await project.must(['deploy'])
  await project.must(['rollback'])
  const { code, stdout } = await project.run(['promises'])
  assert.equal(code, 4, 'the freshness is broken')
  assert.match(stdout, /^ {2}operate\/rollback +unproven +met /m)
  assert.match(stdout, /^ {2}operate\/rollback: 1 way back, [\d.]+ m?s at the longest \(d\d+\)$/m)
  assert.match(
    stdout,
    /^ {2}orders\/freshness: orders_lag_seconds: 1 min behind, 1 min at the worst of the last hour$/m,
  )
  assert.match(stdout, /^ {2}rare\/throughput +unproven +unknown /m)
})

void test('explain answers for a rule, and says what comes near a name that is none', async () => {
  await using project = new TestProject(withPromises(kept))
  const { stdout } = await project.must(['explain', 'AllAvailabilityBurn1h'])
  assert.match(stdout, /^ {2}threshold: 14\.4 × 0\.001 = 0\.0144$/m)
  const { code, stderr } = await project.run(['explain', 'AllAvailabilityBurn2h'])
  assert.equal(code, 2)
  assert.match(stderr, /Did you mean AllAvailabilityBurn1h\?/)
})
