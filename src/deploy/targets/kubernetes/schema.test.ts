/** Every object against what the API server of Kubernetes 1.20, and a newer one, knows of its kind. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CLUSTER, INSTALLATION, kubernetesRelease, OLD_CLUSTER } from '../../../../test/support/kubernetes-release.ts'
import { unknownTo } from '../../../../test/support/kubernetes-types.ts'
import type { Cluster } from './cluster.ts'
import { ingressOf } from './entrance.ts'
import { gatewayKeyOf } from './gateway-key.ts'
import { gatewayTableOf } from './gateway-table.ts'
import { installationObjects } from './installation.ts'
import { commandStep, copyStep } from './migration-step.ts'
import { migrationPolicy } from './network-policy.ts'
import type { KubernetesObject } from './object.ts'
import { serviceObjects } from './objects.ts'
import { roleBindingOf, roleOf } from './role.ts'

const PLACE = { app: 'shop', environment: 'production' }
const IMAGE = `registry.example.com/api@sha256:${'a'.repeat(64)}`
const health = { live: '/live', startup: '/started', expect: { body: 'yes' }, ready: '/ready' }
const SERVICES = {
  api: {
    start: 'node main.js',
    routes: ['/'],
    health,
    secrets: ['DB'],
    writable: ['data'],
    uses: { bank: 'required' },
    scale: { min: 2, max: 4, cpu: '70%', memory: '80%' },
    resources: { cpu: 0.5, memory: '256MiB' },
  },
  python: { start: 'python3 main.py', routes: ['/python'] },
  image: { image: IMAGE, routes: ['/image'], secrets: ['DB'] },
  web: { static: 'web', routes: ['/web', 'x.example.com/'] },
  jobs: { start: 'node jobs.js', health: { ready: 'node ready.js' } },
}

function all(cluster: Cluster): readonly KubernetesObject[] {
  const release = kubernetesRelease(SERVICES, { needs: { bank: { kind: 'http', url: 'BANK_URL' } } })
  const values = { DB: 'geheim', BANK_URL: 'https://bank' }
  const input = { release, service: 'api', run: 1 }
  const argv = ['node', 'migrate.js']
  const command = commandStep(
    input,
    { image: IMAGE, isOwn: true },
    { id: 1, what: 'command', argv, env: { BANK_URL: 'https://bank' } },
  )
  const copied = { id: 2, what: 'copy', need: 'db', url: 'postgres://a:b@db/shop', into: 'copy', options: [] } as const
  const copy = copyStep(input, IMAGE, copied)
  const { control, gateway } = installationObjects({ ...INSTALLATION, place: PLACE, cluster })
  return [
    ...control,
    ...gateway,
    gatewayKeyOf(PLACE, Buffer.alloc(32)),
    gatewayTableOf(PLACE, '{}')!,
    ...Object.keys(SERVICES).flatMap((service) =>
      serviceObjects({ release, service, image: IMAGE, cluster, instances: 2, values }),
    ),
    ...[command, copy].flatMap(({ owner, owned }) => [owner, ...owned('2fa7555c-db01-4c52-9c0f-0d4c56b7a001')]),
    migrationPolicy(release, 'api')!,
    ingressOf({ place: PLACE, domain: 'example.com', className: 'internal', certificate: 'example-com' }),
    roleOf(PLACE),
    roleBindingOf(PLACE, { kind: 'ServiceAccount', name: 'ci', namespace: 'build' }),
  ]
}

function faultsOf(which: 'old' | 'new', cluster: Cluster): readonly string[] {
  return all(cluster).flatMap((object) => unknownTo(which, object).map((fault) => `${object.metadata.name}: ${fault}`))
}

test('the oldest cluster knows every field that it is sent', () => {
  assert.deepEqual(faultsOf('old', OLD_CLUSTER), [])
})

test('so does one of today', () => {
  assert.deepEqual(faultsOf('new', CLUSTER), [])
})

test('what a newer one is sent the oldest would refuse: the check has teeth', () => {
  const found = faultsOf('old', CLUSTER).join('\n')
  assert.match(found, /no kind policy\/v1 PodDisruptionBudget/)
  assert.match(found, /no kind autoscaling\/v2 HorizontalPodAutoscaler/)
  assert.match(found, /lifecycle\.preStop\.sleep: unknown/)
  const [account] = all(OLD_CLUSTER) as [KubernetesObject]
  const deployment = all(OLD_CLUSTER).find(({ kind }) => kind === 'Deployment')!
  const spec = deployment['spec'] as object
  const broken = (more: object): readonly string[] => unknownTo('old', { ...deployment, spec: { ...spec, ...more } })
  assert.deepEqual(unknownTo('old', { ...account, nonsense: 1 }), ['ServiceAccount.nonsense: unknown'])
  assert.deepEqual(broken({ selector: undefined }), ['Deployment.spec.selector: missing'])
  assert.deepEqual(broken({ replicas: '2' }), ['Deployment.spec.replicas: no whole number'])
  const [container] = (spec as { template: { spec: { containers: readonly [object] } } }).template.spec.containers
  const resources = { limits: { memory: '256MiB' } }
  const template = { metadata: {}, spec: { containers: [{ ...container, resources }] } }
  assert.deepEqual(broken({ template }), [
    'Deployment.spec.template.spec.containers[0].resources.limits.memory: no amount: 256MiB',
  ])
})
