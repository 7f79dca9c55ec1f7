/** One deploy at a time: who holds the lease, who gets it, and what becomes of a holder that comes back too late. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { LEASE_MS } from '../../src/control/lease.ts'
import { ownIdentity } from '../../src/core/process-identity.ts'
import { plainConfig, TestProject, until } from '../support/project.ts'

const TAKEN_OVER_MS = 35_000

test('of two deploys at once exactly one proceeds, the other is refused and touches nothing', async () => {
  await using project = await startProject()
  project.configure(config('v2', { SLOW_START_MS: '7000' }))
  const results = await Promise.all([project.run(['deploy']), project.run(['deploy'])])

  const codes = results.map(({ code }) => code)
  assert.deepEqual(
    codes.toSorted((one, other) => (one ?? 0) - (other ?? 0)),
    [0, 1],
    results.map(({ stdout, stderr }) => stdout + stderr).join('\n---\n'),
  )
  const refused = results.find(({ code }) => code === 1)!
  assert.match(refused.stderr, /deploy\.locked/)
  const { deploys } = await project.control.call('deploy.list', { limit: 10 })
  assert.deepEqual(
    // A watch that only the witness feeds may see too little for a verdict.
    deploys.map(({ state }) => (state === 'inconclusive' ? 'done' : state)),
    ['done', 'done'],
  )
})

test('a holder killed on this host is succeeded at once; the next deploy settles what it left', async (t) => {
  await using project = await startProject()
  project.configure(config('v2'))
  const { signal } = await project.run(['deploy'], { SEAWORTHY_CRASH_AT: 'gate:api:begin' })
  assert.equal(signal, 'SIGKILL')
  const unfinished = (await project.status()).running!

  const startedAt = Date.now()
  const { stdout } = await project.must(['deploy'])

  const { deploy } = await project.control.call('deploy.get', { deploy: unfinished.id })
  assert.equal(deploy!.state, 'aborted')
  assert.match(stdout, /left unfinished: undoing it first/)
  const { world, last } = await project.status()
  assert.equal(world.live, last!.plan.release.id)
  t.diagnostic(`settled and deployed after ${Date.now() - startedAt} ms`)
  assert.ok(Date.now() - startedAt < LEASE_MS, 'the dead holder was waited for')
})

test('a silent holder of another host is succeeded when its lease runs out, unaided', async (t) => {
  await using project = await startProject()
  await project.control.call('lease.acquire', {
    holder: 'somebody@elsewhere (pid 4711)',
    reason: 'deploy',
    // Nothing can be proven of it: it may only be slow.
    process: { ...ownIdentity()!, pid: 4711, bootId: 'another-boot' },
  })
  project.configure(config('v2'))
  const startedAt = Date.now()
  const deploying = project.run(['deploy'])
  await until(async () => (await project.status()).running !== null, 'the deploy to begin', TAKEN_OVER_MS)
  const waitedMs = Date.now() - startedAt
  const { code, stdout, stderr } = await deploying
  assert.equal(code, 0, stdout + stderr)
  t.diagnostic(`began after ${waitedMs} ms`)
  assert.ok(waitedMs > LEASE_MS - 1_000, 'a holder that may be alive was pushed aside')
})

test('a holder that slept while another deploy was made is refused by its token and has changed nothing', async () => {
  await using project = await startProject()
  project.configure(config('sleeper', { SLOW_START_MS: '3000' }))
  const sleeper = project.start(['deploy'])
  await until(async () => {
    const { running } = await project.status()
    return running?.journal.some(({ operation }) => operation === 'gate:api') ?? false
  }, 'the deploy to be at its gate')
  process.kill(sleeper.pid, 'SIGSTOP')
  project.configure(config('v2'))
  // Alive as it is, only its silence frees the lease.
  await project.must(['deploy'])
  const before = await project.status()

  process.kill(sleeper.pid, 'SIGCONT')
  const { code, stdout, stderr } = await sleeper.ended

  assert.equal(code, 3, stdout + stderr)
  assert.match(stderr, /lease\.lost/)
  const after = await project.status()
  assert.deepEqual(after.world, before.world)
  assert.deepEqual(after.instances, before.instances)
  assert.equal(after.last!.id, before.last!.id)
  assert.equal(after.lease, null)
})

test('a plan is refused when the world moved since it was made, and touches nothing', async () => {
  await using project = await startProject()
  project.configure(config('v2'))
  const file = join(project.folder, '.seaworthy/plan.json')
  await project.must(['plan', '--out', file])
  await project.must(['deploy'])
  const before = await project.status()

  const { code, stderr } = await project.run(['deploy', '--plan', file])

  assert.equal(code, 3, stderr)
  assert.match(stderr, /deploy\.moved/)
  const after = await project.status()
  assert.deepEqual(after.world, before.world)
  assert.deepEqual(after.instances, before.instances)
  assert.equal(after.last!.id, before.last!.id)
})

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

function config(name: string, env: Record<string, string> = {}): object {
  return plainConfig({
    env: { NAME: name, ...env },
    service: { health: { ready: '/health/readiness', interval: '1s', deadline: '40s', passes: 1 } },
    environment: { watch: { for: '200ms', warm: '10min', p95: '100x' } },
  })
}
