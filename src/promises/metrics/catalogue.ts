import { seriesNames, type Metric, type Producer } from './metric.ts'

/**
 * Every metric of Seaworthy's own: what is not here is not exported, and no rule or panel of ours may name it. The
 * instances' own metrics come beside them under the names their programs gave them.
 */
export const METRICS: readonly Metric[] = [
  ...of('gateway', [
    ['seaworthy_requests_total', ['service', 'release', 'status'], 'Requests answered, by class of status.'],
    [
      'seaworthy_request_duration_seconds',
      ['service', 'release'],
      'From the request to the end of its answer.',
      'histogram',
    ],
    ['seaworthy_watched_requests_total', ['watch', 'service', 'status'], 'Requests that a promise or a rule is about.'],
    [
      'seaworthy_watched_duration_seconds',
      ['watch', 'service'],
      'Their duration, with a bucket at exactly each limit.',
      'histogram',
    ],
    ['seaworthy_retries_total', ['service', 'release'], 'Requests sent once more to another instance.'],
    ['seaworthy_unrouted_requests_total', [], 'Requests that no route or no instance took.'],
    ['seaworthy_limited_requests_total', ['service'], 'Requests refused because of a limit.'],
    [
      'seaworthy_security_events_total',
      ['class'],
      'Security events: attacks by their class, all others by their kind.',
    ],
    ['seaworthy_failed_logins_total', ['service'], 'Logins that the service has refused.'],
    ['seaworthy_websockets_opened_total', ['service', 'release'], 'WebSockets opened.'],
    ['seaworthy_gateway_connections', [], 'Open connections of clients.'],
    ['seaworthy_gateway_requests', [], 'Requests in flight.'],
    ['seaworthy_gateway_workers', [], 'Workers that take requests.'],
    ['seaworthy_gateway_up', ['gateway'], '1 while a gateway that runs elsewhere is connected.'],
  ]),
  ...of('instance', [
    ['seaworthy_instance_up', ['service', 'instance'], '1 while it answers: by its probe or by what the gateway sees.'],
    ['seaworthy_instance_cpu_seconds_total', ['service', 'instance'], 'CPU time of its processes.'],
    ['seaworthy_instance_cpu_limit', ['service', 'instance'], 'Cores it may use.'],
    ['seaworthy_instance_memory_bytes', ['service', 'instance'], 'Resident memory of its processes.'],
    ['seaworthy_instance_memory_limit_bytes', ['service', 'instance'], 'Memory it may use.'],
    ['seaworthy_instance_descriptors', ['service', 'instance'], 'Open file descriptors.'],
    ['seaworthy_instance_descriptors_limit', ['service', 'instance'], 'File descriptors it may open.'],
    ['seaworthy_instance_restarts_total', ['service', 'instance'], 'Times it was started again.'],
    ['seaworthy_service_instances', ['service'], 'Instances that take traffic.'],
    ['seaworthy_service_instances_wanted', ['service'], 'Instances there should be; 0 while it is stopped on purpose.'],
    ['seaworthy_service_queue', ['service'], 'What waits, by the metric the service is scaled by.'],
  ]),
  ...of('need', [
    ['seaworthy_need_up', ['need', 'kind'], '1 while a query is answered.'],
    ['seaworthy_postgres_connections', ['need'], 'Connections in use.'],
    ['seaworthy_postgres_connections_limit', ['need'], 'max_connections less what is reserved.'],
    ['seaworthy_postgres_longest_statement_seconds', ['need'], 'Age of the longest running statement.'],
    ['seaworthy_postgres_deadlocks_total', ['need'], 'Deadlocks.'],
    ['seaworthy_postgres_block_hits_total', ['need'], 'Blocks found in the cache.'],
    ['seaworthy_postgres_block_reads_total', ['need'], 'Blocks that had to be read.'],
    ['seaworthy_postgres_database_bytes', ['need'], 'Size of the database.'],
    ['seaworthy_redis_memory_bytes', ['need'], 'Memory in use.'],
    ['seaworthy_redis_memory_limit_bytes', ['need'], 'maxmemory; absent where there is none.'],
    ['seaworthy_redis_hits_total', ['need'], 'Keys found.'],
    ['seaworthy_redis_misses_total', ['need'], 'Keys not found.'],
    ['seaworthy_redis_clients', ['need'], 'Connected clients.'],
  ]),
  ...of('host', [
    ['seaworthy_host_cpu_seconds_total', ['mode'], 'CPU time, by mode.'],
    ['seaworthy_host_cpu_cores', [], 'Cores.'],
    ['seaworthy_host_load', [], 'Load average of one minute.'],
    ['seaworthy_host_memory_bytes', [], 'Memory.'],
    ['seaworthy_host_memory_available_bytes', [], 'Memory that could be had.'],
    ['seaworthy_host_swap_bytes', [], 'Swap.'],
    ['seaworthy_host_swap_used_bytes', [], 'Swap in use.'],
    ['seaworthy_host_disk_bytes', ['mount'], 'Size of a file system.'],
    ['seaworthy_host_disk_available_bytes', ['mount'], 'What is left of it for users.'],
    ['seaworthy_host_inodes', ['mount'], 'Inodes of a file system.'],
    ['seaworthy_host_inodes_free', ['mount'], 'Inodes that are free.'],
    ['seaworthy_host_descriptors', [], 'Open files of the whole machine.'],
    ['seaworthy_host_descriptors_limit', [], 'Files that may be open.'],
    ['seaworthy_host_network_bytes_total', ['device', 'direction'], 'Bytes through a network device.'],
    ['seaworthy_host_network_errors_total', ['device', 'direction'], 'Packets with errors.'],
    ['seaworthy_host_network_drops_total', ['device', 'direction'], 'Packets dropped.'],
  ]),
  ...of('certificate', [
    ['seaworthy_certificate_expires_timestamp_seconds', ['name'], 'When the certificate in use expires.'],
  ]),
  ...of('backup', [
    ['seaworthy_backup_newest_timestamp_seconds', ['need'], 'The newest point that can be restored to.'],
    ['seaworthy_backup_verified_timestamp_seconds', ['need'], 'The newest point that a restore has shown.'],
  ]),
  ...of('control', [
    ['seaworthy_scrape_up', ['source', 'target'], '1 when the last collection of this target worked.'],
    ['seaworthy_scrape_duration_seconds', ['source', 'target'], 'How long the last collection took.'],
    ['seaworthy_heartbeat_timestamp_seconds', [], 'When the rules were last evaluated.'],
    ['seaworthy_deploys_total', ['outcome'], 'Deploys that ended.'],
    ['seaworthy_release_live', ['service', 'release'], '1 for the release that is live.'],
    ['seaworthy_notifications_total', ['channel', 'outcome'], 'Messages of alerts: sent, and tries that failed.'],
    ['seaworthy_series', [], 'Series in the store.'],
    ['seaworthy_samples_dropped_total', ['reason'], 'Samples that a bound kept out.'],
    ['seaworthy_log_lines_dropped_total', ['reason'], 'Lines that a bound kept out.'],
  ]),
]

const BY_SERIES: ReadonlyMap<string, Metric> = new Map(
  METRICS.flatMap((metric) => seriesNames(metric).map((name): [string, Metric] => [name, metric])),
)

/** The metric that a series belongs to: `…_bucket` is of its histogram. Null: none of ours. */
export function metricOf(series: string): Metric | null {
  return BY_SERIES.get(series) ?? null
}

type Row = readonly [name: string, labels: readonly string[], help: string, type?: 'histogram']

/** Type and unit are told by the name, so that they cannot disagree with it. */
function of(producer: Producer, rows: readonly Row[]): readonly Metric[] {
  return rows.map(([name, labels, help, type]) => ({
    name,
    type: type ?? (name.endsWith('_total') ? 'counter' : 'gauge'),
    unit: /_seconds(?:_total)?$/.test(name) ? 'seconds' : /_bytes(?:_total)?$/.test(name) ? 'bytes' : null,
    labels,
    help,
    producer,
    ...(producer === 'backup' ? { from: 'backups' } : {}),
  }))
}
