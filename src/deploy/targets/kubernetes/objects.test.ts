import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CLUSTER, kubernetesRelease } from '../../../../test/support/kubernetes-release.ts'
import { serviceAccountOf } from './service-account.ts'
import { serviceObjects } from './objects.ts'
import type { KubernetesObject } from './object.ts'

const SERVICES = {
  api: {
    start: 'node main.js',
    routes: ['/'],
    secrets: ['JWT_KEY'],
    scale: { min: 2, max: 6, cpu: '70%' },
  },
  jobs: { start: 'python3 jobs.py' },
}
const release = kubernetesRelease(SERVICES)

function of(service: string): readonly KubernetesObject[] {
  return serviceObjects({
    release,
    service,
    image: 'i:1',
    cluster: CLUSTER,
    instances: 3,
    values: { JWT_KEY: 'geheim' },
  })
}

test('all that a service has, what is needed first in front', () => {
  const kinds = (service: string): readonly string[] => of(service).map(({ kind }) => kind)
  assert.deepEqual(kinds('api'), [
    'ConfigMap',
    'Secret',
    'Service',
    'NetworkPolicy',
    'Deployment',
    'PodDisruptionBudget',
    'HorizontalPodAutoscaler',
  ])
  // A worker that listens on nothing and has neither secrets nor bounds.
  assert.deepEqual(kinds('jobs'), ['ConfigMap', 'NetworkPolicy', 'Deployment'])
})

test('either an autoscaler says how many instances there are, or the Deployment', () => {
  const replicas = (service: string): unknown =>
    (of(service).find(({ kind }) => kind === 'Deployment')!['spec'] as { readonly replicas?: number }).replicas
  assert.equal(replicas('api'), undefined)
  assert.equal(replicas('jobs'), 3)
})

test('every reference is to something that is there', () => {
  const objects = [serviceAccountOf({ app: 'shop', environment: 'production' }), ...of('api')]
  const has = (kind: string, name: string): boolean =>
    objects.some((one) => one.kind === kind && one.metadata.name === name)
  const text = JSON.stringify(objects)
  const all = (pattern: RegExp): readonly string[] => [...text.matchAll(pattern)].map((match) => match[1]!)
  const references = {
    ServiceAccount: all(/"serviceAccountName":"([^"]+)"/g),
    ConfigMap: all(/"configMapRef":\{"name":"([^"]+)"/g),
    Secret: all(/"secretName":"([^"]+)"/g),
    Deployment: all(/"kind":"Deployment","name":"([^"]+)"/g),
  }
  for (const [kind, names] of Object.entries(references)) {
    assert.equal(names.length, 1, kind)
    assert.ok(has(kind, names[0]!), `${kind} ${names[0]}`)
  }
})

test('the same release is the same objects to the byte', () => {
  assert.equal(JSON.stringify(of('api')), JSON.stringify(of('api')))
})

test('pods are nobody towards the cluster', () => {
  const { metadata, ...rest } = serviceAccountOf({ app: 'shop', environment: 'production' })
  assert.equal(metadata.name, 'shop-production')
  assert.deepEqual(rest, { apiVersion: 'v1', kind: 'ServiceAccount', automountServiceAccountToken: false })
})
