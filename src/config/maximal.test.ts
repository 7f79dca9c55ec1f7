import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { z } from 'zod'
import { defineApp, http, kafka, postgres, redis, route, sqlite } from '../index.ts'
import { checkConfig, notYetInEffect, resolveEnvironment } from './index.ts'
import type { Json } from './plain.ts'
import { appSchema } from './schema/app.ts'

/** Every key of the vocabulary at least once. */
const maximal = defineApp({
  name: 'everything',
  owner: { team: 'shop', repo: 'https://git.example/shop', pager: 'PAGER_URL' },
  needs: {
    db: postgres({ version: 17, url: 'DATABASE_URL', size: '20GiB' }),
    cache: redis({ role: 'cache', version: '7.4' }),
    bus: kafka({ topics: { orders: { partitions: 3, retention: '7d' } } }),
    notes: sqlite(),
    pay: http({ url: 'PAYMENTS_URL' }),
  },
  services: {
    api: {
      path: 'apps/api',
      build: 'npm ci',
      start: 'node src/main.ts --port $PORT',
      port: 3000,
      templates: { 'nginx.conf.template': 'nginx.conf' },
      routes: ['/api', 'api.example.com/'],
      protocol: 'h2c',
      affinity: 'cookie',
      health: {
        ready: '/ready',
        live: '/live',
        startup: '/startup',
        expect: {
          status: 200,
          body: 'ok',
        },
        interval: '1s',
        timeout: '500ms',
        passes: 1,
        failures: 2,
        deadline: '1min',
      },
      uses: { db: 'required', cache: 'optional' },
      consumes: { bus: 'orders' },
      env: { LOG_LEVEL: 'info' },
      secrets: ['JWT_KEY'],
      migrate: { expand: 'node migrate.ts expand', contract: 'node migrate.ts contract' },
      scale: { min: 1, max: 10, cpu: '70%', memory: '80%', rate: '100/s', queue: { metric: 'orders', target: 100 } },
      resources: { cpu: 0.5, memory: '512MiB' },
      grace: '10s',
      writable: ['uploads'],
    },
    web: { static: 'web', routes: ['/'] },
    packed: { image: `registry.example/app@sha256:${'a'.repeat(64)}` },
  },
  gateway: {
    listen: { http: 80, https: 443 },
    workers: 4,
    tls: { acme: { email: 'a@example.com', directory: 'https://acme.example/directory' } },
    redirectToHttps: true,
    trustedProxies: ['10.0.0.0/8', '::1/128'],
    timeouts: { connect: '1s', firstByte: '2s', request: '3s', idle: '4s', websocketIdle: '5s' },
    body: '1MiB',
    routes: {
      'POST /api/upload': { timeout: '5min', body: '1GiB', retry: false, compress: false, headers: { 'X-A': 'b' } },
    },
    compress: false,
    pause: { queue: 10, bytes: '1MiB', wait: '5s' },
    accessLog: false,
  },
  guard: {
    threats: 'monitor',
    routes: { '/api/notes': { threats: 'off', fields: { body: 'html' } } },
    exceptions: [{ class: 'sqli', at: 'POST /api/notes body', why: 'people write about SQL' }],
    limits: [{ per: 'key', on: '/api', allow: '10/s', burst: 20, cost: 1, whenStoreIsLost: 'refuse' }],
    store: 'cache',
    connections: { perClient: 10 },
    identity: {
      keys: 'API_KEYS',
      jwt: { issuer: 'https://id.example', audience: 'shop', jwks: 'https://id.example/keys' },
      protect: ['/api/admin'],
      admin: { routes: ['/api/admin'], from: ['10.0.0.0/8'], role: 'admin' },
    },
    lockout: { after: 5, within: '1min', for: '1h' },
    block: ['203.0.113.9'],
    allow: ['198.51.100.0/24'],
    feeds: [{ url: 'https://feeds.example/bad.txt', every: '1h' }],
    headers: { 'X-Frame-Options': 'DENY', 'X-Powered-By': false },
    cors: { origins: ['https://app.example.com'], credentials: true },
  },
  promises: {
    trade: {
      on: route('api', 'POST /api/trades'),
      over: '7d',
      availability: '99.9%',
      latency: {
        p50: '50ms',
        p95: '200ms',
        p99: '1s',
      },
      errors: '0.1%',
      throughput: '300/s',
      freshness: '10s',
      without: {
        cache: {
          p95: '400ms',
          errors: '1%',
        },
      },
    },
    data: { on: 'db', rpo: '6h', rto: '15min', keep: '30d' },
    operate: { on: 'operate', detect: '1min', rollback: '10s', deploy: { failed: 0 } },
  },
  backups: {
    db: { every: '30 2 * * *', to: ['file:b', 's3://b/c'], keep: '30d', full: '7d', encryptTo: 'KEY', verify: 'each' },
  },
  alerts: {
    channels: {
      chat: { slack: 'SLACK_URL' },
      mail: { email: ['a@example.com'], smtp: 'SMTP_URL' },
      duty: { pagerduty: 'PAGER_KEY' },
      hook: { webhook: 'HOOK_URL' },
    },
    heartbeat: 'BEAT_URL',
    routes: [{ severity: ['P0'], to: ['chat'], escalate: [{ after: '10min', to: ['duty'] }] }],
    maintenance: [{ from: '2026-01-01T00:00:00Z', to: '2026-01-01T02:00:00Z', why: 'move' }],
    rules: { disk: { when: 'seaworthy_host_load > 3', for: '5min', severity: 'P1', runbook: 'docs/disk.md' } },
  },
  environments: {
    box: {
      target: 'docker',
      host: ['ssh://deploy@a.example', 'ssh://deploy@b.example'],
      domain: 'example.com',
      state: '/var/lib/seaworthy',
      secrets: '/etc/seaworthy/secrets.env',
      strategy: 'canary',
      canary: { steps: ['5%', '50%'], every: '30s', sample: 100 },
      watch: { for: '30s', errors: '2%', p95: '2x', sample: 10, warm: '5min' },
      drain: '5s',
      smoke: [{ request: 'GET /api/version?full=1', expect: { status: 200, body: 'v', within: '1s' } }],
      witness: { request: ['GET /', 'POST /api/echo'], rate: '5/s' },
      hooks: { before: 'node before.ts', after: 'node after.ts', failed: 'node failed.ts' },
      approval: true,
      prometheus: 'http://prometheus.example:9090',
      loki: 'http://loki.example:3100',
      otlp: 'http://otlp.example:4318',
      overrides: { services: { api: { scale: { min: 2 } } }, gateway: { body: '2MiB' }, guard: { threats: 'block' } },
    },
    cluster: {
      domain: 'cluster.example.com',
      target: 'kubernetes',
      context: 'prod',
      namespace: 'shop',
      registry: 'registry.example.com:5000/team/shop',
    },
  },
})

const asJson = (value: unknown): Json => JSON.parse(JSON.stringify(value)) as Json

test('every key of the vocabulary is accepted', () => {
  const checked = checkConfig(asJson(maximal), '/app/seaworthy.config.ts')
  assert.equal(resolveEnvironment(checked, 'box').services['api']!.instances, 2)
  // The config above has to hold every key the schema knows.
  const written = new Set(keysOf(maximal))
  const missing = [...schemaKeys(appSchema, '')].filter((key) => !written.has(key.split('.').at(-1)!))
  assert.deepEqual(missing, [
    'gateway.tls.files',
    'gateway.tls.files.cert',
    'gateway.tls.files.key',
    'guard.identity.jwt.secret',
  ])
})

test('each key has a description', () => {
  const bare = [...schemaFields(appSchema, '')].filter(([, field]) => !field.description?.endsWith('.'))
  assert.deepEqual(
    bare.map(([path]) => path),
    [],
  )
})

test('the maximal config reports what is not built yet, and nothing that is', () => {
  const checked = checkConfig(asJson(maximal), '/app/seaworthy.config.ts')
  assert.deepEqual(
    notYetInEffect(checked).map((line) => line.replace(/: not yet in effect$/, '')),
    [
      'needs.bus.topics',
      "services.api.protocol: 'h2c' is not yet in effect",
      ...['consumes'].map((key) => `services.api.${key}`),
      'services.packed.image',
      'backups',
    ],
  )
})

function keysOf(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, held]) => [key, ...keysOf(held)])
}

function* schemaKeys(schema: z.core.$ZodType, path: string): Generator<string> {
  for (const [found] of schemaFields(schema, path)) yield found
}

/** Every field of every object in a schema, with its path. Overrides repeat what stands elsewhere. */
function* schemaFields(schema: z.core.$ZodType, path: string): Generator<[string, z.ZodType]> {
  const def = (schema as z.core.$ZodTypes)._zod.def
  if (def.type === 'object') {
    for (const [key, field] of Object.entries(def.shape)) {
      const below = path === '' ? key : `${path}.${key}`
      yield [below, field as z.ZodType]
      if (key !== 'overrides') yield* schemaFields(field, below)
    }
  } else if (def.type === 'record') yield* schemaFields(def.valueType, path)
  else if (def.type === 'array') yield* schemaFields(def.element, path)
  else if (def.type === 'union') for (const option of def.options) yield* schemaFields(option, path)
  else if (def.type === 'optional' || def.type === 'default' || def.type === 'prefault') {
    yield* schemaFields(def.innerType, path)
  }
}
