/**
 * A certificate from files of the operator's machine on a real cluster: brought by `deploy`, shown by every gateway pod, renewed
 * by `up`. Not part of `bin/test`: `KUBECONFIG=… node --test test/cluster/tls.test.ts`
 */
import assert from 'node:assert/strict'
import { randomUUID, X509Certificate } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { selfSigned } from '../support/certificate.ts'
import { failuresOf, startLoad } from '../support/load.ts'
import { importNodeBase, NamespaceProject } from '../support/namespace-project.ts'
import { plainConfig, until } from '../support/project.ts'
import { shakeHands } from '../support/tls-files.ts'

const GATEWAY = 'app.kubernetes.io/component=gateway'
const WITHIN_MS = 60_000
const ADDRESSES = 'jsonpath={range .items[*]}{.status.podIP}{"\\n"}{end}'

function configOf(namespace: string, name = 'v1'): object {
  const health = { ready: '/health/readiness', interval: '1s', timeout: '2s', deadline: '90s' }
  const config = plainConfig({ env: { NAME: name }, service: { scale: { min: 2 }, health, resources: { cpu: 0.02 } } })
  const production = {
    target: 'kubernetes',
    context: 'local',
    namespace,
    watch: { for: '2s', p95: '100x' },
    drain: '2s',
  }
  const gateway = { listen: { http: 80, https: 443 }, tls: { files: { cert: 'site.pem', key: 'site.key' } } }
  return { ...config, gateway, environments: { production } }
}

test(
  'a pair from files reaches every gateway pod, and is renewed without a deploy',
  { timeout: 600_000 },
  async (t) => {
    importNodeBase()
    await using project = new NamespaceProject({
      configOf,
      // Files of their own make images of their own, which no test before has left behind.
      files: { 'test.txt': randomUUID() },
      place: 'plain-production',
    })
    project.makeNamespace()
    const write = (): string => {
      const { key, cert } = selfSigned()
      writeFileSync(join(project.folder, 'site.key'), key)
      writeFileSync(join(project.folder, 'site.pem'), cert)
      return new X509Certificate(cert).fingerprint256
    }
    const shownBy = async (host: string, port: number): Promise<string> => {
      const socket = await shakeHands(port, { host })
      const { fingerprint256 } = socket.getPeerX509Certificate()!
      socket.destroy()
      return fingerprint256
    }
    /** At the front door, and at each pod behind it. */
    const shown = async (): Promise<readonly string[]> => {
      const pods = project.kubectl('get', 'pods', '--selector', GATEWAY, '--output', ADDRESSES).split('\n')
      assert.equal(pods.length, 2)
      return Promise.all([shownBy(project.address(), 443), ...pods.map((host) => shownBy(host, 8443))])
    }
    const all = (one: string): readonly string[] => [one, one, one]

    const first = write()
    await project.must(['deploy'])
    assert.deepEqual(await shown(), all(first))

    const renewed = write()
    await using load = startLoad({ host: project.address(), port: 443, protocol: 'https', clients: 2, pauseMs: 20 })
    await project.must(['up'])
    await until(
      async () => (await shown()).every((one) => one === renewed),
      'the renewed pair at every pod',
      WITHIN_MS,
      500,
    )
    project.configure(configOf(project.namespace, 'v2'))
    await project.must(['deploy'])
    assert.deepEqual(await shown(), all(renewed))
    const answers = await load.stop()
    assert.deepEqual(failuresOf(answers), [])
    t.diagnostic(`${answers.length} requests over HTTPS, 0 failed`)
    // Nothing of the key is in what a pod shows.
    assert.ok(!project.kubectl('get', 'pods,configmaps', '--output', 'json').includes('PRIVATE KEY'))
  },
)
