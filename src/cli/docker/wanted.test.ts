import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { SeveralHosts } from '../hosts/several-hosts.ts'
import { openProject, type Project } from '../project.ts'
import { version } from '../version.ts'
import { dockerPlace } from './place.ts'
import { wantedInstallation } from './wanted.ts'

function projectOf(t: TestContext, { staging, gateway }: { staging: object; gateway: object }): Promise<Project> {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-wanted-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const services = { api: { start: 'node api.js', routes: ['/'] } }
  const config = { name: 'shop', services, gateway, environments: { staging: { target: 'docker', ...staging } } }
  writeFileSync(join(folder, 'seaworthy.config.json'), JSON.stringify(config))
  return openProject(folder, undefined)
}

test("without a domain the gateway is its machine's own, with as many workers as the engine has cores", async (t) => {
  const project = await projectOf(t, { staging: {}, gateway: { listen: { http: 8090 } } })
  const wanted = wantedInstallation(project, 6, null)
  assert.deepEqual(wanted, {
    place: { app: 'shop', environment: 'staging' },
    image: `seaworthy:${version()}`,
    imageId: null,
    isPublic: false,
    ports: [8090],
    environment: {
      app: 'shop',
      environment: 'staging',
      target: 'docker',
      host: '0.0.0.0',
      http: 8090,
      https: null,
      workers: 6,
      path: '/usr/local/bin',
    },
  })
  assert.equal(dockerPlace(project).host, null)
})

test('with a domain and TLS both ports are open to all, on the host that is named', async (t) => {
  const host = 'ssh://deploy@staging.example.com'
  const project = await projectOf(t, {
    staging: { host, domain: 'shop.example.com' },
    gateway: { listen: { http: 80, https: 443 }, tls: { acme: { email: 'ops@example.com' } }, workers: 2 },
  })
  const { isPublic, ports, environment } = wantedInstallation(project, 6, 'sha256:aa')
  assert.deepEqual([isPublic, ports], [true, [80, 443]])
  assert.equal((environment as { workers: number }).workers, 2)
  assert.equal(dockerPlace(project).host, host)
})

test('of several hosts one has to be named, and what each would do by itself is refused before', async (t) => {
  const hosts = ['ssh://a@one.example.com', 'ssh://a@two.example.com']
  await assert.rejects(projectOf(t, { staging: { host: hosts }, gateway: {} }), SeveralHosts)
  const acme = { listen: { http: 80, https: 443 }, tls: { acme: { email: 'ops@example.com' } } }
  await assert.rejects(projectOf(t, { staging: { host: hosts, domain: 'shop.example.com' }, gateway: acme }), {
    code: 'target.not-yet',
    details: [
      "gateway.tls.acme: an authority asks one of several hosts for what another has ordered; 'files' go to all",
    ],
  })
})
