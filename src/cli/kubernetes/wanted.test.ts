import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { CLUSTER } from '../../../test/support/kubernetes-release.ts'
import { openProject, type Project } from '../project.ts'
import { clusterPlace } from './place.ts'
import { roleText } from './role-text.ts'
import { wantedInstallation } from './wanted.ts'

function projectOf(t: TestContext, { production = {}, gateway = {} }): Promise<Project> {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-wanted-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const services = { api: { start: 'node api.js', routes: ['/'] } }
  const environments = { production: { target: 'kubernetes', context: 'prod', ...production } }
  writeFileSync(
    join(folder, 'seaworthy.config.json'),
    JSON.stringify({ name: 'shop', services, gateway, environments }),
  )
  return openProject(folder, undefined)
}

test("without a domain the front door is the cluster's own, in a namespace called as the app", async (t) => {
  const project = await projectOf(t, { gateway: { listen: { http: 8090 } } })
  assert.deepEqual(clusterPlace(project).access, { context: 'prod', namespace: 'shop' })
  const { reach, http, https, url, workers } = wantedInstallation(project, 'i', CLUSTER)
  assert.deepEqual(
    { reach, http, https, url, workers },
    { reach: 'inside', http: 8090, https: null, url: 'http://shop-production-gateway.shop.svc:8090', workers: 2 },
  )
})

test('with a domain it is for everybody, by the address that users write', async (t) => {
  const production = { context: 'in-cluster', namespace: 'shops', domain: 'shop.example.com' }
  const gateway = { listen: { http: 80, https: 443 }, tls: 'self-signed', workers: 4 }
  const project = await projectOf(t, { production, gateway })
  assert.deepEqual(clusterPlace(project).access, { context: null, namespace: 'shops' })
  const { reach, http, https, url, workers } = wantedInstallation(project, 'i', CLUSTER)
  assert.deepEqual(
    { reach, http, https, url, workers },
    { reach: 'outside', http: 80, https: 443, url: 'https://shop.example.com', workers: 4 },
  )
})

test('the role is YAML for that namespace, with the command that gives it to somebody', async (t) => {
  const text = roleText(await projectOf(t, { production: { namespace: 'shops' } }))
  const [comment, ...lines] = text.split('\n')
  assert.match(
    comment!,
    /^# .*: kubectl --namespace shops create rolebinding shop-production-deploy --role shop-production-deploy --user NAME$/,
  )
  assert.ok(lines.includes('kind: Role') && lines.includes('  namespace: shops'))
  assert.doesNotMatch(text, /[&*]a\d|'\*'/)
})
