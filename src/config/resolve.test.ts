import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { defineApp, type App } from '../index.ts'
import { checkConfig, loadConfig, resolveEnvironment, stateFolder } from './index.ts'
import type { Json } from './plain.ts'
import type { ResolvedApp } from './resolved.ts'

const FIXTURES = join(import.meta.dirname, '../../test/fixtures/configs')

function check(app: App): ReturnType<typeof checkConfig> {
  return checkConfig(JSON.parse(JSON.stringify(app)) as Json, '/app/seaworthy.config.ts')
}

function resolve(app: Partial<App>, environment = 'local'): ResolvedApp {
  const services = { api: { start: 'node main.ts', routes: ['/api'] } }
  return resolveEnvironment(
    check({ name: 'shop', services, environments: { local: { target: 'process' } }, ...app }),
    environment,
  )
}

test('a minimal config gets every default', () => {
  assert.deepEqual(resolve({}), {
    name: 'shop',
    environment: 'local',
    target: 'process',
    domain: null,
    strategy: 'blue-green',
    services: {
      api: {
        path: '.',
        build: null,
        run: { kind: 'program', argv: ['node', 'main.ts'] },
        port: null,
        templates: {},
        routes: [{ host: null, path: '/api' }],
        protocol: 'http1',
        affinity: 'none',
        health: {
          ready: { kind: 'default' },
          live: null,
          startup: null,
          expect: {
            status: null,
            body: null,
          },
          intervalMs: 5e3,
          timeoutMs: 3e3,
          passes: 2,
          failures: 3,
          deadlineMs: 3e5,
        },
        env: {},
        secrets: [],
        migrate: { expand: null, contract: null },
        instances: 1,
        scale: { min: 1, max: 1, cpu: null, memory: null, perSecond: null, queue: null },
        uses: {},
        cpu: null,
        memoryBytesMax: null,
        graceMs: 30_000,
        writable: [],
      },
    },
    gateway: {
      http: 8080,
      tls: null,
      compress: true,
      workers: null,
      trustedProxies: [],
      timeouts: {
        connectMs: 2000,
        firstByteMs: 30_000,
        requestMs: 60_000,
        idleMs: 75_000,
        websocketIdleMs: 86_400_000,
      },
      bodyBytesMax: 10_485_760,
      routes: [],
      accessLog: true,
      pause: { queue: 1000, bytesMax: 67_108_864, waitMs: 30_000 },
    },
    guard: {
      threats: 'block',
      routes: [],
      exceptions: [],
      limits: [],
      connectionsPerClient: null,
      identity: null,
      lockout: { after: 10, withinMs: 300_000, forMs: 900_000 },
      block: [],
      allow: [],
      feeds: [],
      headers: {},
      cors: null,
    },
    drainMs: 30_000,
    watch: { forMs: 60_000, errors: 0.01, p95Ratio: 1.5, sample: 20, warmMs: 600_000 },
    smoke: [],
    witness: { requests: [{ method: 'GET', host: null, path: '/api' }], perSecond: 10 },
    needs: {},
    canary: { steps: [0.05, 0.25, 0.5], everyMs: 60_000, sample: 200 },
    hooks: { before: null, after: null, failed: null },
    approval: false,
    promises: {},
    alerts: { channels: {}, pager: null, heartbeat: null, routes: [], maintenance: [], rules: {} },
    backups: {},
    telemetry: { prometheus: null, loki: null, otlp: null },
  } satisfies ResolvedApp)
})

test('the sample of the design resolves', async () => {
  const { raw, file } = await loadConfig(join(FIXTURES, 'good-opinion-market'))
  const app = resolveEnvironment(checkConfig(raw, file), 'production')
  assert.equal(app.services['api']!.instances, 2)
  assert.deepEqual(app.services['api']!.health.ready, { kind: 'http', path: '/health/readiness' })
  assert.deepEqual(app.services['web']!.run, { kind: 'static', folder: 'web' })
  assert.deepEqual(app.witness.requests, [{ method: 'GET', host: null, path: '/' }])
  assert.equal(app.strategy, 'canary')
})

test('readiness is a path, a command, or follows from the routes', () => {
  const ready = (service: App['services'][string]) =>
    resolve({ services: { api: service } }).services['api']!.health.ready
  assert.deepEqual(ready({ start: 'a', health: { ready: '/r' } }), { kind: 'http', path: '/r' })
  assert.deepEqual(ready({ start: 'a', health: { ready: `node 'c d.ts'` } }), {
    kind: 'command',
    argv: ['node', 'c d.ts'],
  })
  assert.deepEqual(ready({ start: 'a', routes: ['/'] }), { kind: 'default' })
  assert.deepEqual(ready({ start: 'a' }), { kind: 'alive' })
})

test('overrides are merged: objects by key, lists and the way to run as a whole', () => {
  const app = defineApp({
    name: 'shop',
    services: {
      api: { start: 'node main.ts', routes: ['/a'], health: { interval: '1s', passes: 5 }, env: { A: '1', B: '2' } },
      web: { static: 'web', routes: ['/'] },
    },
    gateway: { body: '1MiB', timeouts: { connect: '1s' } },
    environments: {
      local: { target: 'process' },
      other: {
        target: 'process',
        overrides: {
          services: { api: { health: { interval: '2s' }, env: { B: '3' }, routes: ['/b'] }, web: { start: 'vite' } },
          gateway: { timeouts: { idle: '9s' }, listen: { http: 0 } },
        },
      },
    },
  })
  const { services, gateway } = resolve(app, 'other')
  const { health, env, routes } = services['api']!
  assert.deepEqual(
    [health.intervalMs, health.passes, env, routes],
    [2000, 5, { A: '1', B: '3' }, [{ host: null, path: '/b' }]],
  )
  assert.deepEqual(services['web']!.run, { kind: 'program', argv: ['vite'] })
  assert.deepEqual([gateway.http, gateway.bodyBytesMax], [0, 1_048_576])
  assert.deepEqual([gateway.timeouts.connectMs, gateway.timeouts.idleMs], [1000, 9000])
  assert.equal(resolve(app).gateway.http, 8080)
})

test('options of routes keep method and host', () => {
  const services = { api: { start: 'a', routes: ['/', 'Api.Example.com/v1/'] } }
  const routes = {
    'POST /up': { timeout: '5min', body: '1GiB' },
    'api.example.com/v1': { retry: false, headers: { A: 'b' } },
  }
  const app = resolve({ services, gateway: { routes } })
  assert.deepEqual(app.gateway.routes, [
    { host: null, method: 'POST', path: '/up', timeoutMs: 300_000, bodyBytesMax: 1_073_741_824 },
    { host: 'api.example.com', method: null, path: '/v1', retry: false, headers: { A: 'b' } },
  ])
  assert.deepEqual(app.services['api']!.routes[1], { host: 'api.example.com', path: '/v1' })
})

test('requests keep their query and their slash', () => {
  const environments: App['environments'] = {
    local: {
      target: 'process',
      smoke: [{ request: '/api/?q=1', expect: { within: '1s' } }],
      witness: { request: ['POST /api/echo'], rate: '30/min' },
    },
  }
  const { smoke, witness } = resolve({ environments })
  assert.deepEqual(smoke, [
    { request: { method: 'GET', host: null, path: '/api/?q=1' }, expect: { status: null, body: null, withinMs: 1000 } },
  ])
  assert.deepEqual(witness, { requests: [{ method: 'POST', host: null, path: '/api/echo' }], perSecond: 0.5 })
})

test('without routes the witness has nothing to ask', () => {
  assert.deepEqual(resolve({ services: { worker: { start: 'a' } } }).witness.requests, [])
})

test('an unknown environment is answered with the names there are', () => {
  const code = 'config.unknown-environment'
  assert.throws(() => resolve({}, 'locl'), { code, hint: `Did you mean 'local'? There is: local.` })
  assert.throws(() => resolve({}, 'constructor'), { code, hint: 'There is: local.' })
})

test('the state folder is absolute, below the project by default', () => {
  const services = { api: { start: 'a' } }
  const environments: App['environments'] = {
    local: { target: 'process' },
    near: { target: 'process', state: 'var/state' },
    far: { target: 'process', state: '/var/lib/shop' },
  }
  const checked = check({ name: 'shop', services, environments })
  assert.equal(stateFolder(checked, 'local', '/app'), '/app/.seaworthy/local')
  assert.equal(stateFolder(checked, 'near', '/app'), '/app/var/state')
  assert.equal(stateFolder(checked, 'far', '/app'), '/var/lib/shop')
})
