/** Trials under two thousand requests a second of users' traffic, and under thirty a minute. */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { startSteady } from '../support/steady.ts'
import { assertPassed, assertStopped, describeFigures, tryRelease, upForTrial, type Flaw } from '../support/trial.ts'

const SHARES = [0.1, 0.5]

void test('2,000 requests a second: 5 % errors and p95 x 3 are stopped at the first step, a good release goes through', (t) =>
  threeReleases(t, { perSecond: 2_000, workMs: 80, who: 'users' }))

void test('30 requests a minute: the witness fills the sample, and the same is found', (t) =>
  threeReleases(t, { perSecond: 0.5, workMs: 80, who: 'the witness' }))

async function threeReleases(
  t: TestContext,
  { perSecond, workMs, who }: { perSecond: number; workMs: number; who: string },
): Promise<void> {
  const environment = {
    canary: { steps: ['10%', '50%'], every: '5s', sample: 200 },
    witness: { rate: '50/s' },
    // The watch after the switch is not what is tried here; a busy machine must not be taken for a slow release.
    watch: { for: '500ms', warm: '10min' },
  }
  await using project = await upForTrial({ name: 'v1', workMs }, environment)
  const live = (await project.status()).world.live!
  const load = startSteady({ port: await project.port(), perSecond })
  await using _ending = load
  const deploy = (flaw: Flaw) => tryRelease(project, flaw, environment)

  const failing = await deploy({ name: 'failing', workMs, failsEvery: 20 })
  const errors = await assertStopped(project, failing, live, new RegExp(`^\\d+ of \\d+ answers to ${who} failed: `))
  const slow = await deploy({ name: 'slow', workMs: workMs * 3 })
  const latency = await assertStopped(project, slow, live, new RegExp(`^p95 for ${who} is \\d+ ms, .* limit 1\\.5 x$`))
  const good = await deploy({ name: 'good', workMs })
  const { id, proof } = await assertPassed(project, good, SHARES)
  const report = await load.stop()

  for (const step of [errors, latency, ...proof!.canary!]) t.diagnostic(describeFigures(step))
  t.diagnostic(
    `${id}: ${report.sent} sent in ${report.seconds.toFixed(1)} s, ${(report.sent / report.seconds).toFixed(1)} a second`,
  )
  t.diagnostic(JSON.stringify(report.answers))
  // What failed for users is what the failing release failed for those who tried it, and nothing else.
  const failed = Object.entries(report.answers).filter(([what]) => !what.endsWith(' 200'))
  const bad = [...failed].reduce((sum, [, count]) => sum + count, 0)
  assert.ok(
    failed.every(([what]) => what.endsWith(' 500') && !what.startsWith(live)),
    JSON.stringify(failed),
  )
  // Its last answers come while the share goes back: the gateway counts them after the decision.
  assert.ok(bad >= errors.users.next.errors && bad <= errors.users.next.errors + 50, `${bad} failed for users`)
}
