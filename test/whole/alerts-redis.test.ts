/**
 * A cache that fills up and has nothing of what it is asked for, and a queue that nobody takes from: each is told while it lasts
 * and over after it. Windows and waits are a twentieth of what they are (never below three collections), thresholds as they are.
 */
import assert from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { startTraffic, watchAlerts } from '../support/alert-watch.ts'
import { TestProject, until } from '../support/project.ts'
import { startRedis } from '../support/redis-server.ts'
import { command } from '../support/servers.ts'

const FACTOR = '0.05'
const WITHIN_MS = 120_000
const MEBIBYTE = 1024 * 1024
/** What the cache may use; an empty Redis takes about one of them. */
const CACHE_BYTES_MAX = 32 * MEBIBYTE
/** Ten requests a second that read so much are far more than the 1,000 lookups that a share asks for. */
const READS = 20
/** An instance has them to do all the time: fewer than the ten at which a queue grows. */
const BACKLOG = 8
const JOBS = 1_500

const REDIS = import.meta.resolve('@redis/client')
/** Reads keys for each request, whether they are there or not. */
const READER = `
  import { createServer } from 'node:http'
  import { createClient } from '${REDIS}'
  const cache = createClient({ url: process.env.CACHE_URL, RESP: 2 })
  cache.on('error', () => {})
  await cache.connect()
  const keys = Array.from({ length: ${READS} }, (_, n) => 'key' + n)
  createServer(async (request, response) => {
    if (request.url === '/') await cache.mGet(keys)
    response.end('ok')
  }).listen(process.env.PORT, '127.0.0.1')`
/** Does what waits in its queue down to the last $BACKLOG, unless it is stuck, and says how many wait. */
const WORKER = `
  import { existsSync } from 'node:fs'
  import { createServer } from 'node:http'
  import { createClient } from '${REDIS}'
  const jobs = createClient({ url: process.env.JOBS_URL, RESP: 2 })
  jobs.on('error', () => {})
  await jobs.connect()
  setInterval(async () => {
    const waiting = await jobs.lLen('jobs')
    if (waiting > ${BACKLOG} && !existsSync(process.env.STUCK_FILE)) await jobs.rPopCount('jobs', Math.min(100, waiting - ${BACKLOG}))
  }, 100)
  createServer(async (request, response) => {
    response.end(request.url === '/metrics' ? '# TYPE jobs_waiting gauge\\njobs_waiting ' + (await jobs.lLen('jobs')) + '\\n' : 'ok')
  }).listen(process.env.PORT, '127.0.0.1')`

const health = { ready: '/health', interval: '1s', deadline: '20s' }
const configOf = (stuckFile: string): object => ({
  name: 'shop',
  needs: {
    cache: { kind: 'redis', role: 'cache', url: 'CACHE_URL' },
    jobs: { kind: 'redis', url: 'JOBS_URL' },
  },
  services: {
    api: { start: 'node reader.mjs', routes: ['/'], health, uses: { cache: 'required' } },
    worker: {
      start: 'node worker.mjs',
      health,
      env: { STUCK_FILE: stuckFile },
      uses: { jobs: 'required' },
      scale: { min: 1, max: 2, queue: { metric: 'jobs_waiting', target: 100 } },
    },
  },
  gateway: { listen: { http: 0 }, accessLog: false },
  environments: { local: { target: 'process', watch: { for: '1s' }, drain: '1s' } },
})

const RULES = ['RedisMemoryHigh', 'RedisMemoryCritical', 'CacheHitsLow', 'QueueGrows', 'QueueVeryLong']

void test('a cache that is full, one that has nothing, and a queue that grows are told of, and over after it', async (t) => {
  t.diagnostic(`windows and waits times ${FACTOR}`)
  await using cache = await startRedis({ keeps: false })
  await using jobs = await startRedis({ keeps: false })
  await using project = new TestProject({}, { 'reader.mjs': READER, 'worker.mjs': WORKER })
  const stuckFile = join(project.folder, '.seaworthy', 'stuck')
  project.configure(configOf(stuckFile))
  const ask = (...words: [string, ...string[]]) => command(cache.url, ...words)
  const keys = Array.from({ length: READS }, (_, n) => `key${n}`)
  const warm = () => ask('MSET', ...keys.flatMap((key) => [key, 'value']))
  const push = (count: number) =>
    command(jobs.url, 'LPUSH', 'jobs', ...Array.from({ length: count }, (_, n) => `job${n}`))
  /** Values of a MiB each, until this share of what it may use is in use. */
  const fill = async (share: number): Promise<void> => {
    for (let n = 0; (await usedBytes(cache.url)) < share * CACHE_BYTES_MAX; n++)
      await ask('APPEND', `page${n % 8}`, 'x'.repeat(MEBIBYTE / 4))
  }
  await ask('CONFIG', 'SET', 'maxmemory', String(CACHE_BYTES_MAX))
  await warm()
  await push(BACKLOG)
  await project.must(['up', '--detach'], {
    CACHE_URL: cache.url,
    JOBS_URL: jobs.url,
    SEAWORTHY_ALERT_WINDOWS: FACTOR,
  })
  const alerts = watchAlerts(project, t)
  const valueOf = async (query: string): Promise<number | null> => {
    const { values } = await project.control.call('series.query', { query, at: null })
    return values.length === 0 ? null : Number(values[0]!.value)
  }

  // The same load on a cache that has it all, and a queue that is worked at: nothing of it is worth a word.
  using traffic = startTraffic(await project.port())
  const asked = async (): Promise<boolean> =>
    ((await valueOf('increase(seaworthy_redis_hits_total{need="cache"}[30s])')) ?? 0) > 1_000
  await until(asked, 'lookups enough to judge by', WITHIN_MS, 500)
  assert.equal(await valueOf('seaworthy_service_queue{service="worker"}'), BACKLOG)
  await alerts.quiet(RULES)

  const at = Date.now()
  writeFileSync(stuckFile, '')
  await Promise.all([ask('DEL', ...keys), push(JOBS), fill(0.85)])
  await alerts.fires(['RedisMemoryHigh', 'CacheHitsLow', 'QueueGrows', 'QueueVeryLong'], at)
  assert.notEqual(await alerts.stateOf('RedisMemoryCritical'), 'firing', 'at 85 %')
  assert.equal((await alerts.of('QueueGrows'))?.held?.stage, 'inhibit', 'a queue that is very long has grown')
  assert.deepEqual((await alerts.of('CacheHitsLow'))?.labels['need'], 'cache')

  const fuller = Date.now()
  await fill(0.95)
  await alerts.fires(['RedisMemoryCritical'], fuller)
  assert.equal((await alerts.of('RedisMemoryHigh'))?.held?.stage, 'inhibit')
  assert.equal(await alerts.stateOf('RedisMemoryHigh', { need: 'jobs' }), 'none', 'nothing limits the other one')

  const over = Date.now()
  rmSync(stuckFile)
  await ask('FLUSHALL')
  await warm()
  await alerts.ends(RULES, over)
  traffic.stop()
  assert.equal(await command(jobs.url, 'LLEN', 'jobs'), BACKLOG, 'by work that was done')
})

async function usedBytes(url: string): Promise<number> {
  return Number(/^used_memory:(\d+)/m.exec(String(await command(url, 'INFO', 'memory')))![1])
}
