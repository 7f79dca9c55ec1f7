import assert from 'node:assert/strict'
import { test } from 'node:test'
import { spawnSync } from 'node:child_process'
import { failuresOf, startLoad } from '../support/load.ts'
import { plainConfig, processesMentioning, TestProject, until } from '../support/project.ts'

test('three `up` at once: one brings it up, the others find it, and there is one environment', async () => {
  await using project = new TestProject(plainConfig())
  const results = await Promise.all([1, 2, 3].map(() => project.run(['up', '--detach'])))
  const said = results.map(({ stdout, stderr }) => stdout + stderr).join('\n---\n')
  assert.doesNotMatch(said, /bug in Seaworthy/)
  assert.ok(
    results.every(({ code, stderr }) => code === 0 || /deploy\.locked/.test(stderr)),
    said,
  )
  const { world, instances, gateway } = await project.status()
  assert.notEqual(world.live, null)
  assert.equal(instances.length, 1)
  assert.ok(gateway.every(({ pid }) => pid !== null))
})

test('Ctrl-C at any moment of a first `up` leaves nothing running', async (t) => {
  await using project = new TestProject(plainConfig({ env: { SLOW_START_MS: '400' } }))
  for (const afterMs of [150, 400, 700, 1000, 1500]) {
    const up = project.start(['up'])
    await new Promise((resolve) => setTimeout(resolve, afterMs))
    process.kill(up.pid, 'SIGINT')
    const { code, signal } = await up.ended
    t.diagnostic(`after ${afterMs} ms: ended with ${code ?? signal}`)
    await until(() => processesMentioning(project.folder).length === 0, 'everything to be stopped')
  }
})

test('killed before the switch, and its instances are gone since: resumed it starts them again, and nobody is lost', async () => {
  await using project = new TestProject(plainConfig())
  await project.must(['up', '--detach'])
  await using load = startLoad({ port: await project.port(), clients: 2, pauseMs: 20 })
  project.configure(plainConfig({ env: { NAME: 'v2' } }))
  const killed = await project.run(['deploy'], { SEAWORTHY_CRASH_AT: 'gate:api:end' })
  assert.equal(killed.signal, 'SIGKILL')
  const { running } = await project.status()
  const { id } = running!.plan.release

  // As whoever undoes it does, and may be killed before he has said so.
  const { control } = project
  const { token } = await control.call('lease.acquire', { holder: 'a test', reason: 'a test', process: null })
  await control.call('instance.stop', { token, release: id, service: null })
  // Who does not start them again is told so, and no request meets nobody.
  await assert.rejects(control.call('rollout.begin', { token, deploy: running!.id }), { code: 'release.no-instance' })
  await control.call('lease.release', { token })

  await project.must(['deploy', '--resume'])
  assert.deepEqual(failuresOf(await load.stop()), [])
  const { world, last } = await project.status()
  assert.deepEqual([world.live, last?.state], [id, 'done'])
})

test('nobody reads what a deploy says any more: it comes to its end', async () => {
  await using project = new TestProject(plainConfig())
  await project.must(['up', '--detach'])
  project.configure(plainConfig({ env: { NAME: 'v2' } }))
  // The first line is read, then the reader is gone.
  const command = `"$@" | head -n 1; exit "\${PIPESTATUS[0]}"`
  const words = [process.execPath, project.program, 'deploy', '--json']
  const { status } = spawnSync('bash', ['-c', command, 'bash', ...words], { cwd: project.folder })
  assert.equal(status, 0)
  const { running, last, world } = await project.status()
  assert.deepEqual([running, last?.kind, last?.plan.release.id], [null, 'deploy', world.live])
  assert.match(await (await fetch(`http://127.0.0.1:${await project.port()}/`)).text(), /v2/)
})

test('Ctrl-C before the switch undoes the deploy at once; after it control finishes alone', async () => {
  await using project = new TestProject(plainConfig({ environment: { watch: { for: '4s', sample: 5 } } }))
  await project.must(['up', '--detach'])
  const before = await project.status()

  project.configure(plainConfig({ env: { NAME: 'v2', SLOW_START_MS: '5000' } }))
  const undone = project.start(['deploy'])
  await until(async () => (await project.status()).instances.length === 2, 'the new instance')
  process.kill(undone.pid, 'SIGINT')
  const first = await undone.ended
  assert.equal(first.code, 1, first.stdout + first.stderr)
  assert.match(first.stderr, /deploy\.interrupted/)
  const after = await project.status()
  assert.equal(after.world.live, before.world.live)
  assert.equal(after.instances.length, 1)
  assert.equal(after.running, null)

  project.configure(plainConfig({ env: { NAME: 'v3' }, environment: { watch: { for: '4s', sample: 5 } } }))
  const left = project.start(['deploy', '--json'])
  await until(async () => (await project.status()).world.live !== before.world.live, 'the switch')
  process.kill(left.pid, 'SIGINT')
  const second = await left.ended
  assert.equal(second.code, 1, second.stdout + second.stderr)
  assert.match(second.stdout, /deploy\.left-to-control/)
  assert.notEqual((await project.status()).running, null, 'control is still watching')
  await until(async () => (await project.status()).running === null, 'control to finish the deploy')
  const { last, world } = await project.status()
  assert.deepEqual([last?.state, last?.message], ['done', 'completed by control: the command that began it was gone'])
  assert.equal(world.warm, before.world.live)
})

test('Ctrl-C while the release before is retired: what is live is told, and control ends the deploy', async () => {
  const stubborn = (name: string): object =>
    plainConfig({ env: { NAME: name, IGNORE_SIGTERM: '1' }, service: { grace: '3s' } })
  await using project = new TestProject(stubborn('v1'))
  await project.must(['up', '--detach'])
  const { live } = (await project.status()).world
  project.configure(stubborn('v2'))
  await project.must(['deploy'])
  const back = project.start(['rollback'])
  await until(async () => {
    const { running } = await project.status()
    return running?.journal.some(({ operation }) => operation === 'retire') ?? false
  }, 'the retirement')
  process.kill(back.pid, 'SIGINT')
  const { code, stderr } = await back.ended
  assert.equal(code, 1)
  assert.match(stderr, /deploy\.left-to-control/)
  await until(async () => (await project.status()).running === null, 'control to end the deploy')
  const { last, world } = await project.status()
  assert.deepEqual([last?.kind, last?.state, world.live], ['rollback', 'done', live])
})
