/** Every built-in rule over series just beyond its threshold, and just within it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkConfig, resolveEnvironment } from '../../../config/index.ts'
import type { Labels } from '../../../core/series/labels.ts'
import { SCRAPE_MS } from '../../../core/series/series.ts'
import { builtInRules } from '../../../promises/built-in/rules.ts'
import { MemoryStore } from '../../series/memory-store.ts'

const APP = {
  name: 'shop',
  needs: { db: { kind: 'postgres' }, cache: { kind: 'redis', role: 'cache' } },
  services: {
    api: {
      start: 'node main.ts',
      routes: ['/'],
      uses: { db: 'required', cache: 'optional' },
      scale: { min: 1, max: 3, queue: { metric: 'jobs', target: 10 } },
    },
  },
  gateway: { listen: { https: 8443 }, tls: 'self-signed' },
  backups: { db: { to: ['file:backups'] } },
  environments: { local: { target: 'process' } },
} as const
const rules = builtInRules(resolveEnvironment(checkConfig(APP, '/app/seaworthy.config.ts'), 'local'))

const NOW_MS = Date.UTC(2026, 10, 21, 12)
const DAY_S = 86_400
/** Long enough for the longest window below, but for that of a week. */
const BEATS = 8 * 360

interface Shown {
  readonly metric: string
  readonly labels: Labels
  readonly at: (secondsAgo: number) => number | null
}
const gauge = (metric: string, value: number, labels: Labels = {}): Shown => ({ metric, labels, at: () => value })
/** Grew by so much a second for the last `forS` seconds, and not at all before. */
const counter = (metric: string, perSecond: number, labels: Labels = {}, forS = 600): Shown => ({
  metric,
  labels,
  at: (ago) => 1_000 + perSecond * Math.max(0, forS - ago),
})

/** Grew by ten in all until so many seconds ago, and not since. */
const stepped = (metric: string, labels: Labels, untilS: number): Shown => ({
  metric,
  labels,
  at: (ago) => 1_000 + Math.min(10, Math.max(0, Math.floor((untilS + 250 - ago) / 25))),
})

const API = { service: 'api' }
const INSTANCE = { service: 'api', instance: 'api-1' }
const DB = { need: 'db', kind: 'postgres' }
const watched = { watch: 'service/api', service: 'api' }
const requests = (ok: number, failed: number): readonly Shown[] => [
  counter('seaworthy_watched_requests_total', ok, { ...watched, status: '2xx' }),
  counter('seaworthy_watched_requests_total', failed, { ...watched, status: '5xx' }),
]
/** So many a second in all, and within 1 s, 2 s and 5 s. */
const durations = (all: number, ...within: readonly number[]): readonly Shown[] => [
  counter('seaworthy_watched_duration_seconds_count', all, watched),
  ...['1', '2', '5'].map((le, index) =>
    counter('seaworthy_watched_duration_seconds_bucket', within[index]!, { ...watched, le }),
  ),
]
const used = (share: number, limit: string, free: string, labels: Labels = {}): readonly Shown[] => [
  gauge(`seaworthy_host_${limit}`, 1_000, labels),
  gauge(`seaworthy_host_${free}`, 1_000 * (1 - share), labels),
]
const share = (of: string, limit: string, value: number, labels: Labels): readonly Shown[] => [
  gauge(`seaworthy_${of}`, value * 1_000, labels),
  gauge(`seaworthy_${limit}`, 1_000, labels),
]
const epochS = NOW_MS / 1_000
const ROOT = { mount: '/' }
const ETH = { device: 'eth0', direction: 'in' }

/** What is shown → the rules that hold then. */
const CASES: readonly (readonly [shown: readonly Shown[], holding: readonly string[]])[] = [
  [requests(99.4, 0.6), ['HighErrorRatio']],
  [requests(99.6, 0.4), []],
  // Who left by himself is no request that was answered well.
  [
    [
      ...requests(99.4, 0.6),
      ...['client-gone', 'unanswered'].map((status) =>
        counter('seaworthy_watched_requests_total', 50, { ...watched, status }),
      ),
    ],
    ['HighErrorRatio'],
  ],
  [requests(94, 6), ['CriticalErrorRatio', 'HighErrorRatio']],
  // 18 requests in five minutes, all failed.
  [requests(0, 0.06), []],
  [durations(10, 9.4, 9.6, 10), ['SlowAnswers']],
  [durations(10, 9.6, 10, 10), []],
  [durations(10, 9.3, 9.4, 10), ['SlowAnswers', 'VerySlowAnswers']],
  [durations(10, 9.6, 9.7, 9.8), ['SlowestAnswers']],
  [[counter('seaworthy_limited_requests_total', 1.1, API)], ['ManyRequestsRefused']],
  [[counter('seaworthy_limited_requests_total', 0.9, API)], []],
  [[gauge('seaworthy_instance_up', 0, INSTANCE)], ['InstanceDown', 'ServiceDown']],
  [
    [gauge('seaworthy_instance_up', 0, INSTANCE), gauge('seaworthy_instance_up', 1, { ...API, instance: 'api-2' })],
    ['InstanceDown'],
  ],
  [
    [gauge('seaworthy_service_instances', 1, API), gauge('seaworthy_service_instances_wanted', 2, API)],
    ['InstancesMissing'],
  ],
  [[gauge('seaworthy_service_instances', 2, API), gauge('seaworthy_service_instances_wanted', 2, API)], []],
  [[counter('seaworthy_instance_restarts_total', 0.007, INSTANCE, 1_000)], ['RestartingOften']],
  [[counter('seaworthy_instance_restarts_total', 0.005, INSTANCE, 1_000)], []],
  // Ten times, the last of them 310 and 270 s ago.
  [[stepped('seaworthy_instance_restarts_total', INSTANCE, 310)], []],
  [[stepped('seaworthy_instance_restarts_total', INSTANCE, 270)], ['RestartingOften']],
  [
    [
      counter('seaworthy_instance_cpu_seconds_total', 0.41, INSTANCE),
      gauge('seaworthy_instance_cpu_limit', 0.5, INSTANCE),
    ],
    ['InstanceCpuHigh'],
  ],
  [
    [
      counter('seaworthy_instance_cpu_seconds_total', 0.39, INSTANCE),
      gauge('seaworthy_instance_cpu_limit', 0.5, INSTANCE),
    ],
    [],
  ],
  [share('instance_memory_bytes', 'instance_memory_limit_bytes', 0.86, INSTANCE), ['InstanceMemoryHigh']],
  [
    share('instance_memory_bytes', 'instance_memory_limit_bytes', 0.91, INSTANCE),
    ['InstanceMemoryCritical', 'InstanceMemoryHigh'],
  ],
  [share('instance_memory_bytes', 'instance_memory_limit_bytes', 0.84, INSTANCE), []],
  [share('instance_descriptors', 'instance_descriptors_limit', 0.81, INSTANCE), ['InstanceDescriptorsHigh']],
  [[gauge('seaworthy_service_queue', 21, API), gauge('seaworthy_service_instances', 2, API)], ['QueueGrows']],
  [[gauge('seaworthy_service_queue', 20, API), gauge('seaworthy_service_instances', 2, API)], []],
  [[gauge('seaworthy_service_queue', 1_001, API)], ['QueueVeryLong']],
  [
    [
      counter('seaworthy_host_cpu_seconds_total', 1.7, { mode: 'user' }),
      counter('seaworthy_host_cpu_seconds_total', 0.3, { mode: 'idle' }),
      gauge('seaworthy_host_cpu_cores', 2),
    ],
    ['HostCpuHigh'],
  ],
  [[gauge('seaworthy_host_load', 4.1), gauge('seaworthy_host_cpu_cores', 2)], ['HostLoadHigh']],
  [[gauge('seaworthy_host_load', 3.9), gauge('seaworthy_host_cpu_cores', 2)], []],
  [used(0.86, 'memory_bytes', 'memory_available_bytes'), ['HostMemoryHigh']],
  [used(0.91, 'memory_bytes', 'memory_available_bytes'), ['HostMemoryCritical', 'HostMemoryHigh']],
  [share('host_swap_used_bytes', 'host_swap_bytes', 0.11, {}), ['HostSwapUsed']],
  [share('host_swap_used_bytes', 'host_swap_bytes', 0.09, {}), []],
  // No swap at all is 0/0.
  [[gauge('seaworthy_host_swap_used_bytes', 0), gauge('seaworthy_host_swap_bytes', 0)], []],
  [used(0.86, 'disk_bytes', 'disk_available_bytes', ROOT), ['DiskFilling']],
  [used(0.91, 'disk_bytes', 'disk_available_bytes', ROOT), ['DiskAlmostFull', 'DiskFilling']],
  [used(0.84, 'disk_bytes', 'disk_available_bytes', ROOT), []],
  [used(0.81, 'inodes', 'inodes_free', ROOT), ['InodesFilling']],
  [share('host_descriptors', 'host_descriptors_limit', 0.81, {}), ['HostDescriptorsHigh']],
  [[counter('seaworthy_host_network_errors_total', 2, ETH, 300)], ['NetworkErrors']],
  // As always.
  [[counter('seaworthy_host_network_errors_total', 2, ETH, 30_000)], []],
  [[counter('seaworthy_host_network_drops_total', 2, ETH, 300)], ['NetworkDrops']],
  [[gauge('seaworthy_need_up', 0, DB)], ['NeedDown']],
  [[gauge('seaworthy_need_up', 1, DB)], []],
  [[gauge('seaworthy_need_up', 0, { need: 'cache', kind: 'redis' })], ['OptionalNeedDown']],
  [share('postgres_connections', 'postgres_connections_limit', 0.81, DB), ['PostgresConnectionsHigh']],
  [share('postgres_connections', 'postgres_connections_limit', 0.79, DB), []],
  [[gauge('seaworthy_postgres_longest_statement_seconds', 301, DB)], ['PostgresLongStatement']],
  [[gauge('seaworthy_postgres_longest_statement_seconds', 299, DB)], []],
  [[counter('seaworthy_postgres_deadlocks_total', 0.1, DB, 20)], ['PostgresDeadlock']],
  [[counter('seaworthy_postgres_deadlocks_total', 0, DB)], []],
  [
    [counter('seaworthy_postgres_block_hits_total', 94, DB), counter('seaworthy_postgres_block_reads_total', 6, DB)],
    ['PostgresCacheHitsLow'],
  ],
  [
    [
      counter('seaworthy_postgres_block_hits_total', 0.94, DB),
      counter('seaworthy_postgres_block_reads_total', 0.06, DB),
    ],
    [],
  ],
  [share('redis_memory_bytes', 'redis_memory_limit_bytes', 0.81, { need: 'cache' }), ['RedisMemoryHigh']],
  [
    share('redis_memory_bytes', 'redis_memory_limit_bytes', 0.91, { need: 'cache' }),
    ['RedisMemoryCritical', 'RedisMemoryHigh'],
  ],
  [
    [
      counter('seaworthy_redis_hits_total', 7.9, { need: 'cache' }),
      counter('seaworthy_redis_misses_total', 2.1, { need: 'cache' }),
    ],
    ['CacheHitsLow'],
  ],
  [
    [gauge('seaworthy_certificate_expires_timestamp_seconds', epochS + 29 * DAY_S, { name: 'a' })],
    ['CertificateExpiresSoon'],
  ],
  [[gauge('seaworthy_certificate_expires_timestamp_seconds', epochS + 31 * DAY_S, { name: 'a' })], []],
  [
    [gauge('seaworthy_certificate_expires_timestamp_seconds', epochS + 6 * DAY_S, { name: 'a' })],
    ['CertificateExpires', 'CertificateExpiresSoon'],
  ],
  [[gauge('seaworthy_backup_newest_timestamp_seconds', epochS - 7.1 * 3_600, DB)], ['BackupOld']],
  [[gauge('seaworthy_backup_newest_timestamp_seconds', epochS - 6.9 * 3_600, DB)], []],
  [[gauge('seaworthy_backup_newest_timestamp_seconds', epochS - 24.1 * 3_600, DB)], ['BackupOld', 'BackupVeryOld']],
  [[counter('seaworthy_failed_logins_total', 0.04, API)], ['FailedLogins']],
  [[counter('seaworthy_failed_logins_total', 0.03, API)], []],
  [[counter('seaworthy_failed_logins_total', 21, API)], ['FailedLogins', 'FailedLoginsFlood']],
  [[counter('seaworthy_security_events_total', 101, { class: 'sqli' })], ['AttackFlood']],
  [[counter('seaworthy_security_events_total', 99, { class: 'sqli' })], []],
  [[gauge('seaworthy_heartbeat_timestamp_seconds', epochS - 61)], ['HeartbeatMissed']],
  [[gauge('seaworthy_heartbeat_timestamp_seconds', epochS - 59)], []],
  [[gauge('seaworthy_scrape_up', 0, { source: 'need', target: 'db' })], ['ScrapeFailing']],
  [
    [counter('seaworthy_notifications_total', 0.1, { channel: 'ops', outcome: 'failed' }, 20)],
    ['NotificationsFailing'],
  ],
  [[counter('seaworthy_notifications_total', 0.1, { channel: 'ops', outcome: 'sent' }, 20)], []],
]

async function holdingOver(shown: readonly Shown[]): Promise<readonly string[]> {
  const store = new MemoryStore()
  for (const { metric, labels, at } of shown) {
    for (let n = BEATS; n >= 0; n--) {
      const value = at((n * SCRAPE_MS) / 1_000)
      store.append([{ metric, labels, atMs: NOW_MS - n * SCRAPE_MS, value }])
    }
  }
  const held = await Promise.all(
    rules.map(async ({ name, expression }) => ((await store.instant(expression, NOW_MS)).length > 0 ? [name] : [])),
  )
  return held.flat().toSorted()
}

void test('every rule holds beyond its threshold and does not within it', async () => {
  for (const [shown, holding] of CASES) {
    const what = shown.map(({ metric, at }) => `${metric} ${at(0)}`).join(', ')
    assert.deepEqual(await holdingOver(shown), holding, what)
  }
})

void test('no rule is left out here; the one of a week ago is tried below', () => {
  const tried = new Set(CASES.flatMap(([, holding]) => holding))
  assert.deepEqual(
    rules.map(({ name }) => name).filter((name) => !tried.has(name)),
    ['FewRequests'],
  )
})

void test('few requests are few against the same half hour a week ago', async () => {
  const rule = rules.find(({ name }) => name === 'FewRequests')!
  const WEEK_MS = 7 * DAY_S * 1_000
  const holds = async (before: number, now: number): Promise<boolean> => {
    const store = new MemoryStore()
    for (const [endMs, perBeat] of [
      [NOW_MS - WEEK_MS, before],
      [NOW_MS, now],
    ] as const) {
      for (let n = 200; n >= 0; n--) {
        const labels = { ...watched, status: '2xx' }
        const value = (200 - n) * perBeat
        store.append([{ metric: 'seaworthy_watched_requests_total', labels, atMs: endMs - n * SCRAPE_MS, value }])
      }
    }
    return (await store.instant(rule.expression, NOW_MS)).length > 0
  }
  assert.equal(await holds(100, 9), true)
  assert.equal(await holds(100, 11), false)
  assert.equal(await holds(1, 0), false, 'what is always quiet')
})
