/**
 * Parts of a real cluster fail under load: the kubelet, the API server in the middle of a deploy. Not part of
 * `bin/test`: it needs a cluster whose programs run on this machine, with their process ids in `NAME.pid` beside the kubeconfig.
 */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Status } from '../../src/control/api/contract.ts'
import { failuresOf, startLoad, type Load } from '../support/load.ts'
import { importNodeBase, NamespaceProject } from '../support/namespace-project.ts'
import { plainConfig, until } from '../support/project.ts'

const OUTAGE_MS = 30_000
const WITHIN_MS = 180_000
const run = dirname(process.env['KUBECONFIG'] ?? '')
const pidFile = (name: string): string => join(run, `${name}.pid`)
const skip = existsSync(pidFile('kubelet')) ? false : 'the programs of the cluster are not on this machine'

function configOf(namespace: string, name: string): object {
  const health = { ready: '/health/readiness', interval: '1s', timeout: '2s', deadline: '90s', passes: 1, failures: 3 }
  const service = { scale: { min: 2 }, health, resources: { cpu: 0.02 } }
  const watch = { for: '1s', warm: '30min', p95: '100x' }
  const production = { target: 'kubernetes', context: 'local', namespace, watch, drain: '2s' }
  return {
    ...plainConfig({ env: { NAME: name }, service }),
    gateway: { listen: { http: 80 } },
    environments: { production },
  }
}

test('parts of the cluster fail', { timeout: 600_000, skip }, async (t) => {
  importNodeBase()
  await using project = new NamespaceProject({
    place: 'plain-production',
    configOf: (namespace) => configOf(namespace, 'v1'),
    files: {},
  })
  project.makeNamespace()
  await project.must(['deploy'])
  const loadOf = (): Load => startLoad({ host: project.address(), port: 80, clients: 4, pauseMs: 20 })
  const statusOf = async (): Promise<Status> => JSON.parse((await project.must(['status', '--json'])).stdout) as Status

  await t.test('the kubelet stands still for 30 s: no request is lost', async (tt) => {
    await using load = loadOf()
    await standingStill('kubelet', () => sleep(OUTAGE_MS))
    tellLossless(await load.stop(), tt)
  })

  await t.test('the API server stands still for 30 s in the middle of a deploy; no request is lost', async (tt) => {
    await using load = loadOf()
    const before = (await statusOf()).world.live
    project.configure(configOf(project.namespace, 'v2'))
    const cli = project.start(['deploy'])
    await until(
      async () => (await statusOf()).running?.journal.some(({ operation }) => operation === 'start:api') ?? false,
      'the start',
      WITHIN_MS,
    )
    await standingStill('apiserver', () => sleep(OUTAGE_MS))
    const { code, stdout, stderr } = await cli.ended
    tt.diagnostic(`the command ended with ${code}: ${(stderr || stdout).trim().split('\n')[0]}`)
    if (code !== 0) {
      // Its bridge or a look of it was lost: what it left is gone on with.
      assert.match(stderr, /\[(?:environment\.down|environment\.unreachable|target\.tool-failed)\]/, stdout + stderr)
      if ((await statusOf()).running !== null) await project.must(['deploy', '--resume'])
    }
    const { world, running, owed } = await statusOf()
    assert.deepEqual([running, owed], [null, []])
    assert.ok(code !== 0 || world.live !== before)
    tellLossless(await load.stop(), tt)
  })
})

/** SIGSTOP, then SIGCONT whatever happens in between. */
async function standingStill(name: string, meanwhile: () => Promise<unknown>): Promise<void> {
  const pid = Number(readFileSync(pidFile(name), 'utf8'))
  process.kill(pid, 'SIGSTOP')
  try {
    await meanwhile()
  } finally {
    process.kill(pid, 'SIGCONT')
  }
}

function tellLossless(answers: Load['answers'], t: { readonly diagnostic: TestContext['diagnostic'] }): void {
  assert.deepEqual(failuresOf(answers), [])
  t.diagnostic(`${answers.length} requests, 0 failed`)
}
