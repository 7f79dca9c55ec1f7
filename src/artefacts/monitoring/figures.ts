import { parse } from 'yaml'
import type { Artefact, Figure } from '../family.ts'

/** Why each number of a file is what it is, by its key: '*' is a name, '[]' each entry of a list. The first that fits says it. */
const REASONS: readonly (readonly [file: RegExp, reasons: Readonly<Record<string, string>>])[] = [
  [
    /\/prometheus\.yml$/,
    {
      'global.scrape_interval': 'as often as control collects: figures.scrape',
      'global.evaluation_interval': 'as often as control evaluates: figures.scrape',
      'global.scrape_timeout': 'half of the interval: a slow answer must not push the next one away',
    },
  ],
  [
    /\/alertmanager\.yml$/,
    {
      'global.resolve_timeout': 'for senders that name no end; Prometheus names one, so it decides nothing here',
      'route.group_wait': "Alertmanager's own: a ticket can wait for others of its group",
      'route.group_interval': 'what joins a group is told within a minute',
      'route.repeat_interval': 'what lasts is told again',
      'route.routes[].group_wait': 'the watchdog waits for nobody',
      'route.routes[].group_interval': 'the watchdog is told each minute: its watcher misses it soon',
      'route.routes[].repeat_interval':
        'each minute, counted from the moment it was told: just below the interval at which it is looked',
      'route.routes[].routes[].group_wait': 'a page: figures.group-wait, and a part of the time until somebody knows',
      'route.routes[].routes[].repeat_interval': 'a page that lasts is told again every 5 min: just below five looks',
      'time_intervals[].time_intervals[].*[]': 'alerts.maintenance, in UTC, a part for each day',
    },
  ],
  [/\/grafana\/provisioning\//, { apiVersion: "the version of Grafana's format" }],
  [
    /\/collector\.yml$/,
    {
      'processors.memory_limiter.check_interval': 'what its documentation recommends',
      'processors.memory_limiter.limit_mib':
        'its heap within mem_limit of compose.telemetry.yml, with room for what is beside the heap',
      'processors.memory_limiter.spike_limit_mib': 'what may come between two checks',
      'processors.tail_sampling.decision_wait': 'a trace is judged that long after its first span',
      'processors.tail_sampling.num_traces': "the processor's own bound of what waits to be judged",
      'processors.tail_sampling.policies[].latency.threshold_ms':
        'the built-in alerts call answers slow from there on: figures.built-in-bounds',
      'processors.tail_sampling.policies[].probabilistic.sampling_percentage':
        'one in ten of what neither failed nor was slow',
    },
  ],
  [
    /\/loki\.yml$/,
    {
      'server.http_listen_port': "Loki's usual port",
      'common.replication_factor': 'there is one Loki',
      'schema_config.configs[].index.period': 'retention works by the day alone',
      'limits_config.retention_period': 'as long as control keeps lines: 30 d',
    },
  ],
  [
    /\/jaeger\.yml$/,
    { 'extensions.jaeger_storage.backends.*.memory.max_traces': 'the bound of its memory: the oldest go' },
  ],
  [
    /\/compose[^/]*\.yml$/,
    {
      'services.*.pids_limit': 'a bound: none of these programs starts others',
      'services.*.mem_limit': 'a bound: a program that leaks ends before the machine does',
      'services.*.logging.options.max-size': 'a bound of its own lines on the disk, with max-file',
      'services.*.logging.options.max-file': 'a bound of its own lines on the disk, with max-size',
      'services.*.healthcheck.interval': 'asked as often as control asks its needs',
      'services.*.healthcheck.timeout': 'a third of the interval',
      'services.*.healthcheck.retries': 'a minute without an answer, with the interval',
      'services.grafana.environment.GF_SERVER_HTTP_PORT': "Grafana's usual port",
    },
  ],
]

const NUMBER = /^\d+(?:\.\d+)?(?:ms|[smhdwk])?$/

/** The numbers of a configuration file with their reasons; null where nobody wrote one down. Rules are explained by their alerts. */
export function figuresIn({ path, text }: Pick<Artefact, 'path' | 'text'>): readonly Figure[] {
  if (!path.endsWith('.yml') || /\/(?:rules|tests)\//.test(path)) return []
  const reasons = REASONS.filter(([file]) => file.test(path)).flatMap(([, each]) => Object.entries(each))
  return numbersOf(parse(text)).map(([key, value]) => ({
    key,
    value,
    why: reasons.find(([pattern]) => fits(pattern, key))?.[1] ?? null,
  }))
}

function fits(pattern: string, key: string): boolean {
  const literal = pattern.replaceAll(/[.[\]]/g, String.raw`\$&`).replaceAll('*', String.raw`[^.[]+`)
  return new RegExp(`^${literal}$`).test(key)
}

/** Each key once with its values, as they are written. */
function numbersOf(value: unknown): readonly (readonly [key: string, value: string])[] {
  const found = Map.groupBy(leavesOf(value, ''), ([key]) => key)
  return [...found].map(([key, leaves]) => [key, [...new Set(leaves.map(([, each]) => each))].join(', ')])
}

function leavesOf(value: unknown, way: string): readonly (readonly [key: string, value: string])[] {
  if (Array.isArray(value)) return value.flatMap((entry) => leavesOf(entry, `${way}[]`))
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).flatMap(([key, held]) => leavesOf(held, way === '' ? key : `${way}.${key}`))
  return typeof value === 'number' || (typeof value === 'string' && NUMBER.test(value)) ? [[way, String(value)]] : []
}
