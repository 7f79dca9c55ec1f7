import assert from 'node:assert/strict'
import { test } from 'node:test'
import { controlPod } from './control.ts'
import { installationObjects, type InstallationInput } from './installation.ts'
import { componentLabels } from './names.ts'
import type { KubernetesObject } from './object.ts'

const PLACE = { app: 'shop', environment: 'production' }
const INPUT: InstallationInput = {
  place: PLACE,
  image: 'seaworthy:1',
  workers: 2,
  http: 80,
  https: null,
  reach: 'inside',
  url: 'http://shop-production-gateway.shop.svc',
  drainMs: 30_000,
  stateBytes: 5 * 2 ** 30,
}

interface Pod {
  readonly metadata: { readonly labels: object; readonly annotations: Readonly<Record<string, string>> }
  readonly spec: {
    readonly containers: readonly [
      { readonly ports: readonly { readonly name: string; readonly containerPort: number }[] },
    ]
    readonly initContainers: readonly [{ readonly command: readonly [string, string, string] }]
    readonly volumes: readonly { readonly name: string; readonly configMap?: { readonly name: string } }[]
  }
}

function of(kind: string, name: string, more: Partial<InstallationInput> = {}): KubernetesObject {
  const found = installationObjects({ ...INPUT, ...more }).find(
    (one) => one.kind === kind && one.metadata.name === name,
  )
  assert.ok(found, `${kind} ${name}`)
  return found
}

function podOf(more: Partial<InstallationInput> = {}): Pod {
  return (of('StatefulSet', 'shop-production-control', more)['spec'] as { readonly template: Pod }).template
}

test('control finds at its start what it has to know, and is started again when that has changed', () => {
  const { data } = of('ConfigMap', 'shop-production-control') as unknown as { data: Record<string, string> }
  assert.deepEqual(JSON.parse(data['environment.json']!), {
    ...PLACE,
    target: 'kubernetes',
    host: '0.0.0.0',
    http: 8080,
    https: null,
    url: 'http://shop-production-gateway.shop.svc',
    workers: 2,
    path: '/usr/local/bin',
  })
  const pod = podOf()
  assert.equal(
    pod.spec.volumes.find(({ configMap }) => configMap !== undefined)!.configMap!.name,
    'shop-production-control',
  )
  const [, , copy] = pod.spec.initContainers[0].command
  assert.equal(copy, "fs.copyFileSync('/environment/environment.json', '/var/lib/seaworthy/environment.json')")
  assert.deepEqual(podOf().metadata.annotations, pod.metadata.annotations)
  assert.notDeepEqual(podOf({ workers: 3 }).metadata.annotations, pod.metadata.annotations)
})

test('the front door leads to the pod that the gateway is in, by ports that it names', () => {
  for (const https of [null, 443]) {
    const { spec } = of('Service', 'shop-production-gateway', { https }) as unknown as {
      spec: {
        type: string
        selector: Record<string, string>
        ports: { name: string; port: number; targetPort: string }[]
      }
    }
    const labels = componentLabels(PLACE, 'control')
    assert.deepEqual({ ...labels, ...spec.selector }, labels)
    assert.equal(spec.type, 'ClusterIP')
    assert.deepEqual(
      spec.ports.map(({ name, port }) => [name, port]),
      https === null
        ? [['http', 80]]
        : [
            ['http', 80],
            ['https', 443],
          ],
    )
    const named = podOf({ https }).spec.containers[0].ports.map(({ name }) => name)
    for (const { targetPort } of spec.ports) assert.ok(named.includes(targetPort), targetPort)
  }
})

test('the pod has the name by which the bridge asks for it', () => {
  assert.equal(controlPod(PLACE), 'shop-production-control-0')
})
