import assert from 'node:assert/strict'
import type { Edition } from '../app.ts'
import type { Place } from '../place.ts'
import type { Scenario } from '../scenario.ts'
import { answersFrom, assertLossless, assertWhole, begin, FIRST, loadOn, nameAt } from '../settled.ts'

export const refused: Scenario = {
  name: 'refused',
  seconds: { process: 10, docker: 30, kubernetes: 60 },
  run: async (place, t) => {
    const live = await begin(place)
    await using load = await loadOn(place)
    await refuse(place, live, { name: 'crash', env: { CRASH: 'no database' } }, [
      /crash-loop, proven/,
      /cannot start: no database/,
    ])
    const soon = { health: { ready: '/health/readiness', interval: '1s', timeout: '2s', deadline: '10s', passes: 1 } }
    await refuse(place, live, { name: 'unready', env: { UNREADY: 'no database' }, service: soon }, [/503/])
    const answers = await assertLossless(load, live)
    t.diagnostic(`${answers.length} requests, 0 failed`)
  },
}

export const breach: Scenario = {
  name: 'breach and switch back',
  seconds: { process: 15, docker: 35, kubernetes: 50 },
  run: async (place, t) => {
    const live = await begin(place)
    await using load = await loadOn(place)
    place.configure({ name: 'rotten', env: { ROTS_AFTER_MS: '1500' }, watch: '60s' })

    const { code, stdout, stderr } = await place.run(['deploy'])

    assert.equal(code, 1, stdout + stderr)
    await answersFrom(load, live)
    const answers = await load.stop()
    const { last } = await assertWhole(place, live)
    assert.equal(last!.state, 'taken-back')
    assert.equal(last!.proof!.watch!.verdict, 'breach')
    const { id } = last!.plan.release
    assert.deepEqual(
      last!.proof!.switches.map(({ to }) => to),
      [id, live],
    )
    assert.ok(stdout.includes(last!.message!), `the cause is told: ${last!.message}`)
    const failed = answers.filter(({ failure }) => failure !== null)
    assert.ok(failed.length > 0, 'the release did fail')
    for (const { status, release } of failed) assert.deepEqual([status, release], [500, id])
    await assertNothingOf(place, id)
    assert.equal(await nameAt(place), FIRST.name)
    t.diagnostic(`${last!.message}; ${failed.length} of ${answers.length} answers failed`)
  },
}

/** The deploy is refused by its gate with these words, and leaves nothing. */
async function refuse(place: Place, live: string, edition: Edition, causes: readonly RegExp[]): Promise<void> {
  place.configure(edition)
  const { code, stdout, stderr } = await place.run(['deploy'])
  assert.equal(code, 1, stdout + stderr)
  assert.match(stderr, /\[deploy\.gate-failed\]/)
  for (const cause of causes) assert.match(stderr, cause)
  const { last } = await assertWhole(place, live)
  assert.equal(last!.state, 'refused')
  assert.ok(!(await place.record(last!.id)).journal.some(({ operation }) => operation === 'switch'))
  assert.equal(last!.proof!.failed, 0)
  await assertNothingOf(place, last!.plan.release.id)
}

async function assertNothingOf(place: Place, release: string): Promise<void> {
  const of = (list: readonly { readonly release: string }[]) => list.filter((one) => one.release === release)
  assert.deepEqual(of((await place.status()).instances), [])
  assert.deepEqual(of(await place.seen()), [])
}
