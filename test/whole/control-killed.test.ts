/**
 * Control killed at seeded moments, some while it collects and some with events under way: of what is measured the samples of
 * one beat are missing at most, of what has happened nothing.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import type { EnvironmentEvent } from '../../src/control/api/contract.ts'
import type { EventRecord } from '../../src/control/guard/events/record.ts'
import { SCRAPE_MS } from '../../src/core/series/series.ts'
import { seededRandom } from '../../src/guard/limit/testing.ts'
import { statusesFor } from '../support/clients.ts'
import { plainConfig, TestProject, until } from '../support/project.ts'

const SEED = 20_261_121
/** Milliseconds after a beat: two while it is collected and stored, the others anywhere. */
const random = seededRandom(SEED)
const MOMENTS_MS: readonly number[] = [5, 40, random(), random(), random(), random()].map((part) =>
  Math.round(part < 1 ? part * SCRAPE_MS : part),
)
/** Of four sources, each of which is stored by itself. */
const MEASURED = [
  'seaworthy_host_load',
  'seaworthy_service_instances',
  'seaworthy_heartbeat_timestamp_seconds',
  'seaworthy_instance_descriptors',
]
const ATTACK = "/search?q=1'%20OR%20'1'%3D'1"
const ATTACKS = 20
/** A beat, and what it takes on a busy machine to begin anew. */
const BEAT_MS = 60_000

interface Kill {
  readonly atMs: number
  readonly answeredMs: number
}

void test(`control killed at ${MOMENTS_MS.length} seeded moments: of each series a beat is missing at most, and no event`, async (t) => {
  t.diagnostic(`seed ${SEED}: ${MOMENTS_MS.join(', ')} ms after a beat`)
  await using project = new TestProject({ ...plainConfig(), guard: { allow: ['127.0.0.0/24'] } })
  await project.must(['up', '--detach'])
  const { control } = project
  const port = await project.port()
  const begun = Date.now()
  const timesOf = async (query: string): Promise<readonly number[]> => {
    const { series } = await control.call('series.raw', { query, from: begun, to: Date.now() })
    const points = series.flatMap(({ points }) => points.filter(([, value]) => value !== null).map(([at]) => at))
    return [...new Set(points.filter((at) => at % SCRAPE_MS === 0))].toSorted((one, other) => one - other)
  }
  const events = async (): Promise<readonly EnvironmentEvent[]> =>
    (await control.call('events', { after: 0, limit: 1_000 })).events
  const ended = async (): Promise<number> =>
    (await events()).filter(({ kind }) => kind === 'instance-ended' || kind === 'crash-loop').length
  const untilRuns = (): Promise<void> =>
    until(async () => (await project.status()).instances[0]?.state === 'running', 'the instance to run', BEAT_MS)

  const kills: Kill[] = []
  const acknowledged: string[] = []
  let attacks = 0
  for (const [round, afterMs] of MOMENTS_MS.entries()) {
    const beats = (await timesOf(MEASURED[0]!)).length
    await until(async () => (await timesOf(MEASURED[0]!)).length > beats, 'a beat', BEAT_MS)
    await untilRuns()
    const { controlPid, instances } = await project.status()
    const endedBefore = await ended()
    const { silence } = await control.call('alerts.silence', {
      matchers: [{ label: 'service', op: '=', value: `none-${round}` }],
      forMs: 3_600_000,
      reason: 'a kill',
      by: 'anna@test',
    })
    acknowledged.push(silence.id)
    const seen = await events()

    // By turns the instance ends just before control, or with nobody there to see it.
    const atMs = await moment(afterMs)
    if (round % 2 === 0) process.kill(instances[0]!.pid!, 'SIGKILL')
    process.kill(controlPid, 'SIGKILL')
    if (round % 2 === 1) process.kill(instances[0]!.pid!, 'SIGKILL')
    const { 403: refused = 0 } = await statusesFor(port, '127.0.0.2', ATTACKS, ATTACK)
    attacks += refused
    await until(async () => (await project.status()).controlPid !== controlPid, 'the next control', BEAT_MS)
    kills.push({ atMs, answeredMs: Date.now() })

    await until(async () => (await ended()) > endedBefore, 'the end of the instance on record', BEAT_MS)
    assert.deepEqual((await events()).slice(0, seen.length), seen, 'what was there is there, in its order')
  }
  const last = (await timesOf(MEASURED[0]!)).at(-1)!
  await until(async () => (await timesOf(MEASURED[0]!)).at(-1)! > last + SCRAPE_MS, 'two beats more', BEAT_MS)
  await untilRuns()

  const all = await events()
  const sequences = all.map(({ sequence }) => sequence)
  assert.deepEqual(
    sequences,
    sequences.map((_, index) => sequences[0]! + index),
    'events follow each other without a gap',
  )
  const { silences } = await control.call('alerts.list', {})
  assert.deepEqual(silences.map(({ id }) => id).toSorted(), acknowledged.toSorted(), 'what was answered is done')
  const onRecord = async (): Promise<number> => {
    const { stdout } = await project.must(['guard', 'events', '--json', '--limit', '10000', '--class', 'sqli'])
    return (JSON.parse(stdout) as readonly EventRecord[]).reduce((sum, { count = 1 }) => sum + count, 0)
  }
  assert.equal(attacks, MOMENTS_MS.length * ATTACKS, 'every attack was refused')
  await until(async () => (await onRecord()) >= attacks, 'every refusal to be on record')

  for (const { atMs, answeredMs } of kills) t.diagnostic(`away for ${answeredMs - atMs} ms`)
  for (const metric of MEASURED) {
    const missing = missingBeats(await timesOf(metric))
    const lost = kills.map((kill) => missing.filter((at) => isOf(kill, at)))
    assert.deepEqual(missing, lost.flat(), `${metric} misses beats that no kill explains`)
    for (const [round, { atMs, answeredMs }] of kills.entries()) {
      // What would have been measured while nobody was there comes on top: nothing, unless it took longer than a beat.
      const allowed = 1 + Math.floor((answeredMs - atMs) / SCRAPE_MS)
      assert.ok(
        lost[round]!.length <= allowed,
        `${metric}: ${lost[round]!.length} beats are missing around kill ${round}`,
      )
    }
    t.diagnostic(`${metric}: ${lost.map((beats) => beats.length).join(', ')} beats missing`)
  }
})

/** The next time that it is so many milliseconds after a beat. */
async function moment(afterMs: number): Promise<number> {
  const atMs = Math.ceil((Date.now() - afterMs) / SCRAPE_MS) * SCRAPE_MS + afterMs
  await pause(atMs - Date.now())
  return Date.now()
}

/** Instants between the first and the last that have no sample. */
function missingBeats(times: readonly number[]): readonly number[] {
  const held = new Set(times)
  const count = (times.at(-1)! - times[0]!) / SCRAPE_MS
  return Array.from({ length: count }, (_, index) => times[0]! + index * SCRAPE_MS).filter((at) => !held.has(at))
}

/** The beat that was on its way to the disk, or one that came while nobody was there, or was just beginning. */
function isOf({ atMs, answeredMs }: Kill, beatMs: number): boolean {
  return beatMs > atMs - SCRAPE_MS && beatMs < answeredMs + SCRAPE_MS
}
