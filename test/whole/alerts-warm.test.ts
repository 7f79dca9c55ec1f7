/** The release before is kept warm: that its instances are well must not hide that no live one is. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { startHookSink } from '../support/hook-sink.ts'
import { plainConfig, TestProject, until } from '../support/project.ts'

void test('after a deploy a service that is down is told, though the release before is warm', async (t) => {
  await using hooks = await startHookSink()
  await using project = new TestProject(plainConfig())
  const down = join(project.folder, '.seaworthy', 'down')
  const configOf = (version: string): object => ({
    ...plainConfig({
      env: { DOWN_FILE: down, VERSION: version },
      // With `down` beside it the program does not come up.
      service: { start: "sh -c 'test ! -e $DOWN_FILE && exec node plain.mjs'" },
    }),
    alerts: { channels: { ops: { webhook: 'OPS_URL' } } },
  })
  const secrets = { OPS_URL: `${hooks.url}/ops` }
  project.configure(configOf('1'))
  await project.must(['up', '--detach'], secrets)
  project.configure(configOf('2'))
  await project.must(['deploy'], secrets)

  const {
    world: { live, warm },
    instances,
  } = await project.status()
  const pids = (release: string | null) => instances.filter((one) => one.release === release).map(({ pid }) => pid!)
  assert.ok(pids(live).length > 0 && pids(warm).length > 0)
  writeFileSync(down, '')
  for (const pid of pids(live)) process.kill(pid, 'SIGKILL')
  const killedAt = Date.now()
  const told = () => hooks.of('alert.fired').find(({ body }) => body['title'] === 'No instance of api answers.')
  await until(() => told() !== undefined, 'the webhook', 60_000)
  t.diagnostic(`kill to webhook ${told()!.atMs - killedAt} ms`)
  assert.equal(told()!.body['severity'], 'P0')
  const after = await project.status()
  const stillWarm = after.instances.filter(({ release, state }) => release === warm && state === 'running')
  assert.deepEqual(
    stillWarm.map(({ pid }) => pid),
    pids(warm),
    'the warm ones were well all along',
  )
})
