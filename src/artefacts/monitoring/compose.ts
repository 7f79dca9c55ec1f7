import type { ResolvedApp } from '../../config/resolved.ts'
import type { Artefact } from '../family.ts'
import { yamlSections } from '../yaml.ts'
import { SECRETS_FOLDER, secretsOf } from './alertmanager.ts'
import { IMAGES } from './images.ts'
import { loopback, PORTS } from './places.ts'
import { exportersOf } from './prometheus.ts'

/** Read-only, without capabilities, bounded, and nothing listens outside the loopback. */
const HARDENED = {
  restart: 'unless-stopped',
  read_only: true,
  cap_drop: ['ALL'],
  security_opt: ['no-new-privileges:true'],
  pids_limit: 200,
  mem_limit: '512m',
  logging: { driver: 'local', options: { 'max-size': '10m', 'max-file': '3' } },
}
/** Control shows its metrics on the loopback of the machine, and nowhere else: who asks there has to live there. */
const ON_HOST = { ...HARDENED, network_mode: 'host' }
/**
 * Compose copies a secret that comes from a variable into the container once it is there, which it refuses to do where the root is
 * read-only: https://github.com/docker/compose/pull/12531.
 */
const WITH_SECRETS = { ...ON_HOST, read_only: false }
const IN_NETWORK = { ...HARDENED, networks: ['monitoring'] }

export function composeFiles(app: ResolvedApp): readonly Artefact[] {
  const because = [{ what: 'name', from: 'name' }]
  const file = (name: string, sections: Parameters<typeof yamlSections>[0]): Artefact => ({
    path: `monitoring/${name}`,
    text: yamlSections([{ value: { name: `${app.name}-monitoring` } }, ...sections]),
    comment: '#',
    because,
  })
  return [
    file('compose.yml', core(app)),
    file('compose.telemetry.yml', telemetry(app)),
    file('compose.exporters.yml', exporters(app)),
  ]
}

function core(app: ResolvedApp): Parameters<typeof yamlSections>[0] {
  const secrets = secretsOf(app)
  return [
    {
      value: {
        services: {
          prometheus: {
            image: IMAGES.prometheus.image,
            ...ON_HOST,
            command: [
              '--config.file=/etc/prometheus/prometheus.yml',
              '--storage.tsdb.path=/prometheus',
              '--storage.tsdb.retention.time=30d',
              `--web.listen-address=${loopback('prometheus')}`,
            ],
            volumes: ['./prometheus:/etc/prometheus:ro', 'prometheus:/prometheus'],
            healthcheck: healthy(`http://${loopback('prometheus')}/-/ready`),
          },
          alertmanager: {
            image: IMAGES.alertmanager.image,
            ...WITH_SECRETS,
            command: [
              '--config.file=/etc/alertmanager/alertmanager.yml',
              '--storage.path=/alertmanager',
              `--web.listen-address=${loopback('alertmanager')}`,
              '--cluster.listen-address=',
            ],
            secrets: Object.keys(secrets),
            volumes: ['./alertmanager:/etc/alertmanager:ro', 'alertmanager:/alertmanager'],
            healthcheck: healthy(`http://${loopback('alertmanager')}/-/ready`),
          },
          grafana: {
            image: IMAGES.grafana.image,
            ...WITH_SECRETS,
            environment: {
              GF_SERVER_HTTP_ADDR: '127.0.0.1',
              GF_SERVER_HTTP_PORT: String(PORTS.grafana),
              GF_SECURITY_ADMIN_PASSWORD__FILE: `${SECRETS_FOLDER}/GrafanaPassword`,
              GF_ANALYTICS_REPORTING_ENABLED: 'false',
            },
            secrets: ['GrafanaPassword'],
            tmpfs: ['/tmp'],
            volumes: [
              './grafana/provisioning:/etc/grafana/provisioning:ro',
              './grafana/dashboards:/etc/grafana/dashboards:ro',
              'grafana:/var/lib/grafana',
            ],
            healthcheck: healthy(`http://${loopback('grafana')}/api/health`),
            depends_on: { prometheus: { condition: 'service_healthy', restart: true } },
          },
        },
      },
    },
    { value: { volumes: { prometheus: {}, alertmanager: {}, grafana: {} } } },
    {
      about: 'Values come from the environment of whoever starts this, under these names; no file holds one.',
      value: {
        secrets: Object.fromEntries(
          [...Object.entries(secrets), ['GrafanaPassword', 'GRAFANA_ADMIN_PASSWORD']].map(([name, variable]) => [
            name,
            { environment: variable },
          ]),
        ),
      },
    },
  ]
}

function telemetry({ environment }: ResolvedApp): Parameters<typeof yamlSections>[0] {
  const open = (...ports: readonly (keyof typeof PORTS)[]): readonly string[] =>
    ports.map((port) => `127.0.0.1:${PORTS[port]}:${PORTS[port]}`)
  return [
    {
      value: {
        services: {
          collector: {
            image: IMAGES.collector.image,
            ...IN_NETWORK,
            command: ['--config=/etc/collector/collector.yml'],
            environment: { ENVIRONMENT: environment },
            ports: open('otlpHttp', 'otlpGrpc'),
            volumes: ['./collector:/etc/collector:ro'],
            depends_on: { loki: { condition: 'service_started' }, jaeger: { condition: 'service_started' } },
          },
          loki: {
            image: IMAGES.loki.image,
            ...IN_NETWORK,
            command: ['-config.file=/etc/loki/loki.yml'],
            ports: open('loki'),
            volumes: ['./loki:/etc/loki:ro', 'loki:/loki'],
          },
          jaeger: {
            image: IMAGES.jaeger.image,
            ...IN_NETWORK,
            command: ['--config=/etc/jaeger/jaeger.yml'],
            ports: open('jaeger'),
            volumes: ['./jaeger:/etc/jaeger:ro'],
          },
        },
      },
    },
    { value: { networks: { monitoring: {} }, volumes: { loki: {} } } },
  ]
}

function exporters(app: ResolvedApp): Parameters<typeof yamlSections>[0] {
  const own = {
    postgres: (variable: string) => ({ DATA_SOURCE_NAME: `\${${variable}:?the URL of the database}` }),
    redis: (variable: string) => ({ REDIS_ADDR: `\${${variable}:?the URL of the cache}` }),
  }
  return [
    {
      about: 'Optional: no rule and no panel of this folder needs them; dashboards from elsewhere may.',
      value: {
        services: {
          node: {
            image: IMAGES.node.image,
            ...ON_HOST,
            command: ['--path.rootfs=/host', `--web.listen-address=${loopback('nodeExporter')}`],
            pid: 'host',
            volumes: ['/:/host:ro,rslave'],
          },
          ...Object.fromEntries(
            exportersOf(app).map(({ job, port, need }) => [
              job,
              {
                image: IMAGES[job].image,
                ...ON_HOST,
                command: [`--web.listen-address=${loopback(port)}`],
                environment: own[job](app.needs[need]!.url ?? `${need.toUpperCase().replaceAll('-', '_')}_URL`),
              },
            ]),
          ),
        },
      },
    },
  ]
}

function healthy(url: string): object {
  return { test: ['CMD', 'wget', '-qO-', url], interval: '10s', timeout: '3s', retries: 6 }
}
