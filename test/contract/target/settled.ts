import assert from 'node:assert/strict'
import type { Status } from '../../../src/control/api/contract.ts'
import type { DeployRecord } from '../../../src/deploy/journal.ts'
import { journalPoints, type Plan } from '../../../src/deploy/plan.ts'
import { failuresOf, type Answer } from '../../support/load.ts'
import { until } from '../../support/project.ts'
import { INSTANCES, type Edition } from './app.ts'
import type { Place, PlaceLoad } from './place.ts'

const WITHIN_MS = 240_000
/** Looking is a command, or a few. */
const EVERY_MS = 250
/** Of the load before something is done to it. */
const WARM_UP = 20

export const FIRST: Edition = { name: 'first' }

/** Brings the environment to the first edition, from wherever it is; the live release. */
export async function begin(place: Place, edition: Edition = FIRST): Promise<string> {
  place.configure(edition)
  const { code, stdout, stderr } = await place.run(['deploy'])
  if (code !== 0) {
    assert.match(stderr, /\[environment\.down\]/, stdout)
    await place.must(['up', '--detach'])
    await place.must(['deploy'])
  }
  assert.equal(await nameAt(place), edition.name)
  return liveOf(place)
}

export async function liveOf(place: Place): Promise<string> {
  const { live } = (await place.status()).world
  assert.ok(live !== null, 'nothing is live')
  return live
}

/** Which edition answers. */
export async function nameAt(place: Place): Promise<string> {
  const { status, text } = await place.ask()
  assert.equal(status, 200, text)
  return (JSON.parse(text) as { name: string }).name
}

/** One healthy release is live; nothing is under way, nothing but it and its warm predecessor is there. */
export async function assertWhole(
  place: Place,
  live: string,
  services: Readonly<Record<string, number>> = { api: INSTANCES },
): Promise<Status> {
  const status = await place.status()
  const { world, running, lease, canary, paused, owed, instances } = status
  assert.equal(world.live, live)
  assert.deepEqual(
    { running, lease, canary, paused, owed },
    { running: null, lease: null, canary: null, paused: null, owed: [] },
  )
  const count = (list: readonly { readonly service: string; readonly release: string }[]): Record<string, number> => {
    const counts: Record<string, number> = {}
    for (const { service, release } of list)
      counts[`${service}@${release}`] = (counts[`${service}@${release}`] ?? 0) + 1
    return counts
  }
  const ofLive = instances.filter(({ release, state }) => release === live && state === 'running')
  const wanted = Object.fromEntries(Object.entries(services).map(([service, many]) => [`${service}@${live}`, many]))
  assert.deepEqual(count(ofLive), wanted)
  for (const { id, release } of instances) assert.ok([live, world.warm].includes(release), `${id} should be gone`)
  // What was just ended may still be on its way out.
  const same = async (): Promise<boolean> => {
    const [one, other] = [count(await place.seen()), count(instances)]
    return Object.keys({ ...one, ...other }).every((key) => one[key] === other[key])
  }
  await until(same, 'what runs to be what `status` says', WITHIN_MS, EVERY_MS).catch(async (error: Error) => {
    throw new Error(`${error.message}: ${JSON.stringify([count(await place.seen()), count(instances)])}`)
  })
  assert.equal((await place.ask()).release, live)
  return status
}

/** The record of the last deploy: how it ended, and that its journal holds every point of its plan in its order. */
export async function assertDone(place: Place, status: Status, kind: Plan['kind']): Promise<DeployRecord> {
  const last = await place.record(status.last!.id)
  assert.equal(last.kind, kind)
  // A watch that only the witness feeds may see too little for a verdict.
  assert.ok(last.state === 'done' || last.state === 'inconclusive', `${last.state}: ${last.message}`)
  const written = last.journal.map(({ operation, point }) => ({ operation, point }))
  assert.deepEqual(written, journalPoints(last.plan))
  assert.equal(last.proof!.failed, 0, last.proof!.failures.join('\n'))
  return last
}

/** Clients are there, and have been answered. */
export async function loadOn(place: Place): Promise<PlaceLoad> {
  const load = await place.load()
  await until(() => load.answers.length > WARM_UP, 'the load to begin', WITHIN_MS)
  return load
}

/** Ends the load once a release has answered it for a while; no request may have failed. */
export async function assertLossless(load: PlaceLoad, live: string): Promise<readonly Answer[]> {
  await answersFrom(load, live)
  const answers = await load.stop()
  assert.deepEqual(failuresOf(answers), [])
  assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200])
  return answers
}

/** Waits until a release, and no other, has answered for a while. */
export async function answersFrom(load: PlaceLoad, live: string): Promise<void> {
  await until(
    () => {
      const newest = load.answers.slice(-WARM_UP)
      return newest.length === WARM_UP && newest.every(({ release, failure }) => release === live && failure === null)
    },
    `answers of ${live} alone`,
    WITHIN_MS,
  ).catch((error: Error) => {
    throw new Error(`${error.message}; ${JSON.stringify(load.answers.slice(-3))}`)
  })
}

/** Waits for what comes to be by itself. */
export function eventually(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  return until(condition, what, WITHIN_MS, EVERY_MS)
}
