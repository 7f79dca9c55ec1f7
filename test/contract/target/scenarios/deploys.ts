import assert from 'node:assert/strict'
import { INSTANCES } from '../app.ts'
import type { Place } from '../place.ts'
import type { Scenario, Told } from '../scenario.ts'
import { assertDone, assertLossless, assertWhole, begin, FIRST, liveOf, loadOn, nameAt } from '../settled.ts'

export const firstDeploy: Scenario = {
  name: 'first deploy',
  fresh: true,
  seconds: { process: 5, docker: 30, kubernetes: 50 },
  run: async (place) => {
    place.configure(FIRST)
    const refused = await place.run(['status'])
    assert.equal(refused.code, 1, refused.stdout)
    assert.deepEqual(await place.seen(), [])

    await place.must(['up', '--detach'])

    assert.equal(await nameAt(place), FIRST.name)
    const status = await assertWhole(place, await liveOf(place))
    assert.equal(status.world.warm, null)
    assert.equal((await assertDone(place, status, 'deploy')).plan.base.live, null)
    // Made again it changes nothing.
    const before = await place.seen()
    for (const words of [['deploy'], ['up', '--detach']]) await place.must(words)
    assert.match(await place.must(['deploy']), /nothing changed/)
    assert.deepEqual(await place.seen(), before)
    assert.equal((await place.status()).last!.id, status.last!.id)
  },
}

export const goodDeploy: Scenario = {
  name: 'good deploy under load',
  seconds: { process: 8, docker: 25, kubernetes: 45 },
  run: async (place, t) => {
    const before = await begin(place)
    place.configure({ name: 'second' })
    place.touch()
    const plan = JSON.parse(await place.must(['plan', '--json'])) as { operations: { kind: string }[] }
    assert.ok(plan.operations.some(({ kind }) => kind === 'prepare'))
    const live = await deployUnderLoad(place, t)
    assert.equal(await nameAt(place), 'second')
    const status = await assertWhole(place, live)
    assert.equal(status.world.warm, before)
    const { plan: done } = await assertDone(place, status, 'deploy')
    assert.deepEqual([done.base.live, done.release.id], [before, live])
  },
}

export const configOnly: Scenario = {
  name: 'config-only change',
  seconds: { process: 8, docker: 20, kubernetes: 40 },
  run: async (place, t) => {
    const before = await begin(place)
    place.configure({ name: 'configured' })
    const plan = await place.must(['plan', '--json'])
    const { operations } = JSON.parse(plan) as { operations: { kind: string }[] }
    assert.ok(!operations.some(({ kind }) => kind === 'prepare'), 'the files are the same: nothing is prepared')
    const live = await deployUnderLoad(place, t)
    assert.notEqual(live, before)
    assert.equal(await nameAt(place), 'configured')
    await assertDone(place, await assertWhole(place, live), 'deploy')
  },
}

export const secretOnly: Scenario = {
  name: 'secret-only change',
  seconds: { process: 8, docker: 20, kubernetes: 40 },
  run: async (place, t) => {
    await begin(place)
    const old = place.secret
    place.secret = `${old}-changed`
    const plan = await place.must(['plan', '--json'])
    const { operations } = JSON.parse(plan) as { operations: { kind: string }[] }
    assert.ok(!operations.some(({ kind }) => kind === 'prepare'), 'the files are the same: nothing is prepared')
    const live = await deployUnderLoad(place, t)
    const script = 'process.stdout.write(String(process.env.API_KEY === process.argv[1]))'
    assert.equal(await place.must(['exec', 'api', '--', 'node', '-e', script, place.secret]), 'true')
    const shown = [plan, await place.must(['status', '--history', '--json']), await place.must(['logs'])]
    // The new value begins as the old one does.
    for (const text of shown) assert.ok(!text.includes(old), 'a value is shown')
    await assertDone(place, await assertWhole(place, live), 'deploy')
    assert.match(await place.must(['deploy']), /nothing changed/)
  },
}

export const serviceRemoved: Scenario = {
  name: 'a service removed',
  seconds: { process: 12, docker: 35, kubernetes: 70 },
  run: async (place, t) => {
    const side = {
      start: 'node plain.mjs',
      routes: ['/side'],
      env: { NAME: 'side' },
      health: { ready: '/health/readiness', interval: '1s', deadline: '90s', passes: 1 },
      grace: '5s',
    }
    const both = await begin(place, { name: 'both', services: { side } })
    assert.match((await place.ask('/side')).text, /"name":"side"/)
    await assertWhole(place, both, { api: INSTANCES, side: 1 })

    place.configure({ name: 'alone' })
    const live = await deployUnderLoad(place, t)

    assert.match((await place.ask('/side')).text, /"name":"alone"/)
    await assertWhole(place, live)
    // Warm until the next: then nothing of it is left.
    place.configure({ name: 'alone again' })
    await place.must(['deploy'])
    await assertWhole(place, await liveOf(place))
    assert.ok((await place.seen()).every(({ service }) => service === 'api'))
  },
}

/** Deploys while clients ask, none of whom may notice; the live release. */
async function deployUnderLoad(place: Place, t: Told): Promise<string> {
  const before = await liveOf(place)
  await using load = await loadOn(place)
  await place.must(['deploy'])
  const live = await liveOf(place)
  const answers = await assertLossless(load, live)
  assert.deepEqual(
    [...new Set(answers.map(({ release }) => release))],
    [before, live],
    'from one to the next, and no way back',
  )
  t.diagnostic(`${answers.length} requests, 0 failed`)
  return live
}
