import type { ResolvedApp } from '../../config/resolved.ts'
import type { Artefact } from '../family.ts'
import { yamlSections } from '../yaml.ts'
import { PORTS } from './places.ts'

/** How long logs are kept: as long as control keeps them. */
const RETENTION = '720h'
/** Traces of requests that take longer are kept, beside those that failed. */
const SLOW_MS = 1_000

/** What takes logs and traces, and where they go: the collector, Loki and Jaeger. */
export function telemetryFiles({ environment }: Pick<ResolvedApp, 'environment'>): readonly Artefact[] {
  const because = [{ what: 'service.pipelines', from: `environments.${environment}` }]
  return [
    { path: 'monitoring/collector/collector.yml', text: collector(), comment: '#', because },
    { path: 'monitoring/loki/loki.yml', text: loki(), comment: '#', because },
    { path: 'monitoring/jaeger/jaeger.yml', text: jaeger(), comment: '#', because },
  ]
}

function collector(): string {
  return yamlSections([
    {
      about:
        'OTLP from the gateway and the services. Lines that instances print come from control itself, without the values of secrets.',
      value: {
        receivers: {
          otlp: { protocols: { grpc: { endpoint: '0.0.0.0:4317' }, http: { endpoint: '0.0.0.0:4318' } } },
        },
      },
    },
    {
      about: 'Of traces those are kept that failed or were slow, and one in ten of the rest.',
      value: {
        processors: {
          memory_limiter: { check_interval: '1s', limit_mib: 400, spike_limit_mib: 100 },
          resource: {
            attributes: [{ key: 'deployment.environment.name', value: '${env:ENVIRONMENT}', action: 'insert' }],
          },
          tail_sampling: {
            decision_wait: '10s',
            num_traces: 50_000,
            policies: [
              { name: 'errors', type: 'status_code', status_code: { status_codes: ['ERROR'] } },
              { name: 'slow', type: 'latency', latency: { threshold_ms: SLOW_MS } },
              { name: 'rest', type: 'probabilistic', probabilistic: { sampling_percentage: 10 } },
            ],
          },
          batch: {},
        },
      },
    },
    {
      value: {
        exporters: {
          'otlp_http/loki': { endpoint: 'http://loki:3100/otlp' },
          'otlp_http/jaeger': { endpoint: 'http://jaeger:4318' },
        },
      },
    },
    { value: { extensions: { health_check: { endpoint: '0.0.0.0:13133' } } } },
    {
      value: {
        service: {
          extensions: ['health_check'],
          pipelines: {
            logs: {
              receivers: ['otlp'],
              processors: ['memory_limiter', 'resource', 'batch'],
              exporters: ['otlp_http/loki'],
            },
            traces: {
              receivers: ['otlp'],
              processors: ['memory_limiter', 'resource', 'tail_sampling', 'batch'],
              exporters: ['otlp_http/jaeger'],
            },
          },
        },
      },
    },
  ])
}

function loki(): string {
  return yamlSections([
    { value: { auth_enabled: false, server: { http_listen_port: 3100 } } },
    {
      value: {
        common: {
          path_prefix: '/loki',
          replication_factor: 1,
          ring: { kvstore: { store: 'inmemory' } },
          storage: { filesystem: { chunks_directory: '/loki/chunks', rules_directory: '/loki/rules' } },
        },
      },
    },
    {
      value: {
        schema_config: {
          configs: [
            {
              from: '2026-01-01',
              store: 'tsdb',
              object_store: 'filesystem',
              schema: 'v13',
              index: { prefix: 'index_', period: '24h' },
            },
          ],
        },
      },
    },
    {
      about: 'Labels are those of few values; a trace id or a user is found in the line, not by a label.',
      value: {
        limits_config: {
          retention_period: RETENTION,
          otlp_config: {
            resource_attributes: {
              ignore_defaults: true,
              attributes_config: [
                { action: 'index_label', attributes: ['service.name', 'deployment.environment.name'] },
              ],
            },
          },
        },
      },
    },
    {
      value: {
        compactor: {
          working_directory: '/loki/compactor',
          retention_enabled: true,
          delete_request_store: 'filesystem',
        },
      },
    },
    { value: { analytics: { reporting_enabled: false } } },
  ])
}

function jaeger(): string {
  return yamlSections([
    {
      about: 'In memory: traces are for looking at what is going on, and are gone after a restart.',
      value: {
        extensions: {
          jaeger_storage: { backends: { traces: { memory: { max_traces: 100_000 } } } },
          jaeger_query: { storage: { traces: 'traces' }, http: { endpoint: `0.0.0.0:${PORTS.jaeger}` } },
          healthcheckv2: { use_v2: true, http: { endpoint: '0.0.0.0:13133' } },
        },
      },
    },
    { value: { receivers: { otlp: { protocols: { http: { endpoint: '0.0.0.0:4318' } } } } } },
    { value: { processors: { batch: {} } } },
    { value: { exporters: { jaeger_storage_exporter: { trace_storage: 'traces' } } } },
    {
      value: {
        service: {
          extensions: ['jaeger_storage', 'jaeger_query', 'healthcheckv2'],
          pipelines: {
            traces: { receivers: ['otlp'], processors: ['batch'], exporters: ['jaeger_storage_exporter'] },
          },
        },
      },
    },
  ])
}
