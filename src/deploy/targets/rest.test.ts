/** A command that has lost its lease, on a machine that slept, ends nothing that another one may have started again. */
import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { dockerRelease } from '../../../test/support/docker-release.ts'
import { kubernetesRelease } from '../../../test/support/kubernetes-release.ts'
import { Problem } from '../../core/problem.ts'
import { DockerTarget } from './docker/target.ts'
import { KubernetesTarget } from './kubernetes/target.ts'
import type { RosterPort } from './roster.ts'

/** Any of these tools writes down that it was called. */
function toolsIn(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-rest-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const called = join(folder, 'called')
  const script = `#!${process.execPath}\nrequire('node:fs').writeFileSync(${JSON.stringify(called)}, '')\n`
  for (const name of ['docker', 'kubectl']) writeFileSync(join(folder, name), script, { mode: 0o755 })
  const run = { env: { PATH: `${folder}:${dirname(process.execPath)}` } }
  return { folder, run, wasCalled: () => existsSync(called) }
}

const roster = {
  put: () => Promise.reject(new Problem('lease.lost', 'token 3 is no longer valid: the newest is 4')),
  owed: () => Promise.resolve([]),
  // It drains: the lease may be lost over that.
  leave: () => Promise.resolve([]),
  forget: () => Promise.resolve(),
} satisfies Partial<RosterPort> as unknown as RosterPort

test('on Docker no container is stopped without the lease', async (t) => {
  const { folder, run, wasCalled } = toolsIn(t)
  const release = dockerRelease({ api: { start: 'node api.js' } })
  const target = new DockerTarget({
    host: null,
    place: { app: 'shop', environment: 'staging' },
    run,
    projectFolder: folder,
    keptOut: [],
    roster,
    release: () => Promise.resolve(release),
    secretsOf: () => ({}),
  })
  await assert.rejects(target.rest(release.id, 'api'), { code: 'lease.lost' })
  await assert.rejects(target.stop(release.id, null), { code: 'lease.lost' })
  assert.ok(!wasCalled())
})

test('on Kubernetes no Deployment is deleted without the lease', async (t) => {
  const { folder, run, wasCalled } = toolsIn(t)
  const release = kubernetesRelease({ api: { start: 'node api.js' } })
  const target = new KubernetesTarget({
    access: { context: null, namespace: 'shop' },
    place: { app: 'shop', environment: 'production' },
    images: { host: null, run, projectFolder: folder, keptOut: [] },
    haveOwn: () => Promise.resolve(),
    run,
    roster,
    gateways: { seen: () => Promise.resolve([]) },
    release: () => Promise.resolve(release),
    secretsOf: () => ({}),
    connectionsOf: () => Promise.resolve({}),
    migrations: {} as never,
  })
  await assert.rejects(target.rest(release.id, 'api'), { code: 'lease.lost' })
  await assert.rejects(target.stop(release.id, null), { code: 'lease.lost' })
  assert.ok(!wasCalled())
})
