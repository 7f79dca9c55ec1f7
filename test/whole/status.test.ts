/** The one screen, with real faults: is the app fine, since when, what changed. */
import assert from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { HealthReport } from '../../src/control/api/health-methods.ts'
import { plainConfig, TestProject, until } from '../support/project.ts'

/** A beat, its evaluation, and what a busy machine adds. */
const BEAT_MS = 60_000
/** With `down` beside it the program does not come up. */
const START = "sh -c 'test ! -e $DOWN_FILE && exec node plain.mjs'"

void test('unknown at first, fine when measured, broken when an instance cannot come back, and not any more when it has', async (t) => {
  await using project = new TestProject(plainConfig())
  const down = join(project.folder, '.seaworthy', 'down')
  project.configure(plainConfig({ env: { DOWN_FILE: down }, service: { start: START } }))
  await project.must(['up', '--detach'])
  const look = (): Promise<HealthReport> => project.control.call('health.look', {})
  const untilState = async (state: HealthReport['state']): Promise<HealthReport> => {
    await until(async () => (await look()).state === state, state, BEAT_MS)
    return look()
  }
  const first = await look()
  if (first.measuredAt === null) {
    assert.equal(first.state, 'unknown', 'nothing was measured')
    const { code, stdout } = await project.run(['status', '--check'])
    if (!stdout.startsWith('fine')) assert.equal(code, 4)
  }
  const fine = await untilState('fine')
  assert.deepEqual(fine.reasons, [])
  assert.ok(fine.measuredAt !== null && fine.services[0]!.sampledAt !== null)
  assert.equal((await project.run(['status', '--check'])).code, 0)

  project.configure(plainConfig({ env: { DOWN_FILE: down, NAME: 'v2' }, service: { start: START } }))
  await project.must(['deploy'])
  await untilState('fine')

  writeFileSync(down, '')
  const killedAt = Date.now()
  const { world, instances } = await project.status()
  const { id, pid } = instances.find(({ release }) => release === world.live)!
  process.kill(pid!, 'SIGKILL')
  const broken = await untilState('broken')
  t.diagnostic(`broken ${broken.since - killedAt} ms after the kill`)
  assert.ok(broken.since >= killedAt)
  assert.match(broken.reasons[0]!.text, new RegExp(`^no instance of api runs: instance ${id} is `))
  const shown = await project.run(['status', '--check'])
  assert.equal(shown.code, 4)
  assert.match(shown.stdout, /^broken +no instance of api runs: instance api@/)
  assert.match(shown.stdout, /^since +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d, \d+ s ago$/m)
  const deploys = broken.changes.filter(({ kind }) => kind === 'deploy').map(({ text }) => text.split(' by ')[0])
  assert.deepEqual(deploys[0], `deploy d2 to ${world.live}`, 'what was deployed last before it is named first')
  assert.match(shown.stdout, /^ *(changed)? +\d+ s before: deploy d2 to 2-[0-9a-f]{8} by .*: (done|inconclusive)/m)
  const json = JSON.parse((await project.must(['status', '--json'])).stdout) as Record<string, unknown>
  assert.deepEqual(
    ['app', 'world', 'instances', 'gateway', 'needs', 'health'].filter((key) => !(key in json)),
    [],
  )

  const { controlPid } = await project.status()
  process.kill(controlPid, 'SIGKILL')
  await until(async () => (await project.status()).controlPid !== controlPid, 'the next control')
  assert.equal((await untilState('broken')).since, broken.since, 'since when outlives control')

  rmSync(down)
  // That it restarted often goes on being told for a while: no longer broken, not yet fine. A control that has just begun
  // does not know, which is no change of what the one before it knew.
  await until(async () => !['broken', 'unknown'].includes((await look()).state), 'the end', BEAT_MS)
  const again = await look()
  assert.ok(again.since > broken.since)
  assert.equal(
    again.reasons.some(({ kind }) => kind === 'service'),
    false,
  )
  const told = async (): Promise<readonly string[]> => {
    const { events } = await project.control.call('events', { after: 0, limit: 1_000 })
    return events.filter(({ kind }) => kind === 'health').map(({ text }) => text.split(':')[0]!)
  }
  await until(async () => (await told()).at(-1) === (await look()).state, 'the event of the state it is in', BEAT_MS)
  assert.ok((await told()).includes('broken'))
})
