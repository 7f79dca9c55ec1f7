/**
 * `promote` between an environment on Docker and one on Kubernetes, whose nodes run the same engine, in both directions. Not part
 * of `bin/test`: `KUBECONFIG=… node --test test/cluster/promote-docker.test.ts`
 */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { test } from 'node:test'
import type { Status } from '../../src/control/api/contract.ts'
import { AppImages } from '../support/app-images.ts'
import { importNodeBase, NamespaceProject } from '../support/namespace-project.ts'
import { plainConfig } from '../support/project.ts'

const APP = `p${randomUUID().slice(0, 8)}`
const INSTANCES = 'app.kubernetes.io/component=instance'
const IMAGES =
  'jsonpath={range .items[*]}{.metadata.labels.seaworthy\\.release} {.status.containerStatuses[0].imageID}{"\\n"}{end}'

test('what is proven on Docker runs on Kubernetes, and the other way round', { timeout: 900_000 }, async (t) => {
  importNodeBase()
  const port = await freePort()
  const on = (name: string, http: number) => ({
    watch: { for: '2s', sample: 1, p95: '100x' },
    drain: '2s',
    overrides: { gateway: { listen: { http } }, services: { api: { env: { NAME: name } } } },
  })
  using images = new AppImages(APP)
  await using project = new NamespaceProject({
    configOf: (namespace) => ({
      ...plainConfig({
        service: { env: {}, resources: { cpu: 0.02 }, health: { ready: '/health/readiness', deadline: '90s' } },
      }),
      name: APP,
      environments: {
        trial: { target: 'docker', ...on('on trial', port) },
        production: { target: 'kubernetes', context: 'local', namespace, ...on('for all', 80) },
      },
    }),
    files: { 'version.txt': '1' },
    place: `${APP}-production`,
  })
  await using _ = { [Symbol.asyncDispose]: () => removeTrial(project) }
  project.makeNamespace()
  const liveOf = async (place: string): Promise<string> =>
    (JSON.parse((await project.must(['status', place, '--json'])).stdout) as Status).world.live!
  const inContainers = async (): Promise<readonly string[]> => {
    const words = [
      '--filter',
      `label=seaworthy.app=${APP}`,
      '--filter',
      `label=seaworthy.release=${await liveOf('trial')}`,
    ]
    const ids = docker('ps', '--quiet', ...words).split('\n')
    return ids.map((id) => docker('inspect', '--format', '{{.Image}}', id))
  }
  const inPods = async (): Promise<readonly string[]> => {
    const live = await liveOf('production')
    const lines = project.kubectl('get', 'pods', '--selector', INSTANCES, '--output', IMAGES).split('\n')
    return lines.filter((line) => line.startsWith(`${live} docker://`)).map((line) => line.split('//')[1]!)
  }
  const nameAt = async (host: string, at: number): Promise<string> =>
    ((await (await fetch(`http://${host}:${at}/`)).json()) as { name: string }).name

  await project.must(['deploy', 'trial'])
  const [first] = await inContainers()
  images.takeNames()
  const made = images.ids()
  const there = await project.must(['promote', 'trial', 'production'])
  assert.match(there.stdout, /promoted from trial, release 1-/)
  assert.doesNotMatch(there.stdout, /prepare:/)
  assert.deepEqual(await inPods(), [first])
  assert.deepEqual(images.ids(), made)
  assert.deepEqual(await Promise.all([nameAt('127.0.0.1', port), nameAt(project.address(), 80)]), [
    'on trial',
    'for all',
  ])

  project.write('version.txt', '2')
  await project.must(['deploy', 'production'])
  const [second] = await inPods()
  assert.notEqual(second, first)
  const back = await project.must(['promote', 'production', 'trial'])
  assert.match(back.stdout, /promoted from production, release 2-/)
  assert.deepEqual(await inContainers(), [second])
  assert.equal(await nameAt('127.0.0.1', port), 'on trial')
  t.diagnostic(`${first} and ${second}`)
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function removeTrial(project: NamespaceProject): Promise<void> {
  await project.run(['stop', 'trial', '--remove'])
  const volumes = docker('volume', 'ls', '--quiet', '--filter', `label=seaworthy.app=${APP}`)
  if (volumes !== '') docker('volume', 'rm', ...volumes.split('\n'))
}

function docker(...words: readonly string[]): string {
  return execFileSync('docker', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim()
}
