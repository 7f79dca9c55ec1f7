/** Each long-lived process is killed under load, in quiet times and in the middle of a deploy: nobody's request is lost but those it held. */
import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { monotonicNs } from '../../src/core/clock.ts'
import { ACKNOWLEDGE_MS, STARTING_MS } from '../../src/gateway/admin/acknowledgements.ts'
import { someOf } from '../seeded/some.ts'
import { failuresOf, startLoad, type Answer } from '../support/load.ts'
import { isGone, socketsOf } from '../support/processes.ts'
import { plainConfig, TestProject, until } from '../support/project.ts'
import { assertWhole, INSTANCES, keeperState, pidsOf, WORKERS } from '../support/whole-app.ts'

const CLIENTS = 8
const KILLS = 3
const GONE_NS = 5e9

type Part = 'control' | 'keeper' | 'keeper and control' | 'gateway'

for (const part of ['control', 'keeper', 'keeper and control', 'gateway'] as const) {
  test(`SIGKILL of ${part} under load: no request begun afterwards fails, nothing healthy is restarted`, async (t) => {
    await using project = await startProject()
    const before = await pidsOf(project)
    await using load = startLoad({ port: await project.port(), clients: CLIENTS, pauseMs: 5 })
    const kills: Kill[] = []
    for (let round = 0; round < KILLS; round++) {
      kills.push(await killPart(project, part))
      await untilWhole(project)
      await someAnswers(load.answers)
    }
    const after = await pidsOf(project)
    assert.deepEqual(after.instances, before.instances)
    if (part !== 'gateway') assert.deepEqual(after.workers, before.workers)
    else assert.equal(after.workers.length, before.workers.length)
    const { children } = await keeperState(project)
    const strangers = children.filter(({ state, adopted }) => state === 'running' && !adopted)
    if (part === 'keeper') assert.deepEqual(strangers, [], 'not adopted by the successor')
    judge(await load.stop(), { kills, lossesPerKill: part === 'gateway' ? CLIENTS : 0, part }, t)

    await deploy(project, 'after')
  })
}

const MOMENTS = (['watch', 'drain'] as const).flatMap((operation) =>
  (['control', 'keeper', 'keeper and control'] as const).map((part) => ({ operation, part })),
)
for (const { operation, part } of someOf(MOMENTS, 3)) {
  test(`SIGKILL of ${part} in the middle of a deploy's ${operation}: it is finished all the same`, async (t) => {
    await using project = await startProject()
    const port = await project.port()
    await using load = startLoad({ port, clients: CLIENTS, pauseMs: 5 })
    // A request that takes longer than the watch keeps the drain waiting.
    const slow = operation === 'drain' ? startLoad({ port, clients: 1, path: '/?work=5000', pauseMs: 5 }) : null
    await using _ = slow
    const running = startDeploy(project, 'next')
    await until(async () => await isAt(project, operation), `the deploy to be at its ${operation}`)
    const kill = await killPart(project, part)
    const { code, stdout, stderr } = await running
    assert.equal(code, 0, `${stdout}\n${stderr}`)
    await untilWhole(project)

    const answers = [...(await load.stop()), ...((await slow?.stop()) ?? [])]
    judge(answers, { kills: [kill], lossesPerKill: 0, part }, t)
    const { last, world } = await project.status()
    assert.equal(last!.plan.release.id, world.live)
    assert.equal(last!.proof!.failed, 0, last!.proof!.failures.join('\n'))
    assert.equal(last!.proof!.flipBacks, 0)
    if (part !== 'keeper') assert.ok(last!.proof!.interruptions > 0, 'the proof hides that control died')
    await assertWhole(project, world.live!)
  })
}

test('SIGKILL of a gateway worker during the switch: the switch is done, the others serve on', async (t) => {
  await using project = await startProject()
  await using load = startLoad({ port: await project.port(), clients: CLIENTS, pauseMs: 5 })
  const kills: Kill[] = []
  for (let round = 0; round < KILLS; round++) {
    const running = startDeploy(project, `round ${round}`)
    await until(async () => await isAt(project, 'switch'), 'the deploy to be at its switch')
    kills.push(await killPart(project, 'gateway'))
    const { code, stdout, stderr } = await running
    assert.equal(code, 0, `${stdout}\n${stderr}`)
    await untilWhole(project)
  }
  judge(await load.stop(), { kills, lossesPerKill: CLIENTS, part: 'gateway' }, t)
  await assertWhole(project, (await project.status()).world.live!)
})

test('a stopped gateway worker does not stop a switch: it is killed and replaced', async (t) => {
  await using project = await startProject()
  await using load = startLoad({ port: await project.port(), clients: CLIENTS, pauseMs: 5 })
  // Workers that have just started are given longer to acknowledge.
  await until(
    async () => Date.now() - (await project.status()).since > STARTING_MS + 1_000,
    'the workers to be old enough',
  )
  const victim = (await pidsOf(project)).workers.toSorted((one, other) => socketsOf(other) - socketsOf(one))[0]!
  const running = startDeploy(project, 'next')
  await until(async () => (await project.status()).running !== null, 'the deploy to begin')
  process.kill(victim, 'SIGSTOP')
  const { code, stdout, stderr } = await running
  assert.equal(code, 0, `${stdout}\n${stderr}`)
  assert.ok(isGone(victim), 'the stopped worker is still there')
  await untilWhole(project)
  const endedNs = monotonicNs()
  await someAnswers(load.answers)

  const answers = await load.stop()
  const failed = answers.filter(({ failure }) => failure !== null)
  const later = failed.filter(({ beganNs }) => beganNs > endedNs)
  assert.deepEqual(failuresOf(later), [])
  assert.ok(failed.length <= CLIENTS, failuresOf(failed).join('\n'))
  const { deploy: made } = await project.control.call('deploy.get', { deploy: (await project.status()).last!.id })
  const [begun, ended] = made!.journal.filter((entry) => entry.operation === 'switch').map(({ at }) => at)
  const tookMs = ended! - begun!
  t.diagnostic(
    `${answers.length} requests; ${failed.length} that the stopped worker had accepted failed with it; ` +
      `the switch took ${tookMs} ms`,
  )
  assert.ok(tookMs >= ACKNOWLEDGE_MS, `${tookMs} ms: the worker was not waited for`)
  assert.ok(tookMs < STARTING_MS, `${tookMs} ms: the worker was waited for too long`)
})

test('the machine restarts: everything is killed at once, and `up` brings back the same release without a deploy', async () => {
  await using project = await startProject()
  await deploy(project, 'second')
  const before = await project.status()
  const { children, pid } = await keeperState(project)
  const pids = [pid, ...children.flatMap(({ state, identity }) => (state === 'running' ? [identity!.pid] : []))]
  // The keeper last would be succeeded; a machine that goes down leaves nobody the time.
  for (const one of pids) process.kill(one, 'SIGSTOP')
  for (const one of pids) process.kill(one, 'SIGKILL')
  await until(() => pids.every(isGone), 'everything to be gone')

  await project.must(['up', '--detach'])

  await untilWhole(project)
  const after = await project.status()
  assert.equal(after.world.live, before.world.live)
  assert.equal(after.world.sequence, before.world.sequence)
  assert.equal(after.last!.id, before.last!.id)
  await using load = startLoad({ port: await project.port(), clients: 2 })
  await someAnswers(load.answers)
  assert.deepEqual(failuresOf(await load.stop()), [])
  await assertWhole(project, before.world.live!)
})

// ---- makers

async function startProject(): Promise<TestProject> {
  const project = new TestProject(config('v1'))
  try {
    await project.must(['up', '--detach'])
    return project
  } catch (error) {
    await project[Symbol.asyncDispose]()
    throw error
  }
}

function config(name: string): object {
  return {
    ...plainConfig({
      env: { NAME: name },
      service: {
        scale: { min: INSTANCES },
        health: { ready: '/health/readiness', interval: '500ms', deadline: '20s', passes: 1 },
      },
      environment: { watch: { for: '1s', warm: '10min', p95: '100x' }, drain: '8s' },
    }),
    gateway: { listen: { http: 0 }, accessLog: false, workers: WORKERS },
  }
}

function startDeploy(project: TestProject, name: string): ReturnType<TestProject['run']> {
  project.configure(config(name))
  return project.run(['deploy'])
}

async function deploy(project: TestProject, name: string): Promise<void> {
  const { code, stdout, stderr } = await startDeploy(project, name)
  assert.equal(code, 0, `${stdout}\n${stderr}`)
  const { last } = await project.status()
  assert.equal(last!.proof!.failed, 0, last!.proof!.failures.join('\n'))
  await assertWhole(project, last!.plan.release.id)
}

async function isAt(project: TestProject, operation: string): Promise<boolean> {
  const { running } = await project.status()
  const points = running?.journal.filter((entry) => entry.operation === operation).map(({ point }) => point) ?? []
  return points.includes('begin')
}

// ---- killing

interface Kill {
  readonly sentNs: number
  /** Gone, and known to be by our clients. */
  readonly goneNs: number
}

async function killPart(project: TestProject, part: Part): Promise<Kill> {
  const pids = await pidsOfPart(project, part)
  const sentNs = monotonicNs()
  for (const pid of pids) process.kill(pid, 'SIGKILL')
  // Looked at without a pause: while we look, our clients begin nothing that could be mistaken for "after the kill".
  while (!pids.every(isGone)) assert.ok(monotonicNs() - sentNs < GONE_NS, `${part} survives SIGKILL`)
  // Two turns, so that a whole look at the sockets lies between: our clients have heard which connections are gone, and
  // what they begin from here on comes after.
  for (let turn = 0; turn < 2; turn++) await new Promise((resolve) => setImmediate(resolve))
  return { sentNs, goneNs: monotonicNs() }
}

async function pidsOfPart(project: TestProject, part: Part): Promise<readonly number[]> {
  const keeper = await keeperState(project)
  const pidsOfRole = (role: string): readonly number[] =>
    keeper.children
      .filter((child) => child.role === role && child.state === 'running')
      .map(({ identity }) => identity!.pid)
  switch (part) {
    case 'control':
      return pidsOfRole('control')
    case 'keeper':
      return [keeper.pid]
    case 'keeper and control':
      return [keeper.pid, ...pidsOfRole('control')]
    case 'gateway':
      return pidsOfRole('gateway').slice(0, 1)
  }
}

/** Keeper, control, all workers with the newest table and all instances are there, in the eyes of each other. */
async function untilWhole(project: TestProject): Promise<void> {
  let seen = ''
  await until(
    async () => {
      try {
        await keeperState(project)
        const { gateway, instances, world } = await project.status()
        seen = JSON.stringify({ gateway, instances })
        const versions = new Set(gateway.map(({ version }) => version))
        const live = instances.filter(({ release, state }) => release === world.live && state === 'running')
        return (
          gateway.length === WORKERS &&
          gateway.every(({ pid, version }) => pid !== null && version !== null) &&
          versions.size === 1 &&
          live.length === INSTANCES
        )
      } catch (error) {
        seen = String(error)
        return false
      }
    },
    'full strength',
    20_000,
  ).catch((error: Error) => {
    throw new Error(`${error.message}: ${seen}`)
  })
}

/** Lets every client come round a few times. */
async function someAnswers(answers: readonly Answer[]): Promise<void> {
  const enough = answers.length + CLIENTS * 10
  await until(() => answers.length >= enough, 'more answers')
}

/** Failures among requests begun after a kill are not forgiven; those that were open at the kill are counted. */
function judge(
  answers: readonly Answer[],
  { kills, lossesPerKill, part }: { kills: readonly Kill[]; lossesPerKill: number; part: Part },
  t: TestContext,
): void {
  const failed = answers.filter(({ failure }) => failure !== null)
  const wasOpen = ({ beganNs, endedNs }: Answer): boolean =>
    kills.some(({ sentNs, goneNs }) => beganNs <= goneNs && endedNs >= sentNs)
  const sinceLastKillMs = (atNs: number): string =>
    ((atNs - Math.max(...kills.map(({ sentNs }) => (sentNs <= atNs ? sentNs : 0)))) / 1e6).toFixed(0)
  const unforgiven = failed
    .filter((answer) => !wasOpen(answer))
    .map(
      (answer) =>
        `${failuresOf([answer])[0]}, begun ${sinceLastKillMs(answer.beganNs)} and ended ${sinceLastKillMs(answer.endedNs)} ms after a kill`,
    )
  assert.deepEqual(unforgiven, [], 'requests begun after the kill')
  const lost = failed.filter(wasOpen)
  t.diagnostic(`${part}: ${kills.length} kills, ${answers.length} requests, ${lost.length} lost in flight`)
  assert.ok(lost.length <= kills.length * lossesPerKill, failuresOf(lost).join('\n'))
}
