import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Instance, Release } from '../deploy/release.ts'
import { makeTable } from './table.ts'

const health = {
  ready: { kind: 'http', path: '/ready' },
  expect: { status: null, body: null },
  intervalMs: 1,
  timeoutMs: 1,
  passes: 2,
  failures: 3,
}
const release = {
  id: '2-x',
  artifacts: { api: 'aaa', web: 'bbb', worker: 'ccc' },
  config: {
    target: 'process',
    services: {
      api: { run: { kind: 'program' }, routes: [{ host: null, path: '/api' }], health },
      web: { run: { kind: 'static', folder: 'public' }, routes: [{ host: null, path: '/' }], health },
      worker: { run: { kind: 'program' }, routes: [], health },
    },
    gateway: { routes: [], timeouts: {}, bodyBytesMax: 1, trustedProxies: [], accessLog: true },
  },
} as unknown as Release
const instance = (id: string, service: string, of: string, port: number | null): Instance =>
  ({ id, service, release: of, host: '127.0.0.1', port }) as Instance
const instances = [
  instance('api@2-x-1', 'api', '2-x', 20_001),
  instance('api@1-x-1', 'api', '1-x', 20_002),
  instance('worker@2-x-1', 'worker', '2-x', null),
]
const input = {
  release,
  instances,
  stoppedServices: [],
  releasesFolder: '/s/releases',
  secretsFolder: '/state/secrets',
  version: 5,
  token: 3,
  workers: 2,
  canary: null,
  pause: null,
  tls: { tls: null, acme: [] },
}

test('a table sends traffic to the instances of its release and to no others', () => {
  const table = makeTable(input)
  assert.deepEqual([table.version, table.token, table.release], [5, 3, '2-x'])
  const { api } = table.services
  assert.ok(api?.kind === 'upstreams')
  assert.deepEqual(api.upstreams, [{ id: 'api@2-x-1', host: '127.0.0.1', port: 20_001, release: '2-x' }])
  assert.equal(api.health.path, '/ready')
  assert.deepEqual(table.routes, [
    { host: null, path: '/api', service: 'api' },
    { host: null, path: '/', service: 'web' },
  ])
})

test('on Kubernetes upstreams are addresses of Services, which balance', () => {
  const on = (target: 'process' | 'docker' | 'kubernetes'): boolean | undefined => {
    const { api } = makeTable({ ...input, release: { ...release, config: { ...release.config, target } } }).services
    return api?.kind === 'upstreams' ? api.balanced : false
  }
  assert.deepEqual([on('process'), on('docker'), on('kubernetes')], [undefined, undefined, true])
})

test('static files come from the artifact of the release; a worker is reached by nobody', () => {
  const { web, worker } = makeTable(input).services
  assert.deepEqual(web, { kind: 'files', root: '/s/releases/bbb/public', release: '2-x' })
  assert.deepEqual(worker, { kind: 'none' })
})

test('where files are in an image, an instance serves them', () => {
  const there = { ...release, config: { ...release.config, target: 'docker' } } as Release
  const { web } = makeTable({
    ...input,
    release: there,
    instances: [instance('web@2-x-1', 'web', '2-x', 8080)],
  }).services
  assert.ok(web?.kind === 'upstreams')
  assert.deepEqual(
    web.upstreams.map(({ id, port }) => [id, port]),
    [['web@2-x-1', 8080]],
  )
  assert.deepEqual(makeTable({ ...input, release: there }).services['web'], { kind: 'none' })
})

test('a stopped service is 503, whatever runs of it', () => {
  assert.deepEqual(makeTable({ ...input, stoppedServices: ['api'] }).services['api'], { kind: 'none' })
})
