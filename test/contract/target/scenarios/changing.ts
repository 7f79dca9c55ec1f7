import assert from 'node:assert/strict'
import { INSTANCES } from '../app.ts'
import type { Scenario } from '../scenario.ts'
import { assertLossless, assertWhole, begin, eventually, FIRST, liveOf, loadOn, nameAt } from '../settled.ts'

export const scale: Scenario = {
  name: 'scale',
  seconds: { process: 12, docker: 20, kubernetes: 45 },
  run: async (place, t) => {
    const service = { scale: { min: INSTANCES, max: 4 } }
    const live = await begin(place, { ...FIRST, service })
    await using load = await loadOn(place)
    await place.must(['scale', 'api=3'])
    await assertWhole(place, live, { api: 3 })
    // What was set by hand outlives a deploy.
    place.configure({ name: 'second', service })
    await place.must(['deploy'])
    const second = await liveOf(place)
    await assertWhole(place, second, { api: 3 })
    await place.must(['scale', 'api=auto'])
    await eventually(
      async () => (await place.seen()).filter(({ release }) => release === second).length === INSTANCES,
      'the third to be gone',
    )
    const answers = await assertLossless(load, second)
    await assertWhole(place, second)
    t.diagnostic(`${answers.length} requests, 0 failed`)
  },
}

export const pause: Scenario = {
  name: 'pause and resume',
  seconds: { process: 6, docker: 15, kubernetes: 20 },
  run: async (place, t) => {
    const live = await begin(place)
    await using load = await loadOn(place)
    await place.must(['pause'])
    await eventually(async () => (await place.status()).paused!.counts.held > 0, 'a request to wait')
    assert.equal((await place.status()).paused!.kind, 'hold')
    await place.must(['resume'])
    const answers = await assertLossless(load, live)

    await place.must(['pause', '--maintenance'])
    assert.equal((await place.ask()).status, 503)
    // A deploy goes on behind it, and does not end it.
    place.configure({ name: 'second' })
    await place.must(['deploy'])
    assert.equal((await place.ask()).status, 503)
    await place.must(['resume'])
    assert.equal(await nameAt(place), 'second')
    await assertWhole(place, await liveOf(place))
    t.diagnostic(`${answers.length} requests, 0 failed`)
  },
}

export const serviceStopped: Scenario = {
  name: 'one service stopped and started',
  seconds: { process: 5, docker: 15, kubernetes: 25 },
  run: async (place) => {
    const live = await begin(place)
    await place.must(['stop', '--service', 'api'])
    assert.equal((await place.ask()).status, 503)
    const ofLive = async () => (await place.seen()).filter(({ release }) => release === live)
    await eventually(async () => (await ofLive()).length === 0, 'its instances to be gone')
    assert.deepEqual((await place.status()).stoppedServices, ['api'])
    await place.must(['stop', '--service', 'api', '--start'])
    assert.equal(await nameAt(place), FIRST.name)
    assert.deepEqual((await assertWhole(place, live)).stoppedServices, [])
  },
}

export const stopped: Scenario = {
  name: 'stopped and brought back',
  seconds: { process: 8, docker: 25, kubernetes: 50 },
  run: async (place) => {
    const live = await begin(place)
    await place.must(['stop'])
    assert.deepEqual(await place.seen(), [])
    assert.equal((await place.ask()).status, 0)
    const refused = await place.run(['status'])
    assert.equal(refused.code, 1)
    assert.match(refused.stderr, /\[environment\.(down|unreachable)\]/)
    assert.match(refused.stderr, /seaworthy up/)
    assert.match(await place.must(['stop']), /is not up/)
    // The release that was live, not what the folder has become.
    place.configure({ name: 'later' })
    await place.must(['up', '--detach'])
    assert.equal(await nameAt(place), FIRST.name)
    await assertWhole(place, live)
  },
}

export const killedInstance: Scenario = {
  name: 'an instance killed',
  seconds: { process: 5, docker: 15, kubernetes: 30 },
  run: async (place) => {
    const live = await begin(place)
    const before = (await place.seen()).filter(({ release }) => release === live)
    assert.equal(before.length, INSTANCES)
    await place.kill(before[0]!)
    await eventually(async () => {
      const now = (await place.seen()).filter(({ release }) => release === live)
      return now.length === INSTANCES && !now.some(({ key }) => key === before[0]!.key)
    }, 'another in its place')
    await eventually(async () => (await place.ask()).status === 200, 'an answer')
    // Whatever the target owes meanwhile, the next deploy finds its way.
    place.configure({ name: 'second' })
    await place.must(['deploy'])
    await assertWhole(place, await liveOf(place))
  },
}
