import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import type { LoadResult } from '../../src/load/result.ts'
import { startLoad } from '../support/load.ts'
import { plainConfig, TestProject } from '../support/project.ts'

const RATE = 300
const STALL_MS = 1_000
/** No test here is about the generator's own lag: a machine with other work must not make it refuse. */
const LAG = ['--lag', '30s']

void test('a server that stalls for a second is seen by every request of that second, and hidden from a closed loop', async () => {
  const stall = { until: 0, held: 0 }
  const server = createServer((request, response) => {
    const leftMs = stall.until - performance.now()
    if (leftMs <= 0) return void response.end('ok')
    if (request.url === '/open') stall.held += 1
    setTimeout(() => response.end('ok'), leftMs)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await using project = new TestProject(plainConfig())
  await using closed = startLoad({ port, clients: 1, path: '/closed', methods: ['GET'], pauseMs: 0 })
  const url = `http://127.0.0.1:${port}/open`
  let requests = 0
  // In the middle of the run, counted in requests: the generator's own start takes its time.
  server.on('request', (request) => {
    if (request.url === '/open' && ++requests === 2 * RATE) stall.until = performance.now() + STALL_MS
  })
  const run = await project.must(['load', '--url', url, '--rate', `${RATE}/s`, '--for', '5s', '--json', ...LAG])
  const seen = JSON.parse(run.stdout) as LoadResult
  const times = (await closed.stop())
    .map(({ beganNs, endedNs }) => (endedNs - beganNs) / 1e6)
    .toSorted((one, other) => one - other)
  const closedP99 = times[Math.floor(times.length * 0.99)]!
  server.closeAllConnections()
  server.close()

  assert.equal(seen.good, 5 * RATE)
  assert.ok(seen.latency!.p99 >= 700, `open loop: p99 ${seen.latency!.p99} ms`)
  assert.ok(Math.abs(stall.held - RATE) <= RATE / 4, `${stall.held} requests met the stall`)
  assert.ok(seen.connections.mostOpen >= stall.held, 'each on its own connection')
  assert.ok(times.at(-1)! >= 700, `the closed loop met the stall, once: ${times.at(-1)} ms`)
  assert.ok(closedP99 < seen.latency!.p99 / 3, `closed loop: p99 ${closedP99} ms of ${times.length} requests`)
})

/** Serves one request each 10 ms, whatever the machine: 100/s are its capacity by definition. */
const SLOTS = `
  import { createServer } from 'node:http'
  let next = 0
  createServer((request, response) => {
    if (request.url === '/health/readiness') return response.end()
    next = Math.max(next, performance.now()) + 10
    setTimeout(() => response.end('ok'), next - performance.now())
  }).listen(Number(process.env.PORT), '127.0.0.1')
  process.on('SIGTERM', () => process.exit(0))`

void test('load asks the entrance, fails for what was not expected, and finds the capacity of an instance', async () => {
  const config = {
    ...plainConfig({ service: { start: 'node slots.mjs' } }),
    promises: { quick: { on: { service: 'api', route: '/' }, latency: { p95: '50ms' } } },
  }
  await using project = new TestProject(config, { 'slots.mjs': SLOTS })
  assert.match((await project.run(['load'])).stderr, /environment.down/)
  await project.must(['up', '--detach'])

  const good = await project.must(['load', '--rate', '50/s', '--for', '1s', '--arrivals', 'poisson', ...LAG])
  assert.match(good.stdout, /all as expected/)
  const other = await project.run(['load', '--rate', '20/s', '--for', '500ms', '--expect', '201', '--json', ...LAG])
  assert.equal(other.code, 1)
  const { good: asExpected, answered, statuses } = JSON.parse(other.stdout) as LoadResult
  assert.deepEqual([asExpected, answered, statuses], [0, 10, { 200: 10 }])

  const args = ['load', '--capacity', '--from', '40/s', '--step', '1500ms', '--json', ...LAG]
  const found = JSON.parse((await project.must(args)).stdout) as Measured
  assert.equal(found.outcome.kind, 'found')
  assert.ok(found.outcome.perSecond > 85 && found.outcome.perSecond < 110, `${found.outcome.perSecond}/s of 100/s`)
  assert.equal(found.limits.p95, 50)
  assert.match(found.target, /^api@1-/, 'one instance, directly')
  const file = JSON.parse(readFileSync(join(project.stateFolder, 'capacity.json'), 'utf8')) as Record<string, Kept>
  const kept = file['api GET /']!
  assert.deepEqual([kept.outcome, kept.release], [found.outcome, (await project.status()).world.live])
  assert.ok(kept.hardware.cores >= 1 && kept.hardware.processor !== '')
})

void test('load refuses what could hurt, and what could not be measured', async () => {
  const config = plainConfig({ environment: { domain: 'shop.example.com' } })
  await using project = new TestProject(config)
  await refused(['load'], 'load.has-users')
  await refused(['load', '--capacity', '--p95', '1s'], 'load.has-users')
  await refused(['load', '--url', 'http://shop.example.com/'], 'load.has-users')
  await refused(['load', '--url', 'http://192.0.2.1/'], 'load.not-ours')
  await refused(['load', '--url', 'http://127.0.0.1.example.com/'], 'load.not-ours')
  await refused(['load', '--yes'], 'environment.down')
  await refused(['load', '--rate', '0/s'], 'cli.usage', 2)
  await refused(['load', '--url', 'http://127.0.0.1:1/', '--for', '200ms', '--lag', '0.001ms'], 'cli.usage', 2)
  await refused(['load', '--url', 'http://127.0.0.1:1/', '--capacity'], 'load.no-limit')

  async function refused(args: readonly string[], code: string, exit = 1): Promise<void> {
    const result = await project.run([...args])
    assert.ok(result.stderr.includes(`[${code}]`), `${args.join(' ')}: ${result.stderr}${result.stdout}`)
    assert.equal(result.code, exit, args.join(' '))
  }
})

interface Measured {
  readonly outcome: { readonly kind: string; readonly perSecond: number }
  readonly limits: { readonly p95: number }
  readonly target: string
}

interface Kept extends Measured {
  readonly release: string
  readonly hardware: { readonly cores: number; readonly processor: string }
}
