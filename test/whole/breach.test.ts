import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { DeployRecord } from '../../src/deploy/journal.ts'
import type { Proof } from '../../src/deploy/proof.ts'
import { failuresOf, startLoad, type Answer, type Load } from '../support/load.ts'
import { plainConfig, processesMentioning, TestProject, until } from '../support/project.ts'

/** The bar: from the first failed answer until the old release serves again. */
const BACK_WITHIN_MS = 10_000
const SWITCH_WITHIN_MS = 1_000
/** Failures that a client meets at the cut itself are told once by the gateway and once more by nobody: allow a few. */
const COUNT_DIFFERENCE_MAX = 5

void test('a release that fails 20 s after its switch is taken back within 10 s, and its failures are counted', async (t) => {
  await using project = await upWith({ watch: { for: '60s' } })
  const { live: old } = (await project.status()).world
  const load = startLoad({ port: await project.port(), clients: 4 })
  project.configure(rotting({ afterMs: 20_000, watch: { for: '60s' } }))
  const deploy = await project.run(['deploy', '--json'])
  await servesAgain(load, old!)
  const answers = await load.stop()

  assert.equal(deploy.code, 1, deploy.stdout + deploy.stderr)
  const result = lastFact(deploy.stdout)
  assert.equal(result['state'], 'taken-back')
  const proof = await assertTakenBack(project, old!, answers, t)
  assert.deepEqual(result['proof'], proof)
})

void test('it is taken back when the CLI was killed right after the switch', async (t) => {
  await using project = await upWith()
  const { live: old } = (await project.status()).world
  const load = startLoad({ port: await project.port(), clients: 3 })
  project.configure(rotting({ afterMs: 3_000 }))
  const cli = project.start(['deploy'])
  await until(() => hasSwitched(project), 'the switch')
  process.kill(cli.pid, 'SIGKILL')
  assert.equal((await cli.ended).signal, 'SIGKILL')
  assert.ok(
    load.answers.every(({ failure }) => failure === null),
    'killed before the breach',
  )
  await until(async () => (await project.status()).last?.state === 'taken-back', 'the release to be taken back')
  await servesAgain(load, old!)
  await assertTakenBack(project, old!, await load.stop(), t)
})

void test('it is taken back when control was killed during the breach', async (t) => {
  await using project = await upWith()
  const { live: old } = (await project.status()).world
  const { controlPid } = await project.status()
  let killed = false
  const load = startLoad({
    port: await project.port(),
    clients: 3,
    onAnswer: ({ failure }) => {
      // At the first failed answer: before control can have seen enough of them to decide.
      if (failure === null || killed) return
      killed = true
      process.kill(controlPid, 'SIGKILL')
    },
  })
  project.configure(rotting({ afterMs: 3_000 }))
  const deploy = await project.run(['deploy', '--json'])
  assert.ok(killed, 'control was killed')
  await servesAgain(load, old!)
  const answers = await load.stop()

  assert.equal(deploy.code, 1, deploy.stdout + deploy.stderr)
  const proof = await assertTakenBack(project, old!, answers, t)
  assert.equal(proof.interruptions, 1)
})

void test('a release that is slower than its limit is taken back', async (t) => {
  await using project = await upWith()
  const { live: old } = (await project.status()).world
  const load = startLoad({ port: await project.port(), clients: 6 })
  await until(() => load.answers.length > 300, 'a baseline')
  project.configure(plainConfig({ env: { NAME: 'slow', WORK_MS: '150' }, environment: { watch: { for: '60s' } } }))
  const deploy = await project.run(['deploy', '--json'])
  await servesAgain(load, old!)
  const answers = await load.stop()

  assert.equal(deploy.code, 1, deploy.stdout + deploy.stderr)
  const { last } = await project.status()
  assert.equal(last!.state, 'taken-back')
  assert.match(last!.message!, /^p95 is \d+ ms, [\d.]+ x the \d+ ms before, limit 1\.5 x$/)
  assert.deepEqual(failuresOf(answers), [])
  await assertGone(project, last!)
  t.diagnostic(last!.message!)
})

void test('a watch with too few answers is inconclusive: neither passed nor taken back', async () => {
  const environment = { watch: { for: '1s' }, witness: { rate: '1/s' } }
  await using project = await upWith(environment)
  project.configure(plainConfig({ env: { NAME: 'v2' }, environment }))
  const deploy = await project.run(['deploy'])

  assert.equal(deploy.code, 0, deploy.stdout + deploy.stderr)
  assert.match(deploy.stdout, /^d2: inconclusive$/m)
  assert.match(deploy.stdout, /watch: inconclusive: \d+ answers?, 20 needed/)
  const { last, world } = await project.status()
  assert.equal(last!.state, 'inconclusive')
  assert.equal(last!.proof!.watch!.verdict, 'inconclusive')
  assert.equal(world.live, last!.plan.release.id)
  assert.equal(world.warm, last!.plan.base.live)
})

async function upWith(environment: object = { watch: { for: '60s' } }): Promise<TestProject> {
  const project = new TestProject(plainConfig({ environment }))
  await project.must(['up', '--detach'])
  return project
}

function rotting({ afterMs, watch = { for: '60s' } }: { afterMs: number; watch?: object }): object {
  return plainConfig({ env: { NAME: 'rotten', ROTS_AFTER_MS: String(afterMs) }, environment: { watch } })
}

async function hasSwitched(project: TestProject): Promise<boolean> {
  const { running } = await project.status()
  return (
    running?.plan.base.live !== null &&
    running?.journal.some(({ operation, point }) => operation === 'switch' && point === 'end') === true
  )
}

/** Waits until each client has got ten good answers of the old release in a row. */
async function servesAgain(load: Load, old: string): Promise<void> {
  await until(() => {
    const newest = load.answers.slice(-40)
    return newest.length === 40 && newest.every(({ release, failure }) => failure === null && release === old)
  }, `${old} to serve again`)
}

/** The promise: detected and back in time, counted, the old release serving, the bad one gone. Returns the proof. */
async function assertTakenBack(
  project: TestProject,
  old: string,
  answers: readonly Answer[],
  t: TestContext,
): Promise<Proof> {
  const { last, world } = await project.status()
  assert.equal(last!.state, 'taken-back')
  assert.equal(world.live, old)
  assert.equal(last!.plan.base.live, old)
  await assertGone(project, last!)

  const proof = last!.proof!
  const { watch, switches } = proof
  assert.equal(watch?.verdict, 'breach')
  assert.ok(watch.verdict === 'breach')
  assert.ok(watch.detectedMs + watch.backMs <= BACK_WITHIN_MS, `${watch.detectedMs} + ${watch.backMs} ms`)
  assert.deepEqual(
    switches.map(({ to }) => to),
    [last!.plan.release.id, old],
  )
  for (const { tookMs } of switches) assert.ok(tookMs < SWITCH_WITHIN_MS, `a switch took ${tookMs} ms`)

  const failed = answers.filter(({ failure }) => failure !== null)
  assert.ok(failed.length > 0, 'the release did fail')
  for (const { status, release } of failed) assert.deepEqual([status, release], [500, last!.plan.release.id])
  const seenMs =
    (Math.max(...failed.map(({ endedNs }) => endedNs)) - Math.min(...failed.map(({ beganNs }) => beganNs))) / 1e6
  assert.ok(seenMs <= BACK_WITHIN_MS, `clients met failures for ${seenMs} ms`)
  // The gateway counts what the clients saw and what the witness saw, all of it.
  const all = failed.length + proof.failed
  assert.ok(Math.abs(watch.failed - all) <= COUNT_DIFFERENCE_MAX, `${watch.failed} in the proof, ${all} were seen`)
  assert.equal(proof.flipBacks, 0)
  t.diagnostic(
    `decided after ${watch.detectedMs} ms, back ${watch.backMs} ms later, switches ${switches.map(({ tookMs }) => tookMs.toFixed(1)).join(', ')} ms; ` +
      `${failed.length} of ${answers.length} answers failed for clients within ${seenMs.toFixed(0)} ms, ${proof.failed} of ${proof.sent} for the witness, ${watch.failed} in the proof`,
  )
  return proof
}

async function assertGone(project: TestProject, { plan }: DeployRecord): Promise<void> {
  const { instances } = await project.status()
  assert.deepEqual(
    instances.filter(({ release }) => release === plan.release.id).map(({ id }) => id),
    [],
  )
  assert.deepEqual(processesMentioning(`@${plan.release.id}-`), [])
}

function lastFact(output: string): Record<string, unknown> {
  return JSON.parse(output.trim().split('\n').at(-1)!) as Record<string, unknown>
}
