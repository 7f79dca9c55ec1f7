/** `stop` while somebody else is at work: what it says to them, and what becomes of it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { plainConfig, TestProject, until } from '../support/project.ts'

void test('a deploy whose environment is stopped says so in a sentence, and can be settled when it is up again', async () => {
  await using project = new TestProject(plainConfig())
  await project.must(['up', '--detach'])
  const { world } = await project.status()
  project.configure(plainConfig({ env: { NAME: 'v2', SLOW_START_MS: '15000' } }))
  const deploy = project.start(['deploy'])
  await until(async () => (await project.status()).instances.length === 2, 'the new instance')
  const stop = await project.must(['stop'])
  assert.match(stop.stdout, /d2 is not finished: .* `deploy --resume` goes on with it/)
  const { code, stdout, stderr } = await deploy.ended
  assert.equal(code, 1)
  assert.doesNotMatch(stdout + stderr, /bug in Seaworthy|SuppressedError/)
  assert.match(stderr, /the environment was stopped.*\[environment\.down\]\n→ .*`seaworthy up`.*`deploy --resume`/)
  await project.must(['up', '--detach'])
  assert.equal((await project.status()).running?.id, 'd2')
  await project.must(['deploy', '--abort'])
  const { running, last, world: after } = await project.status()
  assert.deepEqual([running, last!.state, after.live], [null, 'aborted', world.live])
})
