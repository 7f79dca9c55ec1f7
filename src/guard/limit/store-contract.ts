/** What every store of counts must keep true: one suite for all of them. For tests. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { quotaOf, TICKS_PER_MS, windowOf } from './gcra.ts'
import type { CountedRule, CountStore, Taken, Want } from './store.ts'

export interface OpenedStores extends AsyncDisposable {
  /** Askers of the same counts. */
  readonly askers: readonly CountStore[]
}

/** No token comes back while a test lasts. */
export function slowRule(id: string, burst: number): CountedRule {
  return { id, ...quotaOf({ count: 1, perMs: 3_600_000, burst }) }
}

export function wantOf(rule: CountedRule, parts: Partial<Want> = {}): Want {
  return { rule, key: '192.0.2.1', need: 1, extra: 0, used: 0, back: 0, known: 0, ...parts }
}

/** @param open stores with fresh counts */
export function testCountStore(name: string, open: (askers: number) => Promise<OpenedStores>): void {
  void test(`${name}: gives the burst and not one more, and says how long to wait`, async () => {
    await using stores = await open(1)
    const [store] = stores.askers as [CountStore]
    const rule = slowRule('burst', 3)
    for (let nth = 0; nth < 3; nth++) assert.equal((await store.take([wantOf(rule)])).taken, true)
    const { taken, grants } = await store.take([wantOf(rule)])
    assert.equal(taken, false)
    assert.ok(grants[0]!.wait > 0.9 * rule.interval && grants[0]!.wait <= rule.interval, String(grants[0]!.wait))
    assert.ok(grants[0]!.level <= windowOf(rule))
    assert.equal((await store.take([wantOf(rule, { key: '192.0.2.2' })])).taken, true, 'another client')
    assert.equal((await store.take([wantOf(slowRule('other', 3))])).taken, true, 'another rule')
  })

  void test(`${name}: takes from all counts of a request or from none`, async () => {
    await using stores = await open(1)
    const [store] = stores.askers as [CountStore]
    const [wide, narrow] = [slowRule('wide', 10), slowRule('narrow', 1)]
    const both = [wantOf(wide), wantOf(narrow)]
    assert.equal((await store.take(both)).taken, true)
    for (let nth = 0; nth < 20; nth++) {
      const { taken, grants } = await store.take(both)
      assert.equal(taken, false)
      assert.deepEqual([grants[0]!.wait, grants[0]!.extra, grants[1]!.extra], [0, 0, 0])
    }
    let left = 0
    while ((await store.take([wantOf(wide)])).taken) left += 1
    assert.equal(left, 9, 'the refused ones took nothing of the wide one')
  })

  void test(`${name}: admits exactly the burst when many ask at once, whatever each takes`, async () => {
    await using stores = await open(4)
    const rule = slowRule('parallel', 100)
    const answers = await Promise.all(
      Array.from({ length: 400 }, async (_, nth) => {
        const need = 1 + (nth % 3)
        return (await stores.askers[nth % 4]!.take([wantOf(rule, { need })])).taken ? need : 0
      }),
    )
    const sum = answers.reduce((one, other) => one + other, 0)
    assert.ok(sum <= 100 && sum > 97, `${sum} of 100`)
    while ((await stores.askers[0]!.take([wantOf(rule)])).taken) answers.push(1)
    assert.equal(
      answers.reduce((one, other) => one + other, 0),
      100,
    )
  })

  void test(`${name}: what is lent is taken until it is given back, and shrinks to nothing near the limit`, async () => {
    await using stores = await open(2)
    const [one, other] = stores.askers as [CountStore, CountStore]
    const rule = slowRule('lent', 100)
    const lent = (await one.take([wantOf(rule, { extra: 64 })])).grants[0]!.extra
    assert.ok(lent > 0 && lent <= 64, String(lent))
    assert.equal(await drained(other, rule), 99 - lent)
    const nearLimit = await one.take([wantOf(rule, { need: 0, extra: 64 })])
    assert.equal(nearLimit.grants[0]!.extra, 0)
    await one.take([wantOf(rule, { need: 0, used: 2, back: lent - 2 })])
    assert.equal(await drained(other, rule), lent - 2)
  })

  void test(`${name}: tokens that were spent elsewhere are counted even beyond the limit`, async () => {
    await using stores = await open(1)
    const [store] = stores.askers as [CountStore]
    const rule = slowRule('owed', 5)
    await store.take([wantOf(rule, { need: 0, used: 50 })])
    const { taken, grants } = await store.take([wantOf(rule)])
    assert.equal(taken, false)
    assert.ok(grants[0]!.wait <= rule.interval, 'but nobody waits for more than the window')
  })

  void test(`${name}: a memory that was lost comes back with what the asker knows`, async () => {
    await using stores = await open(1)
    const [store] = stores.askers as [CountStore]
    const rule = slowRule('known', 10)
    const known = 7 * rule.interval
    let passed = 0
    while ((await store.take([wantOf(rule, { known })])).taken) passed += 1
    assert.equal(passed, 3)
    await store.take([wantOf(rule, { known: 1 })])
    assert.equal((await store.take([wantOf(rule)])).taken, false, 'less than is known changes nothing')
  })

  void test(`${name}: tokens come back with time`, async () => {
    await using stores = await open(1)
    const [store] = stores.askers as [CountStore]
    const rule: CountedRule = { id: 'quick', ...quotaOf({ count: 1_000, perMs: 1_000, burst: 1 }) }
    let answers: Taken[] = []
    // A millisecond each: by the time of ten answers one has come back at the latest.
    while (answers.filter(({ taken }) => taken).length < 5 && answers.length < 1_000_000) {
      answers = [...answers.slice(-1_000), await store.take([wantOf(rule)])]
    }
    assert.ok(answers.filter(({ taken }) => taken).length >= 5)
    assert.ok(answers.some(({ taken }) => !taken) || answers.length <= 50)
    for (const { grants } of answers) assert.ok(grants[0]!.wait <= TICKS_PER_MS)
  })
}

/** How many tokens can still be taken. */
async function drained(store: CountStore, rule: CountedRule): Promise<number> {
  let tokens = 0
  while ((await store.take([wantOf(rule)])).taken) tokens += 1
  return tokens
}
