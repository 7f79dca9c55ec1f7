/** What a trial does when nobody comes, when a person decides, and when somebody is killed. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { CanaryProgress } from '../../src/deploy/canary.ts'
import { startLoad } from '../support/load.ts'
import { until, type TestProject } from '../support/project.ts'
import {
  assertPassed,
  assertStopped,
  endOf,
  lastDeploy,
  trialConfig,
  tryRelease,
  upForTrial,
} from '../support/trial.ts'

/** Nobody asks anything: the witness may send one request an hour. */
const SILENT = { witness: { rate: '1/h' }, watch: { for: '300ms', warm: '10min', sample: 1 }, drain: '2s' }

/** Errors are what is looked for here: a busy machine must not be taken for a slow release. */
const BUSY = { witness: { rate: '50/s' }, watch: { for: '300ms', warm: '10min', p95: '100x', sample: 1 }, drain: '2s' }

// Most of it is waiting: side by side they take as long as the longest.
void describe('a trial', { concurrency: 3 }, () => {
  void test('with no traffic and no witness a trial is inconclusive and stays; traffic or a person moves it on', async () => {
    const environment = { ...SILENT, canary: { steps: ['25%', '50%', '75%'], every: '500ms', sample: 20 } }
    await using project = await upForTrial({ name: 'v1' }, environment)
    const live = (await project.status()).world.live!
    project.configure(trialConfig({ name: 'v2' }, environment))
    const deploy = project.start(['deploy'])

    // Six times as long as the step should last.
    await until(async () => ((await trial(project))?.lastedMs ?? 0) >= 3_000, 'the step to last')
    const waiting = await trial(project)
    assert.deepEqual(waiting!.verdict, { kind: 'inconclusive', because: '0 of the 20 answers needed' })
    assert.deepEqual([waiting!.step, waiting!.share], [1, 0.25])
    assert.equal((await project.status()).world.live, live)
    const shown = await project.must(['status'])
    assert.match(
      shown.stdout,
      /on trial +2-\w+, step 1 of 3, 25 % of the clients, .*; inconclusive: 0 of the 20 answers/,
    )

    const promoted = await project.must(['deploy', '--promote'])
    assert.match(promoted.stdout, /^d2: 50 % of the clients now$/m)
    assert.equal((await trial(project))!.step, 2)

    await using load = startLoad({ port: await project.port(), clients: 4 })
    await until(async () => (await project.status()).running === null, 'traffic to fill the other steps')
    await load.stop()
    const result = await endOf(project, deploy)
    assert.equal(result.code, 0, result.stdout + result.stderr)
    assert.match(result.stdout, /inconclusive: 0 of the 20 answers needed; it stays at 25 % until/)
    const { proof } = await lastDeploy(project)
    assert.deepEqual(
      proof!.canary!.map(({ share, end }) => [share, end]),
      [
        [0.25, 'promoted'],
        [0.5, 'passed'],
        [0.75, 'passed'],
      ],
    )
    assert.match(proof!.canary![0]!.because!, /^by \S+@\S+ \(pid \d+\)$/)
    assert.ok(proof!.canary![1]!.users.next.answers >= 20, 'counted as users')
    assert.equal(proof!.canary![1]!.witness.next.answers, 0)
  })

  void test('who has got the new release keeps it at every later step, the share is exact, and --abort ends it', async (t) => {
    const environment = { ...SILENT, canary: { steps: ['25%', '50%', '75%'], every: '500ms', sample: 1_000_000 } }
    await using project = await upForTrial({ name: 'v1' }, environment)
    const live = (await project.status()).world.live!
    const port = await project.port()
    assert.equal((await ask(port)).cookie, null, 'no cookie without a trial')
    project.configure(trialConfig({ name: 'v2' }, environment))
    const deploy = project.start(['deploy', '--json'])
    await until(async () => (await trial(project))?.lastedMs !== undefined, 'the trial')
    const next = (await trial(project))!.release

    const clients = await askAll(Array.from({ length: 2_000 }, () => port))
    assert.ok(clients.every(({ cookie }) => cookie !== null))
    const cookies = clients.map(({ cookie }) => cookie!.split(';')[0]!)
    let before = clientsOn(next, clients)
    assert.ok(Math.abs(before.size / 2_000 - 0.25) < 0.03, `${before.size} of 2,000 at 25 %`)
    for (const share of [0.5, 0.75]) {
      await project.must(['deploy', '--promote'])
      assert.equal((await trial(project))!.share, share)
      const seen = await askAll(
        cookies.map(() => port),
        (client) => `mine=1; ${cookies[client]!}`,
      )
      const now = clientsOn(next, seen)
      assert.ok(
        [...before].every((client) => now.has(client)),
        `somebody was moved back at ${share}`,
      )
      assert.ok(Math.abs(now.size / 2_000 - share) < 0.03, `${now.size} of 2,000 at ${share}`)
      assert.ok(seen.every(({ cookie, seenCookie }) => cookie === null && seenCookie === 'mine=1'))
      t.diagnostic(`${now.size} of 2,000 clients at ${share * 100} %, ${before.size} of them from before`)
      before = now
    }
    const always = await ask(port, { 'seaworthy-canary': 'always' })
    const never = await ask(port, { 'seaworthy-canary': 'never' })
    assert.deepEqual([always.release, always.cookie, never.release, never.cookie], [next, null, live, null])

    const aborted = await project.must(['deploy', '--abort'])
    assert.match(aborted.stdout, /^d2: taken-back: aborted by \S+@\S+ \(pid \d+\)$/m)
    const result = await endOf(project, deploy)
    assert.equal(result.code, 1, result.stdout + result.stderr)
    assert.equal((await lastDeploy(project)).proof!.canary!.at(-1)!.end, 'aborted')
    const after = await askAll(
      cookies.slice(0, 100).map(() => port),
      (client) => cookies[client]!,
    )
    assert.ok(after.every(({ release, cookie }) => release === live && cookie === null))
    const refused = await project.run(['deploy', '--promote'])
    assert.match(refused.stderr, /no release is on trial {2}\[deploy\.not-on-trial\]/)
  })

  void test('a release that hangs on every third request is stopped by the witness, which waits', async () => {
    const environment = { ...BUSY, canary: { steps: ['50%'], every: '3s', sample: 50 } }
    await using project = await upForTrial({ name: 'v1' }, environment)
    const live = (await project.status()).world.live!
    const result = await tryRelease(project, { name: 'hangs', hangsEvery: 3 }, environment)
    await assertStopped(project, result, live, /^\d+ of \d+ answers to the witness failed/)
  })

  void test('control goes on with the step it was in when it was killed, and the release goes through', async () => {
    const environment = { ...BUSY, canary: { steps: ['10%', '50%'], every: '3s', sample: 50 } }
    await using project = await upForTrial({ name: 'v1' }, environment)
    project.configure(trialConfig({ name: 'v2' }, environment))
    const deploy = project.start(['deploy'])
    await until(async () => ((await trial(project))?.lastedMs ?? 0) >= 1_500, 'half of the first step')
    process.kill((await project.status()).controlPid, 'SIGKILL')
    const resumed: CanaryProgress[] = []
    await until(async () => {
      const seen = await trial(project).catch(() => null)
      if (seen !== null) resumed.push(seen)
      return resumed.length > 0
    }, 'control to be back')
    assert.equal(resumed[0]!.step, 1)
    assert.ok(resumed[0]!.lastedMs >= 500, `${resumed[0]!.lastedMs} ms of the step are remembered`)
    const { proof } = await assertPassed(project, await endOf(project, deploy), [0.1, 0.5])
    assert.ok(proof!.interruptions >= 1)
  })

  void test('a bad release is taken back although CLI and control were killed', async () => {
    const environment = { ...BUSY, canary: { steps: ['10%', '50%'], every: '3s', sample: 200 } }
    await using project = await upForTrial({ name: 'v1' }, environment)
    const live = (await project.status()).world.live!
    project.configure(trialConfig({ name: 'failing', failsEvery: 20 }, environment))
    const deploy = project.start(['deploy'])
    await until(async () => (await trial(project)) !== null, 'the trial')
    process.kill(deploy.pid, 'SIGKILL')
    process.kill((await project.status()).controlPid, 'SIGKILL')
    await deploy.ended
    await until(
      async () => (await lastDeploy(project).catch(() => null))?.state === 'taken-back',
      'it to be taken back',
    )
    await assertStopped(
      project,
      { code: 1, signal: null, stdout: '', stderr: '' },
      live,
      /answers to the witness failed/,
    )
  })

  void test('the CLI dies by SIGKILL at each journal point of a trial: --resume and --abort both converge', async () => {
    const environment = { ...BUSY, canary: { steps: ['50%'], every: '500ms', sample: 5 } }
    await using project = await upForTrial({ name: 'v1' }, environment)
    for (const point of ['begin', 'end'] as const) {
      for (const way of ['--resume', '--abort'] as const) {
        const where = `canary:${point} ${way}`
        const { live } = (await project.status()).world
        project.configure(trialConfig({ name: where }, environment))
        const crashed = await project.run(['deploy'], { SEAWORTHY_CRASH_AT: `canary:${point}` })
        assert.equal(crashed.signal, 'SIGKILL', `${where}: ${crashed.stdout}\n${crashed.stderr}`)
        await project.must(['deploy', way])
        const { world, canary, running, last, instances } = await project.status()
        const wanted = way === '--resume' ? last!.plan.release.id : live
        assert.deepEqual([world.live, canary, running], [wanted, null, null], where)
        assert.equal(last!.proof!.failed, 0, where)
        const needed = [world.live, world.warm]
        assert.ok(
          instances.every(({ release }) => needed.includes(release)),
          where,
        )
      }
    }
    // A deploy that comes instead lets the trial end first, and then takes its place.
    const endless = { ...environment, ...SILENT, canary: { ...environment.canary, sample: 1_000_000 } }
    project.configure(trialConfig({ name: 'left' }, endless))
    await project.run(['deploy'], { SEAWORTHY_CRASH_AT: 'canary:begin' })
    const { running, lease } = await project.status()
    const left = running!
    project.configure(trialConfig({ name: 'newest' }, environment))
    const deploying = project.start(['deploy'])
    await until(
      async () => ((await project.status()).lease?.token ?? 0) > lease!.token,
      'the next deploy to be at work',
    )
    assert.equal((await trial(project))!.release, left.plan.release.id)
    await project.must(['deploy', '--promote'])
    const next = await endOf(project, deploying)
    assert.match(next.stdout, new RegExp(`${left.id} was left unfinished: completing it first`))
    const { deploy } = await project.control.call('deploy.get', { deploy: left.id })
    const { last, world } = await project.status()
    // Nobody asked while it was watched.
    assert.deepEqual([deploy!.state, last!.state], ['inconclusive', 'done'])
    assert.deepEqual([world.live, world.warm], [last!.plan.release.id, left.plan.release.id])
  })
})

async function trial(project: TestProject): Promise<CanaryProgress | null> {
  return (await project.status()).canary?.progress ?? null
}

interface Seen {
  readonly release: string | null
  /** What was set. */
  readonly cookie: string | null
  /** What the instance was sent. */
  readonly seenCookie: string | null
}

async function ask(port: number, headers: Record<string, string> = {}): Promise<Seen> {
  const response = await fetch(`http://127.0.0.1:${port}/`, { headers })
  const { cookie } = (await response.json()) as { cookie: string | null }
  const { headers: given } = response
  return { release: given.get('seaworthy-release'), cookie: given.get('set-cookie'), seenCookie: cookie }
}

/** Forty at a time. */
async function askAll(ports: readonly number[], cookieOf?: (client: number) => string): Promise<readonly Seen[]> {
  const seen: Seen[] = []
  for (let from = 0; from < ports.length; from += 40) {
    const some = ports.slice(from, from + 40)
    seen.push(
      ...(await Promise.all(some.map((port, index) => ask(port, cookieOf ? { cookie: cookieOf(from + index) } : {})))),
    )
  }
  return seen
}

function clientsOn(release: string, seen: readonly Seen[]): ReadonlySet<number> {
  return new Set(seen.flatMap((one, client) => (one.release === release ? [client] : [])))
}
