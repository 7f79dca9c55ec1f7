import assert from 'node:assert/strict'
import { test } from 'node:test'
import { drawSome, SEED } from '../../seeded/some.ts'
import { draw } from './draw.ts'
import type { Ground, Target } from './place.ts'
import { Places } from './places.ts'
import { SCENARIOS } from './scenarios.ts'

/** Of the points of a journal, say: each may wait for a lease to run out. */
const SOME = 2

/** A sample of the suite as tests; `SEED` repeats it. */
export function testSample(target: Target, makeGround: () => Ground | Promise<Ground>, seconds: number): void {
  test(`the contract on ${target}, SEED=${SEED}`, async (t) => {
    await using places = new Places(await makeGround())
    for (const scenario of draw(SCENARIOS, { target, seed: SEED, seconds }))
      await t.test(scenario.name, async (tt) => {
        await places.run(scenario, {
          diagnostic: (text) => tt.diagnostic(text),
          some: (list) => drawSome(list, SOME, SEED),
        })
      })
    await t.test('nothing is left', async () => assert.deepEqual(await places.end(), []))
  })
}
