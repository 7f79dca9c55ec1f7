/**
 * One deploy after the other under load on a real cluster, and pods deleted meanwhile: nobody notices. Not part of `bin/test`:
 * `KUBECONFIG=… DEPLOYS=30 node --test test/cluster/many-deploys.test.ts`
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ClusterProject } from '../support/cluster-project.ts'
import { failuresOf, startLoad } from '../support/load.ts'
import { plainConfig, until } from '../support/project.ts'

const DEPLOYS = Number(process.env['DEPLOYS'] ?? 5)
/** After every so many a pod of the live release is deleted. */
const DELETES_EVERY = 3
const EACH_MS = 120_000

const configOf = (name: string): object =>
  plainConfig({
    env: { NAME: name },
    service: { scale: { min: 2 }, health: { ready: '/health/readiness', interval: '1s', deadline: '90s' } },
    environment: { target: 'kubernetes', context: 'local', watch: { for: '1s', warm: '30min', p95: '100x' } },
  })

test(`${DEPLOYS} deploys under load lose no request`, { timeout: DEPLOYS * EACH_MS }, async (t) => {
  await using project = new ClusterProject(configOf('v0'))
  await project.install()
  await project.must(['deploy'])
  await using load = startLoad({ host: project.address(), port: 80, clients: 4, pauseMs: 20 })
  const tookMs: number[] = []
  let deleted = 0
  for (let count = 1; count <= DEPLOYS; count++) {
    project.configure(configOf(`v${count}`))
    const begun = performance.now()
    await project.must(['deploy'])
    tookMs.push(performance.now() - begun)
    const { live } = (await project.status()).world
    await until(() => load.answers.at(-1)?.release === live, `${live} to answer`, EACH_MS)
    if (count % DELETES_EVERY !== 0) continue
    const [one] = (await project.pods()).filter(({ instance }) => instance.release === live)
    project.kubectl('delete', 'pod', one!.pod, '--wait=false')
    deleted += 1
  }
  const answers = await load.stop()
  assert.deepEqual(failuresOf(answers), [])
  const sorted = tookMs.toSorted((one, other) => one - other)
  const seconds = (share: number): string => (sorted[Math.floor(share * (sorted.length - 1))]! / 1000).toFixed(1)
  t.diagnostic(`${DEPLOYS} deploys, ${deleted} pods deleted, ${answers.length} requests, 0 failed`)
  t.diagnostic(`a deploy took ${seconds(0.5)} s (median), ${seconds(1)} s at most`)
})
