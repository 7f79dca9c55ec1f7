import { parse } from 'yaml'
import type { Artefact } from '../family.ts'

const CONTRIB = 'https://github.com/open-telemetry/opentelemetry-collector-contrib/blob/main'
const CORE = 'https://github.com/open-telemetry/opentelemetry-collector/blob/main'
const JAEGER = 'https://github.com/jaegertracing/jaeger/blob/main/cmd/jaeger'
const LOKI = 'https://grafana.com/docs/loki/latest'

/** Keys that a program's own documentation names; '*' is a name of ours, '[]' an entry of a list. */
interface Documented {
  readonly source: string
  readonly keys: readonly string[]
}

const OTLP_RECEIVER: Documented = {
  source: `${CORE}/receiver/otlpreceiver/README.md`,
  keys: ['receivers.otlp.protocols.grpc.endpoint', 'receivers.otlp.protocols.http.endpoint'],
}
const SERVICE: Documented = {
  source: 'https://opentelemetry.io/docs/collector/configuration/#service',
  keys: [
    'service.extensions[]',
    ...['receivers', 'processors', 'exporters'].map((key) => `service.pipelines.*.${key}[]`),
  ],
}
const BATCH: Documented = { source: `${CORE}/processor/batchprocessor/README.md`, keys: ['processors.batch'] }

/**
 * The keys of files whose programs run on no machine of the tests: what is not here is refused before it is written, so that a
 * misspelt key, which some of these programs take for nothing, is found.
 */
export const DOCUMENTED_KEYS: Readonly<Record<string, readonly Documented[]>> = {
  'monitoring/collector/collector.yml': [
    OTLP_RECEIVER,
    SERVICE,
    BATCH,
    {
      source: `${CORE}/processor/memorylimiterprocessor/README.md`,
      keys: ['check_interval', 'limit_mib', 'spike_limit_mib'].map((key) => `processors.memory_limiter.${key}`),
    },
    {
      source: `${CONTRIB}/processor/resourceprocessor/README.md`,
      keys: ['key', 'value', 'action'].map((key) => `processors.resource.attributes[].${key}`),
    },
    {
      source: `${CONTRIB}/processor/tailsamplingprocessor/README.md`,
      keys: [
        'decision_wait',
        'num_traces',
        'policies[].name',
        'policies[].type',
        'policies[].status_code.status_codes[]',
        'policies[].latency.threshold_ms',
        'policies[].probabilistic.sampling_percentage',
      ].map((key) => `processors.tail_sampling.${key}`),
    },
    {
      source: `${CORE}/exporter/otlphttpexporter/README.md`,
      keys: ['exporters.otlp_http/loki.endpoint', 'exporters.otlp_http/jaeger.endpoint'],
    },
    { source: `${CONTRIB}/extension/healthcheckv2extension/README.md`, keys: ['extensions.health_check.endpoint'] },
  ],
  'monitoring/loki/loki.yml': [
    {
      source: 'https://github.com/grafana/loki/blob/main/cmd/loki/loki-local-config.yaml',
      keys: [
        'auth_enabled',
        'server.http_listen_port',
        'common.path_prefix',
        'common.replication_factor',
        'common.ring.kvstore.store',
        'common.storage.filesystem.chunks_directory',
        'common.storage.filesystem.rules_directory',
        ...['from', 'store', 'object_store', 'schema', 'index.prefix', 'index.period'].map(
          (key) => `schema_config.configs[].${key}`,
        ),
        'analytics.reporting_enabled',
      ],
    },
    {
      source: `${LOKI}/operations/storage/retention/`,
      keys: [
        'limits_config.retention_period',
        ...['working_directory', 'retention_enabled', 'delete_request_store'].map((key) => `compactor.${key}`),
      ],
    },
    {
      source: `${LOKI}/send-data/otel/`,
      keys: ['ignore_defaults', 'attributes_config[].action', 'attributes_config[].attributes[]'].map(
        (key) => `limits_config.otlp_config.resource_attributes.${key}`,
      ),
    },
  ],
  'monitoring/jaeger/jaeger.yml': [
    OTLP_RECEIVER,
    SERVICE,
    BATCH,
    {
      source: `${JAEGER}/internal/all-in-one.yaml`,
      keys: [
        'extensions.jaeger_storage.backends.*.memory.max_traces',
        'extensions.jaeger_query.storage.traces',
        'exporters.jaeger_storage_exporter.trace_storage',
      ],
    },
    {
      source: `${JAEGER}/internal/extension/jaegerquery/config.schema.yaml`,
      keys: ['extensions.jaeger_query.http.endpoint'],
    },
    {
      source: `${CONTRIB}/extension/healthcheckv2extension/README.md`,
      keys: ['extensions.healthcheckv2.use_v2', 'extensions.healthcheckv2.http.endpoint'],
    },
  ],
}

/** Keys of the files that their programs' documentation does not name, and files that are not known at all. */
export function undocumentedKeysIn(files: readonly Pick<Artefact, 'path' | 'text'>[]): readonly string[] {
  return Object.entries(DOCUMENTED_KEYS).flatMap(([path, documented]) => {
    const file = files.find((each) => each.path === path)
    if (file === undefined) return [`${path} is not written any more`]
    const known = documented.flatMap(({ keys }) => keys.map(patternOf))
    return keysOf(parse(file.text))
      .filter((key) => !known.some((pattern) => pattern.test(key)))
      .map((key) => `${path}: ${key} is in no documentation that we know of`)
  })
}

function patternOf(key: string): RegExp {
  const literal = key.replaceAll(/[.[\]]/g, String.raw`\$&`).replaceAll('*', '[^.]+')
  return new RegExp(`^${literal}$`)
}

/** The way to each value of a parsed file: 'a.b[].c'; an empty map ends one as well. */
function keysOf(value: unknown, way = ''): readonly string[] {
  if (Array.isArray(value)) return [...new Set(value.flatMap((entry) => keysOf(entry, `${way}[]`)))]
  const entries = typeof value === 'object' && value !== null ? Object.entries(value) : []
  if (entries.length === 0) return [way]
  return entries.flatMap(([key, held]) => keysOf(held, way === '' ? key : `${way}.${key}`))
}
