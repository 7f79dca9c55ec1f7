import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CLUSTER } from '../../../../test/support/kubernetes-release.ts'
import { controlObjects } from './control.ts'
import { gatewayObjects, type GatewayInput } from './gateway.ts'
import type { KubernetesObject } from './object.ts'
import { restrictedViolations } from '../../../../test/support/pod-security.ts'

const PLACE = { app: 'shop', environment: 'production' }
const GATEWAY: GatewayInput = {
  place: PLACE,
  image: 'seaworthy:1',
  argv: ['gateway'],
  check: ['node', 'check.mjs'],
  replicas: 2,
  http: 80,
  https: 443,
  drainMs: 30_000,
  reach: 'outside',
  cluster: CLUSTER,
}
const CONTROL = controlObjects({
  place: PLACE,
  image: 'seaworthy:1',
  environment: {},
  installation: '{}',
  hasTls: true,
  drainMs: 30_000,
  stateBytes: 5 * 2 ** 30,
})

interface Spec {
  readonly type?: string
  readonly externalTrafficPolicy?: string
  readonly ports: readonly object[]
  readonly selector: { readonly matchLabels: object } & object
  readonly replicas: number
  readonly serviceName: string
  readonly volumeClaimTemplates: readonly { readonly spec: object }[]
  readonly template: { readonly metadata: { readonly labels: object }; readonly spec: PodSpec }
}
interface PodSpec {
  readonly terminationGracePeriodSeconds: number
  readonly containers: readonly [
    { readonly ports: readonly object[]; readonly lifecycle: object; readonly args: object },
  ]
}

function specOf(objects: readonly KubernetesObject[], kind: string): Spec {
  return objects.find((one) => one.kind === kind)!['spec'] as Spec
}

test('the front door: a Service, a Deployment and a budget over the same pods', () => {
  const objects = gatewayObjects(GATEWAY)
  assert.deepEqual(
    objects.map(({ kind, metadata }) => [kind, metadata.name]),
    ['Service', 'Deployment', 'PodDisruptionBudget'].map((kind) => [kind, 'shop-production-gateway']),
  )
  const [service, deployment, budget] = objects.map((one) => one['spec'] as Spec) as [Spec, Spec, Spec]
  const selector = {
    'seaworthy.app': 'shop',
    'seaworthy.environment': 'production',
    'app.kubernetes.io/component': 'gateway',
  }
  assert.deepEqual(service.selector, selector)
  assert.deepEqual(deployment.selector.matchLabels, selector)
  assert.deepEqual(budget.selector.matchLabels, selector)
  const { labels } = deployment.template.metadata
  assert.deepEqual({ ...labels, ...selector }, labels)
  const port = (name: string, number: number): object => ({ name, port: number, targetPort: name, protocol: 'TCP' })
  assert.deepEqual(service.ports, [port('http', 80), port('https', 443)])
  assert.deepEqual(deployment.template.spec.containers[0].ports, [
    { name: 'http', containerPort: 8080, protocol: 'TCP' },
    { name: 'https', containerPort: 8443, protocol: 'TCP' },
  ])
})

test('the outside reaches it without another hop, or somebody in front does', () => {
  const { type, externalTrafficPolicy } = specOf(gatewayObjects(GATEWAY), 'Service')
  assert.deepEqual([type, externalTrafficPolicy], ['LoadBalancer', 'Local'])
  const behind = specOf(gatewayObjects({ ...GATEWAY, reach: 'inside', https: null }), 'Service')
  assert.deepEqual([behind.type, behind.externalTrafficPolicy, behind.ports.length], ['ClusterIP', undefined, 1])
})

test('it goes only once nobody sends it anything new, and has its drain after that', () => {
  const { terminationGracePeriodSeconds, containers } = specOf(gatewayObjects(GATEWAY), 'Deployment').template.spec
  assert.deepEqual(containers[0].lifecycle, { preStop: { sleep: { seconds: 5 } } })
  assert.equal(terminationGracePeriodSeconds, 40)
})

test('a single one has no budget', () => {
  assert.deepEqual(
    gatewayObjects({ ...GATEWAY, replicas: 1 }).map(({ kind }) => kind),
    ['Service', 'Deployment'],
  )
})

test('control is one, with a volume that outlives it', () => {
  const { replicas, serviceName, volumeClaimTemplates } = specOf(CONTROL, 'StatefulSet')
  assert.deepEqual([replicas, serviceName], [1, 'shop-production-control'])
  assert.ok(CONTROL.some(({ kind, metadata }) => kind === 'Service' && metadata.name === serviceName))
  assert.deepEqual(
    volumeClaimTemplates.map(({ spec }) => spec),
    [{ accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '5Gi' } } }],
  )
})

test("Seaworthy's own pods keep to the same rules as those of the app", () => {
  for (const [objects, kind] of [
    [gatewayObjects(GATEWAY), 'Deployment'],
    [CONTROL, 'StatefulSet'],
  ] as const)
    assert.deepEqual(restrictedViolations(specOf(objects, kind).template.spec), [])
})
