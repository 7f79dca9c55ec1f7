/**
 * What a kubelet does with the pods of a release: what they may, what their events say of what is wrong, who may be evicted. Not
 * part of `bin/test`: it needs a cluster whose nodes are this machine's Docker engine.
 * `KUBECONFIG=… node --test test/cluster/pods.test.ts`
 */
import assert from 'node:assert/strict'
import { createHash, randomUUID } from 'node:crypto'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { Release } from '../../src/deploy/release.ts'
import { readSource } from '../../src/deploy/source.ts'
import type { Command } from '../../src/deploy/targets/command.ts'
import { makeImage } from '../../src/deploy/targets/docker/images.ts'
import { causeOfPod } from '../../src/deploy/targets/kubernetes/causes.ts'
import { clusterOf, type Cluster } from '../../src/deploy/targets/kubernetes/cluster.ts'
import {
  applyObjects,
  execIn,
  listDeployments,
  listEvents,
  listPods,
  readApiVersions,
  readLogs,
  readVersion,
  removeRelease,
  type Access,
} from '../../src/deploy/targets/kubernetes/commands.ts'
import { eventsIn } from '../../src/deploy/targets/kubernetes/events.ts'
import { placeOf } from '../../src/deploy/targets/kubernetes/names.ts'
import { closedPolicy } from '../../src/deploy/targets/kubernetes/network-policy.ts'
import type { KubernetesObject } from '../../src/deploy/targets/kubernetes/object.ts'
import { serviceObjects } from '../../src/deploy/targets/kubernetes/objects.ts'
import { observed, type ObservedPod } from '../../src/deploy/targets/kubernetes/observe.ts'
import { refusalsIn } from '../../src/deploy/targets/kubernetes/refusal.ts'
import { serviceAccountOf } from '../../src/deploy/targets/kubernetes/service-account.ts'
import { mustRun, runCommand } from '../../src/deploy/targets/run-command.ts'
import { nodeArchive } from '../support/docker-engine.ts'
import { kubernetesRelease } from '../support/kubernetes-release.ts'
import { until } from '../support/project.ts'

const BASE = 'seaworthy-test-base:1'
const SECRET = 'geheim-4711'
const run = { env: process.env }
/** An old kubelet acts on a startup probe when it next goes through all pods, which may take it a minute and a half. */
const WITHIN_MS = 240_000

/** Tells what it may and may not do where it runs. */
const MAIN = `import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'

const status = readFileSync('/proc/self/status', 'utf8')
const field = (name) => status.split('\\n').find((line) => line.startsWith(name + ':'))?.split(/\\s+/)[1]
const attempt = (path) => {
  try {
    writeFileSync(path, 'x')
    return 'written'
  } catch (error) {
    return error.code
  }
}
const facts = {
  uid: process.getuid(),
  gid: process.getgid(),
  capabilities: field('CapEff'),
  bounding: field('CapBnd'),
  noNewPrivileges: field('NoNewPrivs'),
  root: attempt('/app/x'),
  secrets: attempt('/run/secrets/x'),
  tmp: attempt('/tmp/x'),
  data: attempt('/app/data/x'),
  secret: createHash('sha256').update(process.env.JWT_KEY).digest('hex'),
  token: existsSync('/run/secrets/kubernetes.io') || existsSync('/var/run/secrets/kubernetes.io'),
  links: Object.keys(process.env).filter((name) => name.endsWith('_SERVICE_HOST') && !name.startsWith('KUBERNETES')),
  release: process.env.RELEASE,
  level: process.env.LEVEL,
  words: process.argv.slice(2),
}
createServer((request, response) => response.end(request.url === '/up' ? 'yes' : JSON.stringify(facts))).listen(
  process.env.PORT,
  process.env.HOST,
)
process.on('SIGTERM', () => process.exit(0))
`

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
  // Asked by the check in the image.
  checked: { path: 'api', start: 'node main.mjs', routes: ['/checked'], secrets: ['JWT_KEY'], grace: '1s' },
  absent: { image: `seaworthy-test-absent@sha256:${'a'.repeat(64)}`, routes: ['/absent'] },
  huge: { path: 'api', start: 'node main.mjs', routes: ['/huge'], resources: { cpu: 500 } },
  broken: { path: 'api', start: `node -e 'console.error("Error: DB_URL is not set"); process.exit(3)'` },
  greedy: {
    path: 'api',
    start: `node -e 'const held = []; for (;;) held.push(Buffer.alloc(1 << 20, 1))'`,
    resources: { memory: '64MiB' },
  },
  deaf: {
    path: 'api',
    start: `node -e 'setInterval(() => {}, 1000)'`,
    routes: ['/deaf'],
    health: { ...health, deadline: '20s' },
  },
}

test('a release on a real cluster: started, asked, explained', { timeout: 900_000 }, async (t) => {
  const project = mkdtempSync(join(tmpdir(), 'seaworthy-kubernetes-'))
  t.after(() => rmSync(project, { recursive: true, force: true }))
  mkdirSync(join(project, 'api'))
  writeFileSync(join(project, 'api/main.mjs'), MAIN)
  const release = await released(project)
  const place = placeOf(release)
  const { access, kubectl } = namespaceOf(t)
  const answer = (command: Command): Promise<string> => mustRun(command, run)
  const cluster = await lookAt(access)
  const image = await buildImage(release, project)
  const objectsOf = (service: string, instances = 1): readonly KubernetesObject[] => {
    const { run: what } = release.config.services[service]!
    const name = what.kind === 'image' ? what.image : image
    return serviceObjects({ release, service, image: name, cluster, instances, values: { JWT_KEY: SECRET } })
  }
  const pods = async (service: string): Promise<readonly ObservedPod[]> =>
    observed(await answer(listPods(access, place))).filter(({ instance }) => instance.service === service)
  const causeOf = async (service: string): Promise<string> => {
    const [one] = await pods(service)
    if (one === undefined) return 'no pod'
    const events = eventsIn(await answer(listEvents(access, one.pod)))
    const logs = { container: service, lines: 5, isPrevious: one.instance.restarts > 0 }
    const { stdout } = await runCommand(readLogs(access, one.pod, logs), run)
    const lastLines = stdout.split('\n').filter((line) => line !== '')
    const cause = causeOfPod({ observed: one, service: release.config.services[service]!, events, lastLines })
    return cause === null ? 'none' : `${cause.name}, ${cause.certainty}: ${cause.text}`
  }
  const explained = async (service: string, pattern: RegExp): Promise<void> => {
    let last = ''
    await until(
      async () => pattern.test((last = await causeOf(service))),
      `${service} to be explained`,
      WITHIN_MS,
    ).catch((error: Error) => assert.match(last, pattern, error.message))
    t.diagnostic(`${service}: ${last}`)
  }

  const ground = [serviceAccountOf(place), closedPolicy(place)]
  await answer(applyObjects(access, [...ground, ...objectsOf('api', 2), ...objectsOf('checked')]))
  await t.test('its pods become ready, by a GET and by the check in the image', async () => {
    const ready = async (service: string): Promise<number> => (await pods(service)).filter((one) => one.isReady).length
    await until(async () => (await ready('api')) === 2, 'two pods of api', WITHIN_MS)
    await until(async () => (await ready('checked')) === 1, 'one of checked', WITHIN_MS)
    for (const { instance } of await pods('api')) {
      assert.match(instance.id, /^api@7-3fa9c1d2-\d+$/)
      assert.deepEqual([instance.state, instance.port, instance.restarts], ['running', 8080, 0])
    }
  })

  await t.test('inside it has no rights, and the secret is in the program alone', async () => {
    const [one] = (await pods('api')) as readonly [ObservedPod, ObservedPod]
    const url = `http://${one.instance.host}:8080/`
    assert.deepEqual(await (await fetch(url)).json(), {
      uid: 65_532,
      gid: 65_532,
      capabilities: '0000000000000000',
      bounding: '0000000000000000',
      noNewPrivileges: '1',
      root: 'EROFS',
      secrets: 'EROFS',
      tmp: 'written',
      data: 'written',
      secret: createHash('sha256').update(SECRET).digest('hex'),
      token: false,
      links: [],
      release: '7-3fa9c1d2',
      level: 'x"$y `z` $(HOST)',
      words: ['--as', one.pod, '$(HOST)', 'a$b'],
    })
    const encoded = Buffer.from(SECRET).toString('base64')
    const shown = kubectl('get', 'pods,deployments,configmaps', '--output', 'json')
    for (const secret of [SECRET, encoded]) assert.ok(!shown.includes(secret))
    const argv = ['node', '-p', 'JSON.stringify(process.env)']
    const seen = await answer(execIn(access, one.pod, { container: 'api', argv, limitMs: 30_000 }))
    assert.match(seen, /JWT_KEY_FILE/)
    assert.ok(!seen.includes(SECRET))
  })

  await t.test('one pod may be taken from its node; the last that is ready may not', async () => {
    const [first, second] = (await pods('api')) as readonly [ObservedPod, ObservedPod]
    const evict = async ({ pod }: ObservedPod): Promise<number> => {
      const body = {
        apiVersion: 'policy/v1beta1',
        kind: 'Eviction',
        metadata: { name: pod, namespace: access.namespace },
      }
      const path = `/api/v1/namespaces/${access.namespace}/pods/${pod}/eviction`
      const argv = ['kubectl', 'create', '--raw', path, '--filename', '-'] as const
      const stdin = Buffer.from(JSON.stringify(body))
      return (await runCommand({ argv, stdin, timeoutMs: 30_000, because: 'a test' }, run)).code
    }
    assert.equal(await evict(first), 0)
    assert.notEqual(await evict(second), 0)
    await until(
      async () => (await pods('api')).filter((one) => one.isReady && one.instance.state === 'running').length === 2,
      'another in its place',
      WITHIN_MS,
    )
  })

  await t.test('what is wrong is named with what shows it', async () => {
    for (const service of ['absent', 'huge', 'broken', 'greedy', 'deaf'])
      await answer(applyObjects(access, objectsOf(service)))
    await explained('absent', /^image-pull, proven: its image does not arrive: Failed to pull image/)
    await explained('huge', /^unschedulable, proven: no node takes it: 0\/1 nodes are available: 1 Insufficient cpu/)
    await explained('broken', /^crash-loop, proven: the program exited with 3.*: Error: DB_URL is not set$/)
    await explained('greedy', /^out-of-memory, proven: it used more memory than the 64 MiB/)
    await explained('deaf', /^probe-fails, likely: it runs, and \/up does not pass: .*connection refused$/)
    await explained('deaf', /^slow-start, proven: it did not become ready within 20 s, and was started again/)
  })

  await t.test('a Deployment that gets no pods says why', async () => {
    const metadata = { name: 'none', labels: {} }
    await answer(
      applyObjects(access, [{ apiVersion: 'v1', kind: 'ResourceQuota', metadata, spec: { hard: { pods: '0' } } }]),
    )
    await answer(removeRelease(access, place, release.id, 'broken'))
    await answer(applyObjects(access, objectsOf('broken')))
    const refusals = async (): Promise<readonly string[]> =>
      refusalsIn(await answer(listDeployments(access, place)))
        .filter(({ service }) => service === 'broken')
        .map(({ cause }) => cause.name)
    await until(async () => (await refusals()).join() === 'quota', 'the quota to be named', WITHIN_MS)
  })
})

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

/** On the cluster's own engine: there is no registry, and none is asked. */
async function buildImage(release: Release, project: string): Promise<string> {
  using base = nodeArchive()
  execFileSync('docker', ['import', '--change', 'ENV PATH=/usr/local/bin', base.path, BASE], { stdio: 'ignore' })
  const bases = { node: BASE, python: 'none' }
  return await makeImage(release, 'api', { host: null, run, projectFolder: project, keptOut: [], bases })
}

async function released(project: string): Promise<Release> {
  const release = kubernetesRelease(SERVICES, { environment: { drain: '2s' } })
  const { hash } = await readSource(project, release.config.services['api']!, [])
  return { ...release, artifacts: Object.fromEntries(Object.keys(SERVICES).map((service) => [service, hash])) }
}
