import assert from 'node:assert/strict'
import type { Scenario } from '../scenario.ts'
import { assertDone, assertLossless, assertWhole, begin, FIRST, liveOf, loadOn, nameAt } from '../settled.ts'

export const rollbackWarm: Scenario = {
  name: 'rollback, warm',
  seconds: { process: 10, docker: 25, kubernetes: 45 },
  run: async (place, t) => {
    const first = await begin(place)
    // What went before it may be warm beside it.
    const keysOfFirst = async () =>
      (await place.seen()).filter(({ release }) => release === first).map(({ key }) => key)
    const starts = await keysOfFirst()
    place.configure({ name: 'second' })
    await place.must(['deploy'])
    const second = await liveOf(place)

    await using load = await loadOn(place)
    await place.must(['rollback'])
    const answers = await assertLossless(load, first)

    assert.deepEqual([...new Set(answers.map(({ release }) => release))], [second, first])
    assert.equal(await nameAt(place), FIRST.name)
    const status = await assertWhole(place, first)
    assert.equal(status.world.warm, null, 'what was left by hand is not kept warm')
    await assertDone(place, status, 'rollback')
    const now = await keysOfFirst()
    assert.deepEqual(now.toSorted(), starts.toSorted(), 'the warm instances serve: none was started')
    t.diagnostic(`${answers.length} requests, 0 failed`)
  },
}

export const rollbackCold: Scenario = {
  name: 'rollback, cold',
  seconds: { process: 15, docker: 40, kubernetes: 75 },
  run: async (place, t) => {
    const first = await begin(place)
    const starts = (await place.seen()).map(({ key }) => key)
    for (const name of ['second', 'third']) {
      place.configure({ name })
      await place.must(['deploy'])
    }
    assert.ok(!(await place.seen()).some(({ release }) => release === first), 'it is cold')

    await using load = await loadOn(place)
    await place.must(['rollback', '--to', first])
    const answers = await assertLossless(load, first)

    assert.equal(await nameAt(place), FIRST.name)
    await assertDone(place, await assertWhole(place, first), 'rollback')
    const now = (await place.seen()).filter(({ release }) => release === first).map(({ key }) => key)
    assert.ok(now.every((key) => !starts.includes(key)))
    t.diagnostic(`${answers.length} requests, 0 failed`)

    // Neither of the two that were left by hand: what was live before.
    place.configure({ name: 'fourth' })
    await place.must(['deploy'])
    await place.must(['rollback'])
    await assertWhole(place, first)
  },
}

export const restart: Scenario = {
  name: 'restart',
  seconds: { process: 8, docker: 20, kubernetes: 40 },
  run: async (place, t) => {
    const before = await begin(place)
    const starts = (await place.seen()).map(({ key }) => key)

    await using load = await loadOn(place)
    await place.must(['restart'])
    const live = await liveOf(place)
    const answers = await assertLossless(load, live)

    assert.notEqual(live, before)
    assert.equal(await nameAt(place), FIRST.name)
    await assertDone(place, await assertWhole(place, live), 'restart')
    const now = (await place.seen()).filter(({ release }) => release === live).map(({ key }) => key)
    assert.ok(now.every((key) => !starts.includes(key)))
    t.diagnostic(`${answers.length} requests, 0 failed`)
  },
}
