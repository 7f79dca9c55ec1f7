/**
 * Images through a registry that asks for a password, to the nodes of a real cluster. Not part of `bin/test`:
 * `KUBECONFIG=… node --test test/cluster/registry.test.ts`
 */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { pickPort } from '../../src/control/ports.ts'
import { loggedIn, startDockerRegistry, USERS } from '../support/docker-registry.ts'
import { importNodeBase, NamespaceProject } from '../support/namespace-project.ts'
import { until } from '../support/project.ts'

const PLACE = 'fetched-production'
const STEP_MS = 240_000

const SERVER = `import { createServer } from 'node:http'
createServer((_, answer) => answer.end('here')).listen(Number(process.env.PORT), process.env.HOST)
process.on('SIGTERM', () => process.exit(0))
`

function configOf(namespace: string, registry: string): object {
  const health = { ready: '/', interval: '3s', timeout: '10s', deadline: '240s', passes: 1 }
  return {
    name: 'fetched',
    services: {
      api: { path: 'api', start: 'node main.mjs', routes: ['/'], health, grace: '5s', resources: { cpu: 0.02 } },
    },
    gateway: { listen: { http: 80 } },
    environments: {
      production: {
        target: 'kubernetes',
        context: 'local',
        namespace,
        registry,
        watch: { for: '1s', warm: '30min', p95: '100x' },
        drain: '1s',
      },
    },
  }
}

function docker(...words: readonly string[]): string {
  return execFileSync('docker', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim()
}

/** All names under which the node's engine knows what came through the registry. */
function forget(): void {
  const format = '{{.Repository}}:{{.Tag}} {{.Repository}}@{{.Digest}}'
  const names = docker('images', '--digests', '--format', format)
    .split(/\s/)
    .filter((name) => /^(?:127\.0\.0\.1:\d+\/team|seaworthy\/fetched)\//.test(name) && !name.includes('<none>'))
  for (const name of new Set(names)) docker('rmi', '--force', name)
}

test('images through a registry on Kubernetes', { timeout: 900_000 }, async (t) => {
  importNodeBase()
  const port = await pickPort('127.0.0.1', new Set())
  const address = `127.0.0.1:${port}`
  await using registry = await startDockerRegistry([null], port)
  await registry.stop()
  await registry.start(USERS)
  using login = loggedIn(null, address)
  await using project = new NamespaceProject({
    configOf: (namespace) => configOf(namespace, `${address}/team`),
    files: { 'api/main.mjs': SERVER, 'api/mark.txt': randomUUID() },
    place: PLACE,
  })
  t.after(forget)
  project.makeNamespace()
  project.variables = { DOCKER_CONFIG: login.folder }
  const kubectl = project.kubectl.bind(project)
  const imagesOf = (component: string): string => {
    const path = 'jsonpath={.items[*].spec.containers[*].image}'
    return kubectl('get', 'pods', '--selector', `app.kubernetes.io/component=${component}`, '--output', path)
  }

  await t.test('a plan names the secret, the push and the digest to be', async () => {
    const { stdout } = await project.must(['deploy', '--dry-run'])
    assert.match(stdout, /\+ Secret fetched-production-registry/)
    assert.match(stdout, new RegExp(`docker push ${address}/team/fetched-api:`))
    assert.doesNotMatch(stdout, /geheim/)
  })

  await t.test('a deploy: gateway, control and instances run what the registry has, by digest', async () => {
    const begun = performance.now()
    await project.must(['deploy'])
    t.diagnostic(`first deploy: ${((performance.now() - begun) / 1000).toFixed(1)} s`)
    const [digest] = registry.manifests('team/fetched-api')
    assert.equal(imagesOf('instance'), `${address}/team/fetched-api@sha256:${digest}`)
    const own = `${address}/team/seaworthy:\\S+@sha256:${registry.manifests('team/seaworthy')[0]}`
    for (const component of ['gateway', 'control']) assert.match(imagesOf(component), new RegExp(own))
    assert.equal(await (await fetch(`http://${project.address()}/`)).text(), 'here')
  })

  await t.test('a node that has lost the image fetches it with the secret', async () => {
    const before = kubectl('get', 'pods', '--selector', 'app.kubernetes.io/component=instance', '--output', 'name')
    forget()
    kubectl('delete', before, '--wait=false')
    const selector = ['--selector', 'app.kubernetes.io/component=instance']
    await until(
      () => {
        const [name, ...others] = kubectl('get', 'pods', ...selector, '--output', 'name').split('\n')
        if (name === before || others.length > 0) return false
        return / 1\/1 +Running /.test(kubectl('get', 'pods', ...selector, '--no-headers'))
      },
      'another pod to be ready',
      STEP_MS,
      500,
    ).catch((error: unknown) => {
      throw new Error(kubectl('describe', 'pods', ...selector), { cause: error })
    })
    const events = kubectl('get', 'events', '--output', 'jsonpath={range .items[*]}{.reason} {.message}{"\\n"}{end}')
    const [digest] = registry.manifests('team/fetched-api')
    assert.match(events, new RegExp(`Pulled Successfully pulled image "${address}/team/fetched-api@sha256:${digest}"`))
    assert.equal(await (await fetch(`http://${project.address()}/`)).text(), 'here')
  })

  await t.test('stop --remove takes the secret along', async () => {
    await project.must(['stop', '--remove'])
    assert.doesNotMatch(kubectl('get', 'secrets', '--output', 'name'), /fetched-production-registry/)
  })
})
