/** A control that hangs, dies, or dies again and again is noticed by whoever hears the heartbeat: it stays away. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HEARTBEAT_EVERY_MS } from '../../src/control/alerts/heartbeat.ts'
import { nextBeat } from '../../src/observe/collect/beat.ts'
import { startHookSink } from '../support/hook-sink.ts'
import { plainConfig, TestProject, until } from '../support/project.ts'

/** A minute, and what a busy machine takes to evaluate. */
const BEAT_WITHIN_MS = HEARTBEAT_EVERY_MS + 60_000
/** What a receiver allows for that is told every minute. */
const MISSED_MS = 1.25 * HEARTBEAT_EVERY_MS
/** Long enough for a control to look around a few times. */
const LIFE_MS = 2_000

void test('the heartbeat stays away while control is stopped or keeps dying, and goes on after it', async (t) => {
  await using hooks = await startHookSink()
  await using project = new TestProject(plainConfig())
  project.configure({ ...plainConfig(), alerts: { heartbeat: 'BEAT_URL' } })
  await project.must(['up', '--detach'], { BEAT_URL: `${hooks.url}/beat` })
  const beats = () => hooks.of('alert.heartbeat', '/beat')
  const next = async (what: string): Promise<number> => {
    const count = beats().length
    await until(() => beats().length > count, what, BEAT_WITHIN_MS)
    return beats().at(-1)!.atMs
  }
  const evaluatedAt = (): number => Date.parse(String(beats().at(-1)!.body['evaluatedAt']))
  const isMissed = (sinceMs: number) => (): boolean => Date.now() - sinceMs > MISSED_MS

  const first = beats().at(-1)?.atMs ?? (await next('the first beat'))
  const second = await next('the second beat')
  t.diagnostic(`${second - first} ms between two beats`)

  const { controlPid } = await project.status()
  process.kill(controlPid, 'SIGSTOP')
  let continuedAt = 0
  try {
    await until(isMissed(second), 'a beat to be missed', 2 * MISSED_MS)
    assert.equal(beats().at(-1)!.atMs, second, 'who is stopped says nothing')
  } finally {
    continuedAt = Date.now()
    process.kill(controlPid, 'SIGCONT')
  }
  const back = await next('the beat after it goes on')
  assert.ok(evaluatedAt() >= continuedAt, 'it tells of an evaluation after the stop, not of one before it')
  t.diagnostic(`stopped: nothing for ${back - second} ms, heard ${back - continuedAt} ms after it went on`)
  assert.equal((await project.status()).controlPid, controlPid)

  const killedAt = Date.now()
  process.kill(controlPid, 'SIGKILL')
  const again = await next('the beat of the next control')
  assert.ok(evaluatedAt() > killedAt, 'of an evaluation of its own')
  t.diagnostic(`killed: nothing for ${again - back} ms, heard ${again - killedAt} ms after the kill`)

  // Each of them comes up and lives for a while, and is dead before the first time that it would evaluate: after a beat.
  const count = beats().length
  let deaths = 0
  let alive = { pid: 0, untilMs: 0 }
  await until(
    async () => {
      const pid = await controlOf(project)
      if (pid !== null && pid !== alive.pid)
        alive = { pid, untilMs: Math.min(Date.now() + LIFE_MS, nextBeat(Date.now(), 0)) }
      if (pid !== null && Date.now() >= alive.untilMs) {
        process.kill(pid, 'SIGKILL')
        deaths += 1
        await until(async () => (await controlOf(project)) !== pid, 'its end')
      }
      return isMissed(again)()
    },
    'a beat to be missed',
    2 * MISSED_MS,
  )
  assert.ok(deaths > 1, `${deaths} deaths`)
  assert.equal(beats().length, count, 'who dies before it has evaluated anything says nothing')
  t.diagnostic(`${deaths} deaths in ${Date.now() - again} ms, and no beat`)
  const healed = Date.now()
  const last = await next('the beat of the one that lives')
  t.diagnostic(`heard ${last - healed} ms after the last of them`)
})

/** The control that answers; null: none does just now. */
async function controlOf(project: TestProject): Promise<number | null> {
  try {
    return (await project.status()).controlPid
  } catch {
    return null
  }
}
