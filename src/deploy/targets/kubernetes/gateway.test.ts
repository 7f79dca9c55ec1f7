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
  control: 'shop-production-control:7070',
  replicas: 2,
  workers: 3,
  http: 80,
  https: 443,
  reach: 'outside',
  installation: '{}',
  cluster: CLUSTER,
}
const CONTROL = controlObjects({
  place: PLACE,
  image: 'seaworthy:1',
  environment: {},
  installation: '{}',
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
  readonly volumes: readonly { readonly name: string; readonly secret?: object }[]
  readonly containers: readonly [
    {
      readonly command: readonly string[]
      readonly env: readonly object[]
      readonly ports: readonly object[]
      readonly lifecycle: object
      readonly startupProbe: { readonly exec: { readonly command: readonly string[] } }
      readonly readinessProbe: object
      readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[]
    },
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

test('its words: where control is, the key, its own name, its ports and workers', () => {
  const wordsOf = (https: number | null): string => {
    const [{ command, env }] = specOf(gatewayObjects({ ...GATEWAY, https }), 'Deployment').template.spec.containers
    assert.deepEqual(env, [
      { name: 'POD_NAME', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } },
    ])
    return command.join(' ')
  }
  const common =
    'node /seaworthy/gateway --control shop-production-control:7070 --key /run/gateway-key/key ' +
    '--state /var/lib/seaworthy --name $(POD_NAME) --http 8080'
  assert.equal(wordsOf(443), `${common} --https 8443 --workers 3 --table /run/gateway-table/table.json`)
  assert.equal(wordsOf(null), `${common} --workers 3 --table /run/gateway-table/table.json`)
})

test('gateways and control find the same key, as a file that their group reads', () => {
  const secret = { secretName: 'shop-production-gateway-key', defaultMode: 0o440 }
  for (const [objects, kind] of [
    [gatewayObjects(GATEWAY), 'Deployment'],
    [CONTROL, 'StatefulSet'],
  ] as const) {
    const { volumes, containers } = specOf(objects, kind).template.spec
    assert.deepEqual(
      volumes.find(({ name }) => name === 'gateway-key'),
      { name: 'gateway-key', secret },
    )
    assert.equal(containers[0].volumeMounts.find(({ name }) => name === 'gateway-key')!.mountPath, '/run/gateway-key')
  }
})

test('it takes traffic once every worker has a table; after that its door is asked, not control', () => {
  const [{ startupProbe, readinessProbe }] = specOf(gatewayObjects(GATEWAY), 'Deployment').template.spec.containers
  assert.deepEqual(startupProbe.exec.command, ['node', '/seaworthy/gateway-check', '/var/lib/seaworthy'])
  assert.deepEqual((readinessProbe as { readonly tcpSocket: object }).tcpSocket, { port: 'http' })
})

test('control is ready when it answers, and has no door of the gateway', () => {
  const [{ readinessProbe, ports }] = specOf(CONTROL, 'StatefulSet').template.spec.containers
  assert.deepEqual((readinessProbe as { readonly exec: object }).exec, {
    command: ['node', '/seaworthy/check', '/var/lib/seaworthy'],
  })
  assert.deepEqual(ports, [{ name: 'table', containerPort: 7070, protocol: 'TCP' }])
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
