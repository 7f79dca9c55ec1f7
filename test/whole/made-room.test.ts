/** A service that makes room for its next release is nowhere until that comes, or until it is back itself. */
import assert from 'node:assert/strict'
import { mkdtempDisposableSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { plainConfig, TestProject, until } from '../support/project.ts'

const environment = { strategy: 'recreate', drain: '1s' }

const statusOf = async (project: TestProject): Promise<number> =>
  (await fetch(`http://127.0.0.1:${await project.port()}/`)).status

/** As after a reboot: whoever deployed is gone, and so is everything that ran. */
async function leftAtStop(): Promise<TestProject> {
  const project = new TestProject(plainConfig({ environment }))
  await project.must(['up', '--detach'])
  project.configure(plainConfig({ env: { NAME: 'v2' }, environment }))
  const killed = await project.run(['deploy'], { SEAWORTHY_CRASH_AT: 'stop:api:end' })
  assert.equal(killed.signal, 'SIGKILL', killed.stdout + killed.stderr)
  await project.must(['stop'])
  return project
}

test('`up` undoes a deploy that had made room and was left: what is live serves', async () => {
  await using project = await leftAtStop()
  const { stdout } = await project.must(['up', '--detach'])
  assert.equal(await statusOf(project), 200, stdout)
  assert.match(stdout, /was left unfinished: undoing it first/)
  const { running, last, heldServices } = await project.status()
  assert.deepEqual([running, last?.state, heldServices], [null, 'aborted', []])
})

test('so does what a machine brings it up with when it starts, without the config', async () => {
  await using project = await leftAtStop()
  rmSync(join(project.folder, 'seaworthy.config.json'))
  const unit = project.start(['up', '--service', project.stateFolder])
  const isServing = (): Promise<boolean> =>
    statusOf(project).then(
      (status) => status === 200,
      () => false,
    )
  await until(async () => (await isServing()) && (await project.status()).running === null, 'it to serve', 12_000)
  const { last, heldServices } = await project.status()
  assert.deepEqual([last?.state, heldServices], ['aborted', []])
  process.kill(unit.pid, 'SIGTERM')
  const { code, stdout } = await unit.ended
  assert.equal(code, 0)
  assert.match(stdout, /was left unfinished: undoing it/)
  project.configure(plainConfig({ environment }))
})

test('what could not come back is brought back by a `deploy` without a change, and by `up`; until it can, that fails', async () => {
  using elsewhere = mkdtempDisposableSync(join(tmpdir(), 'seaworthy-elsewhere-'))
  const away = join(elsewhere.path, 'away')
  const config = (name: string): object =>
    plainConfig({
      env: { NAME: name },
      service: {
        start: `bash -c "while [ -e ${away} ]; do sleep 0.1; done; exec node plain.mjs"`,
        health: { ready: '/health/readiness', interval: '1s', deadline: '2s' },
      },
      environment,
    })
  await using project = new TestProject(config('v1'))
  await project.must(['up', '--detach'])
  for (const [index, way] of [['deploy'], ['up', '--detach']].entries()) {
    // What both releases need is gone.
    writeFileSync(away, '')
    project.configure(config(`v${index + 2}`))
    const refused = await project.run(['deploy'])
    assert.match(refused.stderr, /deploy\.gate-failed/)
    assert.deepEqual((await project.status()).heldServices, ['api'])
    project.configure(config('v1'))
    const failed = await project.run(['deploy'])
    assert.equal(failed.code, 1, failed.stdout)
    assert.match(failed.stderr, /service\.not-ready/)

    rmSync(away)
    const { stdout } = await project.must(way)
    assert.match(stdout, /api is back/)
    assert.equal(await statusOf(project), 200)
    assert.deepEqual((await project.status()).heldServices, [])
  }
})
