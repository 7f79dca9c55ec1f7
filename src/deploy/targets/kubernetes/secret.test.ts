import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CLUSTER, kubernetesRelease } from '../../../../test/support/kubernetes-release.ts'
import { configMapOf } from './config-map.ts'
import { servicePolicy } from './network-policy.ts'
import { instancePod } from './pod.ts'
import { secretOf } from './secret.ts'

const api = { start: 'node main.js', routes: ['/'], env: { LEVEL: 'x"$y `z` $(HOST)' }, secrets: ['JWT_KEY', 'DB_URL'] }
const release = kubernetesRelease({ api, web: { start: 'node web.js', routes: ['/web'] } })

test('a Secret has what its service declares, and nothing of what others have', () => {
  const { metadata, ...rest } = secretOf(release, 'api', { JWT_KEY: 'geheim\n', DB_URL: 'ü', OTHER: 'not this' })!
  assert.equal(metadata.name, 'shop-production-api-7-3fa9c1d2')
  const data = { JWT_KEY: 'Z2VoZWltCg==', DB_URL: 'w7w=' }
  assert.deepEqual(rest, { apiVersion: 'v1', kind: 'Secret', type: 'Opaque', immutable: true, data })
  assert.equal(secretOf(release, 'web', {}), null)
})

test('a value that is missing is no empty one', () => {
  assert.throws(() => secretOf(release, 'api', { JWT_KEY: 'geheim' }))
})

test('the address of a need that somebody else runs is a file under each of its names, unless `env` sets it', () => {
  const uses = { db: 'required', bank: 'optional' }
  const services = { api: { start: 'node main.js', uses, env: { BANK_URL: 'http://bank' } } }
  const needs = { db: { kind: 'postgres', url: 'SHOP_DB' }, bank: { kind: 'http', url: 'BANK_SECRET' } }
  const using = kubernetesRelease(services, { needs })
  const all = { DATABASE_URL: 'd', SHOP_DB: 'd', DB_URL: 'd', BANK_SECRET: 'b', BANK_URL: 'b', OTHER: 'o' }
  const data = secretOf(using, 'api', all)!['data'] as Readonly<Record<string, string>>
  assert.deepEqual(Object.keys(data), ['DATABASE_URL', 'SHOP_DB', 'DB_URL', 'BANK_SECRET'])
  const variables = configMapOf(using, 'api')['data'] as Readonly<Record<string, string>>
  assert.equal(variables['SHOP_DB_FILE'], '/run/secrets/SHOP_DB')
  assert.deepEqual([variables['BANK_URL'], variables['BANK_URL_FILE']], ['http://bank', undefined])
  assert.match(
    JSON.stringify(instancePod({ release: using, service: 'api', image: 'i:1', cluster: CLUSTER })),
    /"secretName"/,
  )
})

test('an address for spans is a variable, unless `env` has another, and is reached', () => {
  const services = {
    api: { start: 'node main.js', env: { OTEL_SERVICE_NAME: 'shop-api' } },
    web: { start: 'node web.js' },
  }
  const traced = kubernetesRelease(services, { environment: { otlp: 'http://collector:4318' } })
  const variables = (service: string): Readonly<Record<string, string>> =>
    configMapOf(traced, service)['data'] as Readonly<Record<string, string>>
  assert.equal(variables('web')['OTEL_EXPORTER_OTLP_ENDPOINT'], 'http://collector:4318')
  assert.deepEqual([variables('api')['OTEL_SERVICE_NAME'], variables('web')['OTEL_SERVICE_NAME']], ['shop-api', 'web'])
  const egress = (of: typeof release, service: string): unknown =>
    (servicePolicy(of, service)['spec'] as { readonly egress?: unknown }).egress
  assert.notEqual(egress(traced, 'web'), undefined)
  assert.equal(egress(release, 'web'), undefined)
})

test('what files are to be made of is told to the entry, and to nobody without templates', () => {
  const templated = kubernetesRelease({ api: { start: 'node main.js', templates: { 'a.template': 'conf/a.conf' } } })
  const told = (of: typeof release, service: string): string | undefined =>
    (configMapOf(of, service)['data'] as Readonly<Record<string, string>>)['SEAWORTHY_TEMPLATES']
  assert.equal(told(templated, 'api'), '{"a.template":"conf/a.conf"}')
  assert.equal(told(release, 'web'), undefined)
})

test('a ConfigMap has the variables that all instances share, as they are written, and no secret', () => {
  const { metadata, ...rest } = configMapOf(release, 'api')
  assert.equal(metadata.name, 'shop-production-api-7-3fa9c1d2')
  assert.deepEqual(rest, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    immutable: true,
    data: {
      NODE_ENV: 'production',
      PYTHONUNBUFFERED: '1',
      LEVEL: 'x"$y `z` $(HOST)',
      JWT_KEY_FILE: '/run/secrets/JWT_KEY',
      DB_URL_FILE: '/run/secrets/DB_URL',
      SEAWORTHY_CHECK: '{"path":"/health/readiness","status":null,"body":null,"below":500}',
    },
  })
})
