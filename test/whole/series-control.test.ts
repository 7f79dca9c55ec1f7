import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import type { EnvironmentEvent } from '../../src/control/api/contract.ts'
import type { ToldSeries } from '../../src/control/api/series-methods.ts'
import { SCRAPE_MS } from '../../src/core/series/series.ts'
import { EVERY } from '../seeded/some.ts'
import { plainConfig, TestProject, until } from '../support/project.ts'

/** Ten more, while an hour is closed as well: series-kill.test.ts. */
const KILLS = EVERY ? 5 : 2
const MEASURED = 'seaworthy_host_load'
/** A beat, and what it takes on a busy machine to begin anew. */
const BEAT_MS = 40_000

void test(`control killed ${KILLS} times: what was measured is there, and every event`, async (t) => {
  await using project = new TestProject(plainConfig())
  await project.must(['up', '--detach'])
  const { control } = project
  const begun = Date.now()
  const measured = async (): Promise<readonly number[]> => {
    const { series } = await control.call('series.raw', { query: MEASURED, from: begun - 60_000, to: Date.now() })
    return series.flatMap(({ points }: ToldSeries) => points.filter(([, value]) => value !== null).map(([at]) => at))
  }
  const events = async (): Promise<readonly EnvironmentEvent[]> =>
    (await control.call('events', { after: 0, limit: 1_000 })).events

  let beats = 0
  const untilBeat = async (): Promise<void> => {
    await until(async () => (await measured()).length > beats, 'a beat', BEAT_MS)
    beats = (await measured()).length
  }
  for (let kill = 0; kill < KILLS; kill++) {
    await untilBeat()
    // Anywhere between two beats.
    await pause(Math.random() * SCRAPE_MS)
    const [samplesBefore, eventsBefore] = [await measured(), await events()]
    const { controlPid } = await control.call('status', {})
    process.kill(controlPid, 'SIGKILL')
    await until(async () => (await control.call('status', {})).controlPid !== controlPid, 'the next control')
    const samplesAfter = new Set(await measured())
    assert.deepEqual(
      samplesBefore.filter((at) => !samplesAfter.has(at)),
      [],
      'samples that were there are gone',
    )
    assert.deepEqual((await events()).slice(0, eventsBefore.length), eventsBefore, 'events that were there are gone')
  }
  await untilBeat()
  const all = await measured()
  assert.ok(all.length > KILLS)
  t.diagnostic(`${KILLS} kills, ${all.length} beats measured`)

  const shown = await project.must(['metrics', '--raw', '--range', '10min', MEASURED])
  assert.equal(
    shown.stdout
      .trim()
      .split('\n')
      .filter((line) => /\d$/.test(line)).length,
    all.length,
  )
  const catalogue = await project.must(['metrics'])
  assert.match(catalogue.stdout, /^seaworthy_series +\d+ +\d+ s$/m)
  const refused = await project.run(['metrics', 'sum without (service) (up)'])
  assert.equal(refused.code, 2)
  assert.match(refused.stderr, /column 5: 'without' .* is not spoken here {2}\[promise\.expression\]/)
  await project.must(['stop'])
})
