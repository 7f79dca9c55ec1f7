import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CLUSTER, kubernetesRelease } from '../../../../test/support/kubernetes-release.ts'
import { installationObjects, type InstallationInput } from './installation.ts'
import { commandStep } from './migration-step.ts'
import { instancePod } from './pod.ts'
import { pullSecretOf } from './pull-secret.ts'

const PLACE = { app: 'shop', environment: 'production' }
const NAME = 'shop-production-registry'
const image = `registry.example.com/team/shop-api@sha256:${'a'.repeat(64)}`

test('the secret holds the login of one registry, as a kubelet reads it', () => {
  const login = { server: 'registry.example.com:5000', user: 'deployer', password: 'a:b' }
  const { metadata, type, data, immutable } = pullSecretOf(PLACE, login)
  assert.deepEqual([metadata.name, type, immutable], [NAME, 'kubernetes.io/dockerconfigjson', undefined])
  assert.equal(metadata.labels['app.kubernetes.io/managed-by'], 'seaworthy')
  const [[key, value]] = Object.entries(data as Record<string, string>) as [[string, string]]
  assert.equal(key, '.dockerconfigjson')
  const auth = Buffer.from('deployer:a:b').toString('base64')
  assert.deepEqual(JSON.parse(Buffer.from(value, 'base64').toString()), {
    auths: { 'registry.example.com:5000': { username: 'deployer', password: 'a:b', auth } },
  })
})

const secretsOf = (spec: object): unknown => (spec as { readonly imagePullSecrets?: unknown }).imagePullSecrets

test('instances and steps of migrations name it where their image comes from the registry, and keep what nodes have', () => {
  const release = kubernetesRelease({ api: { start: 'node main.js', routes: ['/'] } })
  const of = (pulls: boolean): readonly unknown[] => {
    const { spec } = instancePod({ release, service: 'api', image, cluster: CLUSTER, pulls })
    const errand = { id: 1, what: 'command', argv: ['node', 'migrate.js'], env: {} } as const
    const step = commandStep({ release, service: 'api', run: 1 }, { image, isOwn: false, pulls }, errand)
    const job = step.owned('uid').find(({ kind }) => kind === 'Job')!['spec'] as { template: { spec: object } }
    const [{ imagePullPolicy }] = (spec as { containers: [{ imagePullPolicy: string }] }).containers
    assert.equal(imagePullPolicy, 'IfNotPresent')
    return [secretsOf(spec), secretsOf(job.template.spec)]
  }
  assert.deepEqual(of(true), [[{ name: NAME }], [{ name: NAME }]])
  assert.deepEqual(of(false), [undefined, undefined])
})

test('so do control and the gateway', () => {
  const input: InstallationInput = {
    place: PLACE,
    image,
    workers: 2,
    http: 80,
    https: null,
    reach: 'inside',
    url: 'http://shop-production-gateway.shop.svc',
    stateBytes: 2 ** 30,
    key: Buffer.alloc(32),
    gateways: 2,
    cluster: CLUSTER,
  }
  const of = (pulls: boolean): readonly unknown[] => {
    const { control, gateway } = installationObjects({ ...input, pulls })
    return [...control, ...gateway]
      .filter(({ kind }) => kind === 'StatefulSet' || kind === 'Deployment')
      .map(({ spec }) => secretsOf((spec as { readonly template: { readonly spec: object } }).template.spec))
  }
  assert.deepEqual(of(true), [[{ name: NAME }], [{ name: NAME }]])
  assert.deepEqual(of(false), [undefined, undefined])
})
