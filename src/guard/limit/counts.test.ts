import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Counts } from './counts.ts'
import type { CountsOptions } from './counts.ts'
import { quotaOf, TICKS_PER_MS, windowOf } from './gcra.ts'
import { createKeyHash } from './hash.ts'
import { slowRule, testCountStore, wantOf } from './store-contract.ts'
import { RESERVED_MS } from './store.ts'

const hash = createKeyHash([11, 22])

testCountStore('counts of one process', async (askers) => {
  const counts = new Counts({ hash, now: () => Math.floor(performance.now() * TICKS_PER_MS), sharers: () => askers })
  return { askers: Array.from({ length: askers }, () => counts), async [Symbol.asyncDispose]() {} }
})

void test('what was lent and never heard of again counts as spent, at the last moment at which it could be', () => {
  const { counts, clock } = countsAt(1_000)
  const rule = { id: 'r', ...quotaOf({ count: 10, perMs: 1_000, burst: 10 }) }
  const lent = counts.take([wantOf(rule, { extra: 4 })]).grants[0]!.extra
  assert.equal(lent, 4)
  // A second gives ten tokens back, but not those that somebody may hold.
  clock.now += 1_000 * TICKS_PER_MS
  let passed = 0
  while (counts.take([wantOf(rule)]).taken) passed += 1
  assert.equal(passed, 6)
  clock.now += (RESERVED_MS - 1_000) * TICKS_PER_MS + 1
  // Half a second has given five back; the four are spent now, and only now begin to come back.
  assert.equal(tokensLeft(counts, rule), 5)
  clock.now += 2_000 * TICKS_PER_MS
  assert.equal(tokensLeft(counts, rule), 10)
})

void test('whoever is refused because of tokens that others hold, and waits, passes', () => {
  const { counts, clock } = countsAt(1_000)
  const rule = { id: 'r', ...quotaOf({ count: 10, perMs: 1_000, burst: 4 }) }
  assert.equal(counts.take([wantOf(rule, { need: 0, extra: 2 })]).grants[0]!.extra, 2)
  const { taken, grants } = counts.take([wantOf(rule, { need: 3 })])
  assert.equal(taken, false)
  clock.now += grants[0]!.wait
  assert.equal(counts.take([wantOf(rule, { need: 3 })]).taken, true)
})

void test('a clock that is set back locks nobody out for longer than the window', () => {
  const { counts, clock } = countsAt(86_400_000 * TICKS_PER_MS)
  const rule = { id: 'r', ...quotaOf({ count: 10, perMs: 1_000, burst: 20 }) }
  while (counts.take([wantOf(rule)]).taken);
  clock.now = 1
  assert.equal(counts.take([wantOf(rule)]).grants[0]!.wait, rule.interval)
  clock.now += windowOf(rule)
  assert.equal(tokensLeft(counts, rule), 20)
})

void test('a million addresses that come once leave the memory as it was, and who is refused stays refused', () => {
  const { counts } = countsAt(1_000, { capacity: 4_096 })
  const rule = slowRule('r', 3)
  const hot = { key: '198.51.100.7' }
  while (counts.take([wantOf(rule, hot)]).taken);
  for (let client = 0; client < 1_000_000; client++) {
    counts.take([wantOf(rule, { key: `10.${client >> 16}.${(client >> 8) & 255}.${client & 255}` })])
  }
  assert.equal(counts.take([wantOf(rule, hot)]).taken, false)
  const { keys, displaced } = counts.size()
  assert.equal(keys, 4_096)
  assert.ok(displaced >= 1_000_000 - 4_096)
})

void test('rules are bounded too: the one not asked for longest is forgotten', () => {
  const { counts } = countsAt(1_000, { capacity: 8 })
  const [first, second] = [slowRule('first', 1), slowRule('second', 1)]
  counts.take([wantOf(first)])
  counts.take([wantOf(second)])
  for (let nth = 0; nth < 62; nth++) counts.take([wantOf(slowRule(`rule ${nth}`, 1))])
  assert.equal(counts.take([wantOf(first)]).taken, false, 'kept, and used again')
  counts.take([wantOf(slowRule('one more', 1))])
  assert.equal(counts.take([wantOf(first)]).taken, false)
  assert.equal(counts.take([wantOf(second)]).taken, true, 'forgotten')
})

function countsAt(
  now: number,
  options: Partial<CountsOptions> = {},
): { readonly counts: Counts; readonly clock: { now: number } } {
  const clock = { now }
  return { counts: new Counts({ hash, now: () => clock.now, ...options }), clock }
}

function tokensLeft(counts: Counts, rule: ReturnType<typeof slowRule>): number {
  let tokens = 0
  while (counts.take([wantOf(rule)]).taken) tokens += 1
  return tokens
}
