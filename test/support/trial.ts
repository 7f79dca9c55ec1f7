import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DeployRecord } from '../../src/deploy/journal.ts'
import type { CanaryStep } from '../../src/deploy/canary.ts'
import { plainConfig, processesMentioning, root, TestProject, until, type CommandResult } from './project.ts'

/** The service of a release: how long an answer takes, and which of them fail. */
export interface Flaw {
  readonly name: string
  readonly workMs?: number
  /** Every n-th answer is 500; 0: none. @default 0 */
  readonly failsEvery?: number
  /** Every n-th answer never comes; 0: none. @default 0 */
  readonly hangsEvery?: number
}

/** Much longer than any trial of these tests takes on a busy machine. */
const TRIAL_MS_MAX = 60_000

const SERVICE = readFileSync(join(root, 'test/fixtures/services/flawed.mjs'), 'utf8')

export function trialConfig(
  { name, workMs = 0, failsEvery = 0, hangsEvery = 0 }: Flaw,
  environment: object = {},
): object {
  return plainConfig({
    service: {
      start: 'node flawed.mjs',
      env: { NAME: name, WORK_MS: String(workMs), FAILS_EVERY: String(failsEvery), HANGS_EVERY: String(hangsEvery) },
    },
    environment: { strategy: 'canary', ...environment },
  })
}

/** A project whose first release is live; `deploy` tries another one. */
export async function upForTrial(first: Flaw, environment: object): Promise<TestProject> {
  const project = new TestProject(trialConfig(first, environment), { 'flawed.mjs': SERVICE })
  await project.must(['up', '--detach'])
  return project
}

/** Deploys a release and waits for its end. A trial that never ends is a failure that says where it stands. */
export async function tryRelease(project: TestProject, flaw: Flaw, environment: object): Promise<CommandResult> {
  project.configure(trialConfig(flaw, environment))
  return endOf(project, project.start(['deploy']))
}

export async function endOf(
  project: TestProject,
  { pid, ended }: ReturnType<TestProject['start']>,
): Promise<CommandResult> {
  let result: CommandResult | null = null
  void ended.then((seen) => (result = seen))
  await until(() => result !== null, 'the deploy to end', TRIAL_MS_MAX).catch(async (error: Error) => {
    process.kill(pid, 'SIGKILL')
    const { canary } = await project.status()
    throw new Error(`${error.message}: ${JSON.stringify(canary?.progress ?? null)}`)
  })
  return ended
}

export async function lastDeploy(project: TestProject): Promise<DeployRecord> {
  const { last } = await project.status()
  return last!
}

/** Stopped at its first step: the cause is said, the live release serves on, nothing of the other is left. */
export async function assertStopped(
  project: TestProject,
  result: CommandResult,
  live: string,
  cause: RegExp,
): Promise<CanaryStep> {
  assert.equal(result.code, 1, result.stdout + result.stderr)
  const { last, world, canary, instances } = await project.status()
  assert.equal(last!.state, 'taken-back', result.stdout)
  assert.match(last!.message!, cause)
  assert.deepEqual([world.live, canary], [live, null])
  const steps = last!.proof!.canary!
  assert.deepEqual(
    steps.map(({ end, because }) => [end, because]),
    [['breach', last!.message]],
    'stopped at the first step',
  )
  assert.equal(last!.proof!.failed, 0, 'the live release was not disturbed')
  assert.deepEqual(last!.proof!.switches, [])
  const { id } = last!.plan.release
  assert.deepEqual(
    instances.filter(({ release }) => release === id),
    [],
  )
  await until(() => processesMentioning(`@${id}-`).length === 0, `the instances of ${id} to be gone`, 5_000)
  return steps[0]!
}

/** Went through all its steps and is live. */
export async function assertPassed(
  project: TestProject,
  result: CommandResult,
  shares: readonly number[],
): Promise<DeployRecord> {
  assert.equal(result.code, 0, result.stdout + result.stderr)
  const { last, world, canary } = await project.status()
  const steps = last!.proof!.canary!
  assert.deepEqual(
    steps.map(({ share, end }) => [share, end]),
    shares.map((share) => [share, 'passed']),
  )
  assert.deepEqual([world.live, world.warm, canary], [last!.plan.release.id, last!.plan.base.live, null])
  assert.equal(last!.proof!.failed, 0, last!.proof!.failures.join('\n'))
  return last!
}

export function describeFigures({ users, witness, lastedMs, because }: CanaryStep): string {
  const group = ({ next, old }: CanaryStep['users']): string =>
    `${next.answers} (${next.errors} failed, p95 ${next.p95Ms?.toFixed(0) ?? '-'} ms) against ${old.answers} (${old.errors}, ${old.p95Ms?.toFixed(0) ?? '-'} ms)`
  return `${(lastedMs / 1000).toFixed(1)} s; users ${group(users)}; witness ${group(witness)}; ${because ?? 'passed'}`
}
