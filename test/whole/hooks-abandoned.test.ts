/** The command that began a deploy is dead, and control dies over the hook: it runs once all the same. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { LEASE_MS } from '../../src/control/lease.ts'
import { plainConfig, TestProject, until } from '../support/project.ts'

const configOf = (name: string, hooks: object): object =>
  plainConfig({ env: { NAME: name }, environment: { hooks, watch: { for: '300ms' } } })

const runs = (project: TestProject): readonly string[] => {
  const file = join(project.folder, '.seaworthy/runs.txt')
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []
}

async function kindsOf(project: TestProject): Promise<readonly string[]> {
  const { events } = await project.control.call('events', { after: 0, limit: 1000 })
  return events.map(({ kind }) => kind)
}

void test('a hook that fails changes nothing; control dies over one and it still runs once', async () => {
  const slow = `sh -c 'echo begin $DEPLOY >> .seaworthy/runs.txt; sleep 1; echo end $DEPLOY >> .seaworthy/runs.txt; echo no >&2; exit 5'`
  await using project = new TestProject(configOf('v1', { after: `sh -c 'echo $DEPLOY >> .seaworthy/runs.txt'` }))
  await project.must(['up', '--detach'])
  project.configure(configOf('v2', { after: slow }))
  // The command dies right after the drain: control has to complete the deploy by itself.
  const crashed = await project.run(['deploy'], { SEAWORTHY_CRASH_AT: 'switch:end' })
  assert.equal(crashed.signal, 'SIGKILL')
  // A command that dies keeps its lease for a while.
  await until(() => runs(project).includes('begin d2'), 'the hook to run', 2 * LEASE_MS)
  process.kill((await project.status()).controlPid, 'SIGKILL')
  await until(
    async () => (await project.control.call('hook.look', { deploy: 'd2' })).hook?.state === 'failed',
    'its end',
  )
  assert.deepEqual(runs(project).slice(1), ['begin d2', 'end d2'])
  const { hook } = await project.control.call('hook.look', { deploy: 'd2' })
  assert.deepEqual([hook!.time, hook!.description, hook!.lastLines], ['after', 'exited with 5', ['no']])
  assert.ok((await kindsOf(project)).includes('hook-failed'))
  const { last } = await project.status()
  assert.equal(last!.state, (await project.control.call('deploy.get', { deploy: 'd2' })).deploy!.state)
  assert.match(last!.state, /^(done|inconclusive)$/)

  // Killed again and again afterwards: what is done is not done once more.
  for (let n = 0; n < 2; n++) {
    const { controlPid } = await project.status()
    process.kill(controlPid, 'SIGKILL')
    await until(async () => (await project.status()).controlPid !== controlPid, 'control to be back')
  }
  assert.equal(runs(project).length, 3)
})
