/**
 * The objects of a release on a real API server, none of whose pods need to run. Not part of `bin/test`, which has no
 * cluster: `KUBECONFIG=… node --test test/cluster/kubernetes.test.ts`
 */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { execFileSync } from 'node:child_process'
import { test, type TestContext } from 'node:test'
import type { Release } from '../../src/deploy/release.ts'
import type { Command } from '../../src/deploy/targets/command.ts'
import { clusterOf, type Cluster } from '../../src/deploy/targets/kubernetes/cluster.ts'
import {
  applyObjects,
  listDeployments,
  listEvents,
  listPods,
  readApiVersions,
  readVersion,
  removeRelease,
  removeSecrets,
  type Access,
} from '../../src/deploy/targets/kubernetes/commands.ts'
import { ingressOf } from '../../src/deploy/targets/kubernetes/entrance.ts'
import { gatewayKeyOf } from '../../src/deploy/targets/kubernetes/gateway-key.ts'
import { installationObjects } from '../../src/deploy/targets/kubernetes/installation.ts'
import { commandStep } from '../../src/deploy/targets/kubernetes/migration-step.ts'
import { placeOf, releaseName } from '../../src/deploy/targets/kubernetes/names.ts'
import { closedPolicy } from '../../src/deploy/targets/kubernetes/network-policy.ts'
import type { KubernetesObject } from '../../src/deploy/targets/kubernetes/object.ts'
import { serviceObjects } from '../../src/deploy/targets/kubernetes/objects.ts'
import { roleBindingOf, roleOf } from '../../src/deploy/targets/kubernetes/role.ts'
import { serviceAccountOf } from '../../src/deploy/targets/kubernetes/service-account.ts'
import { Workloads } from '../../src/deploy/targets/kubernetes/workloads.ts'
import { mustRun, runCommand } from '../../src/deploy/targets/run-command.ts'
import { INSTALLATION, kubernetesRelease } from '../support/kubernetes-release.ts'
import { until } from '../support/project.ts'

const SECRET = 'geheim-4711'
const run = { env: process.env }
const WITHIN_MS = 120_000

const health = { ready: '/up', interval: '1s', timeout: '3s', deadline: '60s' }
const SERVICES = {
  api: {
    path: 'api',
    start: "node main.mjs --as $INSTANCE '$(HOST)' 'a$$b'",
    routes: ['/'],
    health: { ...health, live: '/up' },
    env: { LEVEL: 'x"$y `z` $(HOST)' },
    secrets: ['JWT_KEY'],
    writable: ['data'],
    resources: { memory: '128MiB' },
    grace: '5s',
    scale: { min: 2, max: 4, cpu: '70%' },
  },
  checked: { path: 'api', start: 'node main.mjs', routes: ['/checked'], secrets: ['JWT_KEY'], grace: '1s' },
}

test('the server of a real cluster takes every object as it is', { timeout: 120_000 }, async (t) => {
  const { access } = namespaceOf(t)
  const release = kubernetesRelease(SERVICES)
  const place = placeOf(release)
  const cluster = await lookAt(access)
  t.diagnostic(`the cluster: ${JSON.stringify(cluster)}`)
  const image = 'seaworthy/shop/api:1'
  const objectsOf = (service: string): readonly KubernetesObject[] =>
    serviceObjects({ release, service, image, cluster, instances: 2, values: { JWT_KEY: SECRET } })
  const errand = { id: 1, what: 'command', argv: ['node', '-v'], env: { JWT_KEY: SECRET } } as const
  const migration = commandStep({ release, service: 'api', run: 1 }, { image, isOwn: false }, errand)
  const { control, gateway } = installationObjects({ ...INSTALLATION, place, cluster })
  const all = [
    ...control,
    ...gateway,
    gatewayKeyOf(place, Buffer.alloc(32)),
    ...Object.keys(SERVICES).flatMap((service) => objectsOf(service)),
    ...migration.owned('2fa7555c-db01-4c52-9c0f-0d4c56b7a001'),
    migration.owner,
    ingressOf({ place, domain: 'example.com', className: null, certificate: 'example-com' }),
    roleOf(place),
    roleBindingOf(place, { kind: 'ServiceAccount', name: 'ci', namespace: access.namespace }),
  ]
  const said = await mustRun(applyObjects(access, all, true), run)
  assert.equal(said.trim().split('\n').length, all.length, said)
  t.diagnostic(`${all.length} objects taken by a trial`)
  // It does refuse what it does not know.
  const [first] = objectsOf('api') as [KubernetesObject]
  const wrong = { ...first, nonsense: true }
  const { code, lastLines } = await runCommand(applyObjects(access, [wrong], true), run)
  assert.notEqual(code, 0, lastLines.join('\n'))
})

test(
  'a real server: a release put in place twice, by a role of its own, and taken away',
  { timeout: 300_000 },
  async (t) => {
    const { access, kubectl } = namespaceOf(t)
    const release = kubernetesRelease(SERVICES)
    const place = placeOf(release)
    const answer = (command: Command): Promise<string> => mustRun(command, run)
    const cluster = await lookAt(access)
    const objectsOf = (service: string, instances = 1): readonly KubernetesObject[] =>
      serviceObjects({ release, service, image: 'i:1', cluster, instances, values: { JWT_KEY: SECRET } })
    const ground = [serviceAccountOf(place), closedPolicy(place)]
    await answer(applyObjects(access, [...ground, ...objectsOf('api', 2), ...objectsOf('checked')]))

    await t.test('the same release again changes nothing', async () => {
      const versions = (): readonly string[] => {
        const text = kubectl('get', KINDS, '--output', 'json')
        const { items } = JSON.parse(text) as {
          readonly items: readonly { readonly kind: string; readonly metadata: Metadata }[]
        }
        return items
          .filter(({ metadata }) => metadata.labels?.['seaworthy.app'] !== undefined)
          .map(({ kind, metadata }) => `${kind} ${metadata.name} ${metadata.generation ?? metadata.resourceVersion}`)
      }
      const before = versions()
      await answer(applyObjects(access, [...ground, ...objectsOf('api', 2), ...objectsOf('checked')]))
      assert.deepEqual(versions(), before)
    })

    await t.test('the role is enough for a deploy, and reads no secret', async () => {
      await answer(
        applyObjects(access, [
          roleOf(place),
          roleBindingOf(place, { kind: 'ServiceAccount', name: 'ci', namespace: access.namespace }),
        ]),
      )
      const as = (command: Command): Command => {
        const [program, ...args] = command.argv
        return { ...command, argv: [program, '--as', `system:serviceaccount:${access.namespace}:ci`, ...args] }
      }
      for (const command of [
        applyObjects(access, [...ground, ...objectsOf('api', 2)]),
        listPods(access, place),
        listDeployments(access, place),
        listEvents(access, 'none'),
        removeRelease(access, place, release.id, 'broken'),
        removeSecrets(access, ['none']),
      ])
        await answer(as(command))
      const may = async (...words: readonly string[]): Promise<boolean> => {
        const argv = ['kubectl', '--namespace', access.namespace, 'auth', 'can-i', ...words] as const
        return (await runCommand(as({ argv, timeoutMs: 30_000, because: 'a test' }), run)).code === 0
      }
      assert.equal(await may('patch', 'secrets'), true)
      for (const words of [
        ['get', 'secrets'],
        ['list', 'secrets'],
        ['create', 'rolebindings'],
        ['get', 'nodes'],
      ])
        assert.equal(await may(...words), false, words.join(' '))
    })

    await t.test('taken away, nothing of it is left', async () => {
      await answer(removeRelease(access, place, release.id, null))
      await answer(
        removeSecrets(
          access,
          ['api', 'checked'].map((service) => releaseName(release, service)),
        ),
      )
      const left = (): string =>
        kubectl(
          'get',
          'all,configmaps,secrets,networkpolicies,poddisruptionbudgets,horizontalpodautoscalers',
          '--selector',
          `seaworthy.release=${release.id}`,
          '--output',
          'name',
        ).trim()
      await until(() => left() === '', 'everything to be gone', WITHIN_MS)
      // Made again after a crash of whoever did it.
      await answer(removeRelease(access, place, release.id, null))
    })
  },
)

test(
  'a real server: what is started is seen, stays as it was begun, and is taken away',
  { timeout: 300_000 },
  async (t) => {
    const { access, kubectl } = namespaceOf(t)
    const [first, second] = [kubernetesRelease(SERVICES), kubernetesRelease(SERVICES, { id: '8-3fa9c1d2' })]
    const workloads = new Workloads({ access, place: placeOf(first), run })
    const start = (release: Release, value: string): Promise<void> =>
      workloads.start(release, 'api', { image: 'i:1', asked: 2, values: () => Promise.resolve({ JWT_KEY: value }) })
    const instancesOf = async ({ id }: Release): Promise<number | null> => (await workloads.look(id, 'api')).instances

    assert.equal(await instancesOf(first), null)
    await start(first, SECRET)
    assert.equal(await instancesOf(first), 2)
    const address = await workloads.address(first, 'api')
    assert.match(address, /^\d+\.\d+\.\d+\.\d+$/)
    // Another value has come since: that is the next release's, and an object that cannot be changed is left alone.
    await start(first, 'other')
    const encoded = kubectl('get', 'secrets', releaseName(first, 'api'), '--output', 'jsonpath={.data.JWT_KEY}')
    assert.equal(Buffer.from(encoded, 'base64').toString(), SECRET)
    assert.equal(await workloads.address(first, 'api'), address)

    await t.test('beside an autoscaler the next begins with as many as there are', async () => {
      kubectl('scale', 'deployment', releaseName(first, 'api'), '--replicas', '3')
      await start(second, SECRET)
      assert.equal(await instancesOf(second), 3)
    })

    await workloads.remove(first.id, ['api', 'checked'], first)
    assert.deepEqual(
      (await workloads.deployed()).map(({ release }) => release),
      [second.id],
    )
    assert.equal(kubectl('get', 'secrets', releaseName(first, 'api'), '--ignore-not-found'), '')
    await workloads.remove(first.id, ['api', 'checked'], first)
  },
)

/** One of its own, which goes with the test. */
function namespaceOf(t: TestContext): {
  readonly access: Access
  readonly kubectl: (...args: readonly string[]) => string
} {
  const namespace = `seaworthy-${randomUUID().slice(0, 8)}`
  const kubectl = (...args: readonly string[]): string =>
    execFileSync('kubectl', ['--namespace', namespace, ...args], { encoding: 'utf8', stdio: 'pipe' })
  kubectl('create', 'namespace', namespace)
  t.after(() => kubectl('delete', 'namespace', namespace, '--wait=false'))
  return { access: { context: null, namespace }, kubectl }
}

async function lookAt(access: Access): Promise<Cluster> {
  return clusterOf(await mustRun(readApiVersions(access), run), await mustRun(readVersion(access), run))
}

const KINDS =
  'deployments,services,configmaps,secrets,networkpolicies,poddisruptionbudgets,horizontalpodautoscalers,serviceaccounts'

interface Metadata {
  readonly name: string
  readonly labels?: Readonly<Record<string, string>>
  readonly generation?: number
  readonly resourceVersion: string
}
