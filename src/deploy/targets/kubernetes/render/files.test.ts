import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CLUSTER } from '../../../../../test/support/kubernetes-release.ts'
import { unknownTo } from '../../../../../test/support/kubernetes-types.ts'
import { kustomized } from '../../../../../test/support/kustomize.ts'
import { restrictedViolations } from '../../../../../test/support/pod-security.ts'
import { checkConfig, resolveEnvironment } from '../../../../config/index.ts'
import type { Json } from '../../../../config/plain.ts'
import { secretNames } from '../../../need-variables.ts'
import { wantedInstances } from '../../../wanted.ts'
import { imageOf } from '../../docker/image-of.ts'
import { placeOf } from '../names.ts'
import { closedPolicy } from '../network-policy.ts'
import type { KubernetesObject } from '../object.ts'
import { serviceObjects } from '../objects.ts'
import { serviceAccountOf } from '../service-account.ts'
import { renderFiles, type RenderedFile } from './files.ts'
import type { Overlay } from './input.ts'
import { renderedRelease } from './objects.ts'

const NONE = { name: null, digests: new Map<string, string>() }
const DIGEST = `sha256:${'b'.repeat(64)}`
const SERVICES = {
  api: {
    start: 'node main.js --release $RELEASE',
    routes: ['/'],
    secrets: ['JWT_KEY', 'PASSWORD'],
    env: { LEVEL: 'info' },
    uses: { bank: 'required' },
    scale: { min: 2, max: 6, cpu: '70%' },
  },
  // Called as its neighbours' objects are.
  shop: { start: 'python3 main.py', routes: ['/shop'], writable: ['data'] },
  proxy: { image: `registry.example.com/proxy@${DIGEST}`, routes: ['/proxy'] },
}
/** One service at a time, without a budget, an autoscaler and a secret: objects that only one environment has. */
const SMALL = { api: { scale: { min: 1, max: 1 }, env: { LEVEL: 'debug' }, secrets: [] } }

interface Fixture {
  readonly name?: string
  readonly services?: Readonly<Record<string, object>>
  readonly staging?: object
}

function overlaysOf({ name = 'shop', services = SERVICES, staging = SMALL }: Fixture = {}): [Overlay, Overlay] {
  const kubernetes = { target: 'kubernetes', context: 'c' }
  const environments = {
    staging: { ...kubernetes, namespace: 'staging', overrides: { services: staging } },
    production: kubernetes,
  }
  const app = { name, needs: { bank: { kind: 'http', url: 'BANK_URL' } }, services, environments }
  const checked = checkConfig(app as Json, '/app/seaworthy.config.ts')
  const of = (environment: string, namespace: string): Overlay => {
    const artifacts = Object.fromEntries(Object.keys(services).map((service) => [service, 'a1b2c3d4e5f60718']))
    return { release: renderedRelease(resolveEnvironment(checked, environment), artifacts), namespace }
  }
  return [of('staging', 'staging'), of('production', name)]
}

function documentsIn(files: readonly RenderedFile[]): (path: string) => readonly object[] {
  return (path) => {
    const file = files.find((one) => one.path === path)
    assert.ok(file !== undefined && 'documents' in file, path)
    return file.documents
  }
}

function resultOf(overlays: readonly [Overlay, ...Overlay[]], environment: string): readonly KubernetesObject[] {
  return kustomized(`overlays/${environment}`, documentsIn(renderFiles({ overlays, registry: NONE })))
}

/** What `Workloads.start` applies for the services of a release, one after the other. */
function deployedOf({ release }: Overlay): readonly KubernetesObject[] {
  const services = Object.entries(release.config.services).flatMap(([service, declared]) =>
    serviceObjects({
      release,
      service,
      image: imageOf(release, service),
      cluster: CLUSTER,
      instances: wantedInstances(service, release.config, {}),
      values: Object.fromEntries(secretNames(declared, release.config.needs).map((name) => [name, 'geheim'])),
    }),
  )
  return [serviceAccountOf(placeOf(release)), closedPolicy(placeOf(release)), ...services]
}

/** The same as whoever renders says that it is. */
function asSaid(objects: readonly KubernetesObject[], { release, namespace }: Overlay): readonly string[] {
  const { id, digest, config } = release
  const { environment, name: app } = config
  return objects
    .filter(({ kind }) => kind !== 'Secret')
    .map((object) => {
      const { metadata, ...rest } = JSON.parse(
        JSON.stringify(object)
          .replaceAll(`"seaworthy.release":"${id}"`, '"seaworthy.release":"rendered"')
          .replaceAll(new RegExp(`"${app}-${environment}-([a-z]+)-${id}"`, 'g'), `"${app}-$1"`)
          .replaceAll(`"name":"${app}-${environment}"`, `"name":"${app}"`)
          .replaceAll(`"serviceAccountName":"${app}-${environment}"`, `"serviceAccountName":"${app}"`),
      ) as KubernetesObject
      const labels: Record<string, string> = { ...metadata.labels }
      const isDeployment = object.kind === 'Deployment'
      if (!isDeployment) delete labels['app.kubernetes.io/version']
      const said = { 'seaworthy.applied-by': 'others', 'seaworthy.digest': digest }
      const annotations = isDeployment ? { annotations: { ...metadata.annotations, ...said } } : {}
      return { ...rest, metadata: { ...metadata, labels, namespace, ...annotations } }
    })
    .map(sorted)
    .toSorted()
}

/** But for the hash in the name of a ConfigMap, which a test of its own is about. */
function asFound(objects: readonly KubernetesObject[]): readonly string[] {
  const maps = objects.filter(({ kind }) => kind === 'ConfigMap').map(({ metadata }) => metadata.name)
  return objects
    .map((object) =>
      maps.reduce(
        (text, name) => text.replaceAll(`"${name}"`, `"${name.replace(/-[0-9a-f]{8}$/, '')}"`),
        sorted(object),
      ),
    )
    .toSorted()
}

/** Keys in order. */
function sorted(value: unknown): string {
  return JSON.stringify(value, (_, held: unknown) =>
    typeof held === 'object' && held !== null && !Array.isArray(held)
      ? Object.fromEntries(Object.entries(held).toSorted(([one], [other]) => (one < other ? -1 : 1)))
      : held,
  )
}

test('an overlay is what a deploy applies, but for what is said', () => {
  const overlays = overlaysOf()
  for (const overlay of overlays) {
    const { environment } = overlay.release.config
    const found = resultOf(overlays, environment)
    assert.deepEqual(asFound(found), asSaid(deployedOf(overlay), overlay), environment)
  }
  const kinds = (environment: string): readonly string[] =>
    resultOf(overlays, environment)
      .filter(({ metadata }) => metadata.name.startsWith('shop-api'))
      .map(({ kind }) => kind)
      .toSorted()
  const both = ['ConfigMap', 'Deployment', 'NetworkPolicy', 'Service']
  assert.deepEqual(kinds('staging'), both)
  assert.deepEqual(kinds('production'), [...both, 'HorizontalPodAutoscaler', 'PodDisruptionBudget'].toSorted())
})

test('one environment alone is all in the base', () => {
  const [, production] = overlaysOf()
  const files = renderFiles({ overlays: [production], registry: NONE })
  assert.deepEqual(
    files.map(({ path }) => path),
    [
      'README.md',
      'base/kustomization.yaml',
      'base/shared.yaml',
      'base/services/api.yaml',
      'base/services/shop.yaml',
      'base/services/proxy.yaml',
      'overlays/production/kustomization.yaml',
    ],
  )
  assert.deepEqual(asFound(resultOf([production], 'production')), asSaid(deployedOf(production), production))
})

test('a cluster knows every field, and every pod fits Pod Security "restricted"', () => {
  const overlays = overlaysOf()
  for (const { release } of overlays) {
    const objects = resultOf(overlays, release.config.environment)
    assert.deepEqual(
      objects.flatMap((object) => unknownTo('new', object)),
      [],
    )
    const pods = objects
      .filter(({ kind }) => kind === 'Deployment')
      .map(({ spec }) => (spec as { template: { spec: object } }).template.spec)
    assert.equal(pods.length, 3)
    assert.deepEqual(pods.flatMap(restrictedViolations), [])
  }
})

test('other variables are another ConfigMap, which the pods then name; the same ones are the same', () => {
  const mapsOf = (level: string): readonly string[] => {
    const services = { ...SERVICES, api: { ...SERVICES.api, env: { LEVEL: level } } }
    const objects = resultOf(overlaysOf({ services }), 'production')
    const names = objects.filter(({ kind }) => kind === 'ConfigMap').map(({ metadata }) => metadata.name)
    const named = [...JSON.stringify(objects).matchAll(/"configMapRef":\{"name":"([^"]+)"/g)].map(([, name]) => name!)
    assert.deepEqual(names.toSorted(), named.toSorted())
    return names.toSorted()
  }
  const [api, ...others] = mapsOf('info')
  const [otherApi, ...sameOthers] = mapsOf('warn')
  assert.match(api!, /^shop-api-[0-9a-f]{8}$/)
  assert.notEqual(otherApi, api)
  assert.deepEqual(sameOthers, others)
})

test('the next release is the same objects: none but ConfigMaps come and go, no selector changes', () => {
  const before = resultOf(overlaysOf(), 'production')
  const next = resultOf(overlaysOf({ services: { ...SERVICES, shop: { start: 'python3 other.py' } } }), 'production')
  const names = (objects: readonly KubernetesObject[]): readonly string[] =>
    objects
      .filter(({ kind }) => !['ConfigMap', 'Service'].includes(kind))
      .map(({ kind, metadata }) => `${kind} ${metadata.name}`)
  const selectors = (objects: readonly KubernetesObject[]): readonly string[] =>
    objects
      .filter(({ kind }) => kind === 'Deployment')
      .map(({ spec }) => sorted((spec as { selector: object }).selector))
  assert.deepEqual(names(next), names(before))
  assert.deepEqual(selectors(next), selectors(before))
  assert.notEqual(sorted(next), sorted(before))
})

test('no Secret, and nothing of one, is written; which are needed is', () => {
  const files = renderFiles({ overlays: overlaysOf(), registry: NONE })
  assert.doesNotMatch(JSON.stringify(files), /"kind":"Secret"|geheim/)
  const readme = files.find((file) => 'text' in file)!
  assert.match((readme as { text: string }).text, /\| `shop-api` \| `JWT_KEY`, `PASSWORD`, `BANK_URL` \|/)
  const [pod] = JSON.stringify(files).match(/"secretName":"[^"]+"/g)!
  assert.equal(pod, '"secretName":"shop-api"')
})

test('two services and two apps never have one name', () => {
  const namesOf = (name: string, service: string): readonly string[] => {
    const services = { [service]: { start: 'node main.js' } }
    const objects = resultOf(overlaysOf({ name, services, staging: {} }), 'production')
    return objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`)
  }
  const all = [...namesOf('a', 'b-c'), ...namesOf('a-b', 'c'), ...namesOf('a', 'b'), ...namesOf('a-b-c', 'd')]
  // Both called `a` share what is the app's.
  const shared = ['ServiceAccount a', 'NetworkPolicy a']
  assert.equal(new Set(all).size, all.length - shared.length)
})

test('the same input is the same files, in the same order', () => {
  const once = (): string =>
    JSON.stringify(renderFiles({ overlays: overlaysOf(), registry: { ...NONE, name: 'r.example.com' } }))
  assert.equal(once(), once())
})
