/** What is warm may have ended, or hang, without anybody having met it: a rollback asks it before the one that answers goes. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { failuresOf, startLoad } from '../support/load.ts'
import { plainConfig, TestProject } from '../support/project.ts'

test('a rollback to a warm release that hangs is refused, and the live one goes on', async () => {
  const service = { health: { ready: '/health/readiness', interval: '1s', timeout: '500ms', deadline: '3s' } }
  await using project = new TestProject(plainConfig({ service }))
  await project.must(['up', '--detach'])
  project.configure(plainConfig({ service, env: { NAME: 'v2' } }))
  await project.must(['deploy'])
  const { world, instances } = await project.status()
  const warm = instances.filter(({ release }) => release === world.warm)
  assert.equal(warm.length, 1)
  await using load = startLoad({ port: await project.port(), clients: 2, pauseMs: 20 })

  process.kill(warm[0]!.pid!, 'SIGSTOP')
  const refused = await project.run(['rollback'])
  process.kill(warm[0]!.pid!, 'SIGCONT')
  assert.match(refused.stderr, /\[deploy\.gate-failed\]/)
  assert.equal(refused.code, 1)
  assert.equal((await project.status()).world.live, world.live)

  await project.must(['rollback'])
  assert.deepEqual(failuresOf(await load.stop()), [])
  const now = await project.status()
  assert.equal(now.world.live, world.warm)
  assert.deepEqual(
    now.instances.map(({ pid }) => pid),
    [warm[0]!.pid],
    'it was there: none was started',
  )
})
