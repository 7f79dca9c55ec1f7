import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dockerRelease } from '../../../../test/support/docker-release.ts'
import { containerOf } from './container.ts'

const IMAGE = 'seaworthy/shop/api:1'

test('every instance has its own network: $PORT is the same for all, and a fixed port is kept', () => {
  const release = dockerRelease({
    api: { start: 'node main.js --port $PORT --release $RELEASE', routes: ['/'] },
    old: { start: 'node main.js', routes: ['/old'], port: 3000 },
    jobs: { start: 'node jobs.js' },
  })
  const api = containerOf(release, 'api', 2, IMAGE)
  assert.deepEqual(api.argv, ['node', 'main.js', '--port', '8080', '--release', '7-3fa9c1d2'])
  assert.equal(api.env['INSTANCE'], 'api@7-3fa9c1d2-2')
  assert.equal(api.env['HOST'], '0.0.0.0')
  assert.equal(api.alias, 'api-7-3fa9c1d2-2')
  assert.equal(containerOf(release, 'old', 1, IMAGE).env['PORT'], '3000')
  // A worker listens on nothing: nobody is told of a port.
  assert.equal(containerOf(release, 'jobs', 1, IMAGE).labels['seaworthy.port'], '')
  assert.equal(api.labels['seaworthy.port'], '8080')
})

test('only what a service says that it uses is within its reach', () => {
  const needs = {
    cache: { kind: 'redis', role: 'cache' },
    bank: { kind: 'http', url: 'BANK_URL' },
    db: { kind: 'postgres', url: 'DB' },
  }
  const networks = (uses: object): readonly string[] =>
    containerOf(dockerRelease({ api: { start: 'node main.js', routes: ['/'], uses } }, { needs }), 'api', 1, IMAGE)
      .networks
  const inside = 'seaworthy_shop_staging_inside'
  const outward = 'seaworthy_shop_staging_outward'
  assert.deepEqual(networks({}), [inside])
  assert.deepEqual(networks({ cache: 'optional' }), [inside])
  assert.deepEqual(networks({ cache: 'optional', bank: 'required' }), [inside, outward])
  assert.deepEqual(networks({ db: 'required' }), [inside, outward])
})

test('a program is told where its spans go, unless it says so itself, and reaches that; static files are silent', () => {
  const otlp = 'http://collector.example.com:4318'
  const services = {
    api: { start: 'node main.js', routes: ['/'] },
    own: { start: 'node main.js', routes: ['/own'], env: { OTEL_SERVICE_NAME: 'mine' } },
    web: { static: 'web', routes: ['/web'] },
  }
  const release = dockerRelease(services, { environment: { otlp } })
  const told = (service: string): readonly unknown[] => {
    const { env, networks } = containerOf(release, service, 1, IMAGE)
    return [env['OTEL_EXPORTER_OTLP_ENDPOINT'], env['OTEL_SERVICE_NAME'], networks.length]
  }
  assert.deepEqual(told('api'), [otlp, 'api', 2])
  assert.deepEqual(told('own'), [otlp, 'mine', 2])
  assert.deepEqual(told('web'), [undefined, undefined, 1])
})

test('with templates it has a folder of its own for what is made of them, which its words may name', () => {
  const templates = { 'a.template': 'conf/a' }
  const release = dockerRelease({
    api: { start: 'node main.js $INSTANCE_DIR/conf/a', templates },
    plain: { start: 'node main.js' },
  })
  const { argv, env, hasFolder } = containerOf(release, 'api', 1, IMAGE)
  assert.deepEqual(argv, ['node', 'main.js', '/run/instance/conf/a'])
  assert.deepEqual([env['INSTANCE_DIR'], env['SEAWORTHY_TEMPLATES']], ['/run/instance', JSON.stringify(templates)])
  assert.ok(hasFolder)
  const plain = containerOf(release, 'plain', 1, IMAGE)
  assert.deepEqual([plain.hasFolder, plain.env['INSTANCE_DIR']], [false, undefined])
})

test('no secret is a variable: only the name of its file', () => {
  const api = { start: 'node main.js', routes: ['/'], secrets: ['JWT_KEY'], writable: ['data'] }
  const { env, volumes } = containerOf(dockerRelease({ api }), 'api', 1, IMAGE)
  assert.equal(env['JWT_KEY_FILE'], '/run/secrets/JWT_KEY')
  assert.ok(!Object.hasOwn(env, 'JWT_KEY'))
  assert.deepEqual(volumes[0], {
    name: 'seaworthy_shop_staging_api_7-3fa9c1d2_secrets',
    folder: '/run/secrets',
    isReadOnly: true,
  })
  assert.equal(volumes[1]!.folder, '/app/data')
  assert.equal(volumes[1]!.isReadOnly, false)
})

test('an image of somebody else keeps its user, its command and its check', () => {
  const image = `registry.example.com/api@sha256:${'a'.repeat(64)}`
  const { user, argv, check } = containerOf(dockerRelease({ api: { image, routes: ['/'] } }), 'api', 1, image)
  assert.deepEqual({ user, argv, check }, { user: null, argv: [], check: null })
})

test('a static service is told where its files are, and is checked as a program is', () => {
  const web = { static: 'web', routes: ['/', 'docs.example.com/help'] }
  const { user, entry, argv, check, labels } = containerOf(dockerRelease({ web }), 'web', 1, IMAGE)
  assert.deepEqual({ user, entry, argv }, { user: '65532:65532', entry: null, argv: ['/', 'docs.example.com/help'] })
  assert.deepEqual(check?.what, { path: '/health/readiness', status: null, body: null, below: 500 })
  assert.equal(labels['seaworthy.port'], '8080')
})

test('an image of its own Dockerfile keeps its user; what `start` says stands in place of its entry', () => {
  const release = dockerRelease({ api: { start: '/app/server --port $PORT', routes: ['/'] } })
  const { user, entry, argv, check } = containerOf(release, 'api', 1, IMAGE, true)
  assert.deepEqual(
    { user, entry, argv, check },
    { user: null, entry: '/app/server', argv: ['--port', '8080'], check: null },
  )
})
