import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CLUSTER } from '../../../../test/support/kubernetes-release.ts'
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
  stateBytes: 5 * 2 ** 30,
  key: Buffer.alloc(32),
  gateways: 2,
  cluster: CLUSTER,
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
  const { control, gateway } = installationObjects({ ...INPUT, ...more })
  const found = [...control, ...gateway].find((one) => one.kind === kind && one.metadata.name === name)
  assert.ok(found, `${kind} ${name}`)
  return found
}

function podOf(more: Partial<InstallationInput> = {}): Pod {
  return (of('StatefulSet', 'shop-production-control', more)['spec'] as { readonly template: Pod }).template
}

function gatewayPodOf(more: Partial<InstallationInput> = {}): Pod {
  return (of('Deployment', 'shop-production-gateway', more)['spec'] as { readonly template: Pod }).template
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
    gateways: {
      port: 7070,
      key: '/run/gateway-key/key',
      host: 'shop-production-gateway',
      http: 80,
      https: null,
    },
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

test('the front door leads to the pods of the gateway, by ports that they name', () => {
  for (const https of [null, 443]) {
    const { spec } = of('Service', 'shop-production-gateway', { https }) as unknown as {
      spec: {
        type: string
        selector: Record<string, string>
        ports: { name: string; port: number; targetPort: string }[]
      }
    }
    const labels = componentLabels(PLACE, 'gateway')
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
    const named = gatewayPodOf({ https }).spec.containers[0].ports.map(({ name }) => name)
    for (const { targetPort } of spec.ports) assert.ok(named.includes(targetPort), targetPort)
  }
})

test('the pod has the name by which the bridge asks for it', () => {
  assert.equal(controlPod(PLACE), 'shop-production-control-0')
})

test('gateways look for control where it takes them in', () => {
  const { spec } = of('Service', 'shop-production-control') as unknown as {
    readonly spec: {
      readonly publishNotReadyAddresses: boolean
      readonly ports: readonly { readonly port: number; readonly targetPort: string }[]
    }
  }
  const [{ port, targetPort }] = spec.ports as [{ port: number; targetPort: string }]
  const [container] = gatewayPodOf().spec.containers as unknown as [{ readonly command: readonly string[] }]
  assert.equal(container.command[container.command.indexOf('--control') + 1], `shop-production-control:${port}`)
  assert.ok(podOf().spec.containers[0].ports.some(({ name }) => name === targetPort))
  // Those that serve come back to it as soon as it listens.
  assert.equal(spec.publishNotReadyAddresses, true)
})

test('no object holds the key: it is made once, by a command of its own', () => {
  const { control, gateway } = installationObjects({ ...INPUT, key: Buffer.alloc(32, 'x') })
  const text = JSON.stringify([...control, ...gateway])
  assert.ok(!text.includes(Buffer.alloc(32, 'x').toString('base64')))
  assert.doesNotMatch(text, /"kind":"Secret"/)
})

test('more pods of the gateway change nothing of control’s', () => {
  assert.deepEqual(podOf({ gateways: 3 }), podOf())
})
