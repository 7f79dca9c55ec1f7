/** What a scraper sees of environments that run: every metric that a rule or a panel may name, with the values that are true. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { Market } from '../../demo/market.ts'
import { connectControl } from '../../src/control/api/client.ts'
import { socketPath } from '../../src/keeper/paths.ts'
import { METRICS, metricOf } from '../../src/promises/metrics/catalogue.ts'
import { seriesNames } from '../../src/promises/metrics/metric.ts'
import { command, query } from '../support/servers.ts'
import { plainConfig, TestProject, until } from '../support/project.ts'
import { scrape, type Scrape } from '../support/scrape.ts'

/** A beat, and what it takes. */
const BEAT_MS = 15_000
/** Names of series that some scrape has shown. Gateways elsewhere are for remote-guard.test.ts to show. */
const seen = new Set<string>(['seaworthy_gateway_up'])

function note(shown: Scrape): Scrape {
  for (const { metric } of shown.samples) seen.add(metric)
  return shown
}

after(() => {
  const missing = METRICS.filter(({ from }) => from === undefined).flatMap((metric) =>
    seriesNames(metric).filter((name) => !seen.has(name)),
  )
  assert.deepEqual(missing, [], 'metrics that no scrape has shown')
})

void test('the opinion market: what its clients were answered is what is counted, over all workers', async () => {
  const state = mkdtempSync(join(tmpdir(), 'seaworthy-scrape-'))
  const market = new Market(new AbortController().signal, state)
  const url = await market.up()
  const control = connectControl(socketPath(state, 'control'))
  try {
    const live = (await control.call('status', {})).world.live!
    const api = { service: 'api', release: live }
    let before = await scrape(control)
    await until(
      async () => {
        before = await scrape(control)
        return before.values('seaworthy_instance_up', { service: 'api' }).length === 2
      },
      'both instances to be measured',
      BEAT_MS,
    )
    const sent = new Map<string, number>()
    // On connections of their own: every worker gets some.
    for (let nth = 0; nth < 300; nth++) {
      const path = nth % 10 === 0 ? '/api/nothing/here' : '/api/markets'
      const response = await fetch(`${url}${path}`, { headers: { connection: 'close' } })
      await response.arrayBuffer()
      const status = `${Math.floor(response.status / 100)}xx`
      sent.set(status, (sent.get(status) ?? 0) + 1)
    }
    const grown = (now: Scrape, metric: string, labels: Record<string, string>): number =>
      now.sum(metric, labels) - before.sum(metric, labels)
    let now = before
    await until(
      async () => {
        now = await scrape(control)
        const cpuSeconds = grown(now, 'seaworthy_instance_cpu_seconds_total', { service: 'api' })
        return grown(now, 'seaworthy_requests_total', api) >= 300 && cpuSeconds > 0
      },
      'the requests to be counted, and the work they made',
      BEAT_MS,
    )
    assert.ok(now.values('seaworthy_gateway_workers')[0]! >= 2)
    assert.equal(sent.size, 2, JSON.stringify([...sent]))
    for (const [status, count] of sent)
      assert.equal(grown(now, 'seaworthy_requests_total', { ...api, status }), count, status)
    assert.equal(grown(now, 'seaworthy_request_duration_seconds_count', api), 300)
    assert.equal(grown(now, 'seaworthy_watched_requests_total', { watch: 'service/api' }), 300)
    assert.equal(grown(now, 'seaworthy_watched_duration_seconds_bucket', { watch: 'service/api', le: '+Inf' }), 300)
    assert.equal(grown(now, 'seaworthy_request_duration_seconds_bucket', { ...api, le: '+Inf' }), 300)
    assert.deepEqual(now.values('seaworthy_release_live', api), [1])
    for (const metric of ['seaworthy_instance_memory_bytes', 'seaworthy_instance_descriptors'])
      assert.ok(
        now.values(metric, { service: 'api' }).every((value) => value > 10),
        metric,
      )

    note(now)
    assert.ok(now.text.endsWith('\n# EOF\n'))
    const unknown = now.samples.filter(({ metric }) => metric.startsWith('seaworthy_') && metricOf(metric) === null)
    assert.deepEqual(unknown, [], 'series outside the catalogue')
    const plain = await scrape(control, 'text/plain')
    const checked = spawnSync('promtool', ['check', 'metrics'], { input: plain.text })
    if (checked.error === undefined)
      assert.equal(checked.status, 0, checked.stdout.toString() + checked.stderr.toString())

    // Another control counts from its own beginning: what stood before it is no growth.
    const { controlPid } = await control.call('status', {})
    process.kill(controlPid, 'SIGKILL')
    await until(
      () =>
        control.call('status', {}).then(
          (status) => status.controlPid !== controlPid,
          () => false,
        ),
      'another control',
    )
    const answered = async (): Promise<number | null> => {
      const shown = await scrape(control).catch(() => null)
      const values = shown?.values('seaworthy_requests_total', { ...api, status: '2xx' }) ?? []
      return values[0] ?? null
    }
    await until(async () => (await answered()) !== null, 'the next control to measure', 2 * BEAT_MS)
    assert.equal(await answered(), 0)
    for (let nth = 0; nth < 40; nth++) await (await fetch(`${url}/api/markets`)).arrayBuffer()
    await until(async () => (await answered()) === 40, 'the requests to be counted', BEAT_MS)
  } finally {
    control.close()
    await market.clear()
    rmSync(state, { recursive: true, force: true })
  }
})

const QUEUE = `
  import { createServer } from 'node:http'
  createServer((request, response) => {
    if (request.url !== '/metrics') return response.end('ok')
    response.setHeader('content-type', 'text/plain; version=0.0.4')
    response.end('# TYPE waiting gauge\\nwaiting{queue="a"} 6\\nown_orders_total{kind="x"} 3\\n')
  }).listen(Number(process.env.PORT), '127.0.0.1')
  process.on('SIGTERM', () => process.exit(0))`

void test('needs, a queue, limits, a certificate, events: each is there while it is, and ends with it', async (t) => {
  // Takes what alerts say, and answers that it has.
  const channel = createServer((request, response) => void request.resume().on('end', () => response.end()))
  channel.listen(0, '127.0.0.1')
  await once(channel, 'listening')
  t.after(() => {
    channel.closeAllConnections()
    channel.close()
  })
  const { port: channelPort } = channel.address() as AddressInfo
  const config = plainConfig({
    service: { start: 'node queue.mjs', uses: { db: 'required', cache: 'optional' } },
    environment: { domain: 'localhost' },
  }) as { services: { api: object }; gateway: object }
  await using project = new TestProject(
    {
      ...config,
      needs: { db: { kind: 'postgres' }, cache: { kind: 'redis', role: 'cache', size: '32MiB' } },
      services: {
        api: {
          ...config.services.api,
          scale: { min: 2, max: 2, queue: { metric: 'waiting', target: 10 } },
          resources: { memory: '400MiB', cpu: 2 },
        },
      },
      gateway: {
        listen: { http: 0, https: 0 },
        tls: 'self-signed',
        redirectToHttps: false,
        workers: 2,
        accessLog: false,
      },
      alerts: { channels: { ops: { webhook: 'OPS_URL' } } },
      guard: { limits: [{ per: 'client', allow: '5/min', burst: 5 }] },
    },
    { 'queue.mjs': QUEUE },
  )
  await project.must(['up', '--detach'], { OPS_URL: `http://127.0.0.1:${channelPort}/` })
  const { control } = project
  const ids = (await project.status()).instances.map(({ id }) => id)
  let now = await scrape(control)
  const until10s = (what: string, is: (now: Scrape) => boolean): Promise<void> =>
    until(async () => is((now = note(await scrape(control)))), what, BEAT_MS)

  await until10s('everything to be measured', (shown) =>
    [
      shown.values('own_orders_total').length === 2,
      shown.values('seaworthy_need_up').length === 2,
      shown.values('seaworthy_service_queue').length === 1,
    ].every(Boolean),
  )
  assert.deepEqual(now.values('seaworthy_need_up'), [1, 1])
  assert.deepEqual(now.values('seaworthy_service_queue', { service: 'api' }), [6])
  assert.deepEqual(now.values('own_orders_total', { kind: 'x', service: 'api', instance: ids[0]! }), [3])
  assert.deepEqual(now.values('seaworthy_instance_memory_limit_bytes'), [400 * 1024 ** 2, 400 * 1024 ** 2])
  assert.ok(now.values('seaworthy_certificate_expires_timestamp_seconds')[0]! > Date.now() / 1_000)
  assert.deepEqual(now.values('seaworthy_redis_memory_limit_bytes'), [32 * 1024 ** 2])
  const environment = await control.call('exec.prepare', {
    service: 'api',
    release: null,
    argv: ['env'],
    by: 'test@here',
  })
  const { DB_URL: db = '', CACHE_URL: cache = '' } = environment.env
  await query(db, 'select 1')
  await command(cache, 'GET', 'nothing')

  const port = await project.port()
  let refused = 0
  for (let nth = 0; nth < 12; nth++) {
    const response = await fetch(`http://127.0.0.1:${port}/`)
    await response.arrayBuffer()
    if (response.status === 429) refused += 1
  }
  assert.ok(refused > 0)
  await until10s('refusals to be counted', (shown) => shown.sum('seaworthy_limited_requests_total') === refused)
  assert.deepEqual(now.values('seaworthy_limited_requests_total', { service: 'api' }), [refused])
  assert.equal(now.sum('seaworthy_deploys_total', { outcome: 'done' }), 1)

  // A cache that hangs is down with the next beat, an instance that hangs as soon as the gateway sees it.
  const { needs } = await control.call('need.list', {})
  const cachePid = needs.find(({ need }) => need === 'cache')!.pid!
  const [hanging] = (await project.status()).instances
  for (const pid of [cachePid, hanging!.pid!]) process.kill(pid, 'SIGSTOP')
  await until10s('both to be down', (shown) =>
    [
      shown.sum('seaworthy_instance_up', { instance: hanging!.id }) === 0,
      shown.sum('seaworthy_need_up', { need: 'cache' }) === 0,
      shown.values('seaworthy_scrape_up', { source: 'instance-metrics', target: hanging!.id }).includes(0),
    ].every(Boolean),
  )
  assert.equal(now.values('seaworthy_instance_up').length, 2)
  assert.deepEqual(now.values('own_orders_total', { instance: hanging!.id }), [], 'what nobody has measured')
  assert.deepEqual(now.values('seaworthy_scrape_up', { source: 'need', target: 'cache' }), [0])
  assert.deepEqual(now.values('seaworthy_redis_clients'), [])
  assert.deepEqual(now.values('seaworthy_need_up', { need: 'db' }), [1], 'the other one is there all the same')
  for (const pid of [cachePid, hanging!.pid!]) process.kill(pid, 'SIGCONT')
  await until10s('the instance to be back', (shown) => shown.sum('seaworthy_instance_up') === 2)

  // What has ended has no series any more.
  await control.call('service.stop', { service: 'api', held: false, token: null, by: 'test@here' })
  await until(async () => (await project.status()).instances.length === 0, 'the instances to be gone')
  await until10s('their series to be over', (shown) => ids.every((id) => shown.naming(id).length === 0))
})
