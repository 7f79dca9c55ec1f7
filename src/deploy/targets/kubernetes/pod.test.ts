import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CLUSTER, kubernetesRelease, OLD_CLUSTER } from '../../../../test/support/kubernetes-release.ts'
import { restrictedViolations } from '../../../../test/support/pod-security.ts'
import { instancePod, oncePod } from './pod.ts'

/** Of a job's own ConfigMap and Secret. */
const OWN = 'shop-production-api-migration-1-2-7-3fa9c1d2'
const IMAGE = 'seaworthy/shop/api:a1b2c3d4e5f60718-91b0c4d7'

interface Spec {
  readonly securityContext: object
  readonly volumes: readonly { readonly name: string; readonly secret?: { readonly defaultMode: number } }[]
  readonly containers: readonly [Readonly<Record<string, unknown>> & { readonly args?: readonly string[] }]
}

function podOf(service: object, cluster = CLUSTER): { labels: object; spec: Spec } {
  const release = kubernetesRelease({ api: service }, { needs: { bank: { kind: 'http', url: 'BANK_URL' } } })
  const { metadata, spec } = instancePod({ release, service: 'api', image: IMAGE, cluster })
  return { labels: metadata.labels, spec: spec as Spec }
}

test('an instance as a pod: every field of it', () => {
  const { spec } = podOf({
    start: "node src/main.js 'a b'",
    routes: ['/'],
    health: { ready: '/ready', live: '/live' },
    secrets: ['JWT_KEY'],
    writable: ['./data/'],
    resources: { cpu: 0.5, memory: '256MiB' },
    grace: '2500ms',
  })
  const selector = {
    'seaworthy.app': 'shop',
    'seaworthy.environment': 'production',
    'app.kubernetes.io/component': 'instance',
    'seaworthy.service': 'api',
    'seaworthy.release': '7-3fa9c1d2',
  }
  const spread = (topologyKey: string): object => ({
    maxSkew: 1,
    topologyKey,
    whenUnsatisfiable: 'ScheduleAnyway',
    labelSelector: { matchLabels: selector },
  })
  const get = (path: string): object => ({ httpGet: { path, port: 'main' } })
  const times = { periodSeconds: 5, timeoutSeconds: 3 }
  assert.deepEqual(spec, {
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    serviceAccountName: 'shop-production',
    securityContext: {
      runAsNonRoot: true,
      runAsUser: 65_532,
      runAsGroup: 65_532,
      fsGroup: 65_532,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    volumes: [
      { name: 'tmp', emptyDir: { sizeLimit: '64Mi' } },
      { name: 'secrets', secret: { secretName: 'shop-production-api-7-3fa9c1d2', defaultMode: 0o440 } },
      { name: 'writable-1', emptyDir: {} },
    ],
    // 30 s of drain, 2.5 s of grace.
    terminationGracePeriodSeconds: 38,
    topologySpreadConstraints: [spread('topology.kubernetes.io/zone'), spread('kubernetes.io/hostname')],
    containers: [
      {
        name: 'api',
        image: IMAGE,
        imagePullPolicy: 'IfNotPresent',
        args: ['node', 'src/main.js', 'a b'],
        envFrom: [{ configMapRef: { name: 'shop-production-api-7-3fa9c1d2' } }],
        env: [
          { name: 'HOST', value: '0.0.0.0' },
          { name: 'PORT', value: '8080' },
          { name: 'RELEASE', value: '7-3fa9c1d2' },
          { name: 'INSTANCE', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.name' } } },
        ],
        resources: {
          requests: { cpu: '500m', memory: '256Mi', 'ephemeral-storage': '64Mi' },
          limits: { memory: '256Mi', 'ephemeral-storage': '1Gi' },
        },
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        },
        volumeMounts: [
          { name: 'tmp', mountPath: '/tmp' },
          { name: 'secrets', mountPath: '/run/secrets', readOnly: true },
          { name: 'writable-1', mountPath: '/app/data' },
        ],
        ports: [{ name: 'main', containerPort: 8080, protocol: 'TCP' }],
        startupProbe: { ...get('/ready'), ...times, successThreshold: 1, failureThreshold: 60 },
        readinessProbe: { ...get('/ready'), ...times, successThreshold: 2, failureThreshold: 3 },
        livenessProbe: { ...get('/live'), ...times, successThreshold: 1, failureThreshold: 3 },
        lifecycle: { preStop: { sleep: { seconds: 30 } } },
      },
    ],
  })
})

test('words reach the program as they are written: a kubelet would replace what looks like its variables', () => {
  const { spec } = podOf({
    start: "node main.js --port $PORT --as $INSTANCE '$(HOST)' 'a$$b' $HOME",
    routes: ['/'],
  })
  const written = ['node', 'main.js', '--port', '8080', '--as', '$(INSTANCE)', '$$(HOST)', 'a$$b', '$$HOME']
  assert.deepEqual(spec.containers[0].args, written)
})

test('Pod Security "restricted" would take every one of them', () => {
  const image = `registry.example.com/api@sha256:${'a'.repeat(64)}`
  for (const service of [{ start: 'node main.js', routes: ['/'], secrets: ['A'], writable: ['data'] }, { image }])
    assert.deepEqual(restrictedViolations(podOf(service).spec), [])
  const release = kubernetesRelease({ api: { start: 'node main.js' } })
  assert.deepEqual(
    restrictedViolations(
      oncePod({ release, service: 'api', image, own: 'o', hasSecrets: true, argv: ['true'] }, 'migration').spec,
    ),
    [],
  )
  // It does find what is wrong.
  const { spec } = podOf({ start: 'node main.js' })
  const [container] = spec.containers
  assert.deepEqual(
    restrictedViolations({ ...spec, hostPID: true, volumes: [{ hostPath: { path: '/' } }], securityContext: {} }),
    ['hostPID', 'volume of kind hostPath', 'runAsNonRoot', 'seccompProfile'],
  )
  assert.deepEqual(restrictedViolations({ ...spec, containers: [{ ...container, securityContext: {} }] }), [
    'allowPrivilegeEscalation',
    'capabilities.drop',
  ])
})

test('no secret is in a pod, only where its files are', () => {
  const { spec } = podOf({ start: 'node main.js', routes: ['/'], secrets: ['JWT_KEY'] })
  assert.ok(!JSON.stringify(spec).includes('JWT_KEY'))
})

test('an image of somebody else keeps its user, as long as that is not root, its command and its check', () => {
  const image = `registry.example.com/api@sha256:${'a'.repeat(64)}`
  const { spec } = podOf({ image, routes: ['/'], secrets: ['JWT_KEY'] }, OLD_CLUSTER)
  const [container] = spec.containers
  assert.deepEqual(spec.securityContext, { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } })
  assert.equal(spec.volumes.find(({ name }) => name === 'secrets')!.secret!.defaultMode, 0o444)
  assert.equal(container.args, undefined)
  assert.deepEqual(container['readinessProbe'], {
    tcpSocket: { port: 'main' },
    periodSeconds: 5,
    timeoutSeconds: 3,
    successThreshold: 2,
    failureThreshold: 3,
  })
  // Nothing in it is known to be able to wait.
  assert.equal(container['lifecycle'], undefined)
})

test('a worker that listens on nothing has no port', () => {
  const { spec } = podOf({ start: 'python3 jobs.py' })
  assert.equal(spec.containers[0]['ports'], undefined)
  assert.equal(podOf({ start: 'node main.js', port: 3000 }).spec.containers[0]['ports'] === undefined, false)
})

test('templates: a folder of its own for what the entry makes of them, and its name in words and variables', () => {
  const { spec } = podOf({ start: 'node main.js $INSTANCE_DIR/a.conf', templates: { 'a.template': 'a.conf' } })
  const [container] = spec.containers
  assert.deepEqual(container.args, ['node', 'main.js', '/run/instance/a.conf'])
  const env = container['env'] as readonly { readonly name: string; readonly value?: string }[]
  assert.equal(env.find(({ name }) => name === 'INSTANCE_DIR')?.value, '/run/instance')
  assert.match(JSON.stringify(container['volumeMounts']), /"name":"instance","mountPath":"\/run\/instance"/)
  assert.ok(spec.volumes.some(({ name }) => name === 'instance'))
  assert.deepEqual(restrictedViolations(spec), [])
  assert.doesNotMatch(JSON.stringify(podOf({ start: 'node main.js' }).spec), /INSTANCE_DIR|run\/instance/)
})

test('static files are served by what is in their image, told where they are', () => {
  const { spec } = podOf({ static: 'web', routes: ['/help', 'shop.example.com/'] }, OLD_CLUSTER)
  const [container] = spec.containers
  assert.deepEqual([container['command'], container.args], [undefined, ['/help', 'shop.example.com/']])
  assert.deepEqual(container['ports'], [{ name: 'main', containerPort: 8080, protocol: 'TCP' }])
  assert.deepEqual((container['readinessProbe'] as { exec: object }).exec, {
    command: ['node', '/seaworthy/check.mjs'],
  })
  assert.ok(container['lifecycle'] !== undefined)
})

test("a Dockerfile of the service's own: its user, the words of `start` in place of its entry, nothing of ours", () => {
  const start = { start: "node /srv/server.mjs 'a b' $PORT", routes: ['/'], secrets: ['JWT_KEY'] }
  const release = kubernetesRelease({ api: start })
  const { spec } = instancePod({ release, service: 'api', image: IMAGE, isOwn: true, cluster: OLD_CLUSTER })
  const { containers, securityContext, volumes } = spec as Spec
  const [container] = containers
  assert.deepEqual([container['command'], container.args], [['node'], ['/srv/server.mjs', 'a b', '8080']])
  assert.deepEqual(securityContext, { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } })
  assert.equal(volumes.find(({ name }) => name === 'secrets')!.secret!.defaultMode, 0o444)
  assert.deepEqual((container['readinessProbe'] as { tcpSocket: object }).tcpSocket, { port: 'main' })
  assert.equal(container['lifecycle'], undefined)
})

test('a job has the same image and bounds, variables and secrets of its own, and neither port nor probes', () => {
  const release = kubernetesRelease({ api: { start: 'node main.js', routes: ['/'], secrets: ['DB'] } })
  const argv = ['node', 'migrate.js', 'expand']
  const once = oncePod({ release, service: 'api', image: IMAGE, own: OWN, hasSecrets: true, argv }, 'migration')
  const spec = once.spec as Spec & { readonly restartPolicy: string }
  const [container] = spec.containers
  const [of] = (instancePod({ release, service: 'api', image: IMAGE, cluster: CLUSTER }).spec as Spec).containers
  assert.equal(spec.restartPolicy, 'Never')
  assert.deepEqual(container['envFrom'], [{ configMapRef: { name: OWN } }])
  assert.match(JSON.stringify(spec.volumes), new RegExp(`"secretName":"${OWN}"`))
  assert.deepEqual(container.args, ['node', 'migrate.js', 'expand'])
  for (const key of ['image', 'env', 'resources', 'securityContext', 'volumeMounts'])
    assert.deepEqual(container[key], of[key])
  for (const key of ['ports', 'readinessProbe', 'startupProbe', 'livenessProbe', 'lifecycle'])
    assert.equal(container[key], undefined)
  assert.equal(once.metadata.labels['app.kubernetes.io/component'], 'migration')
})
