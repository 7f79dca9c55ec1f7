import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decide, type Look, type Measure } from './decide.ts'
import { SCALE_TIMING } from './timing.ts'

const BOUNDS = { min: 1, max: 20 }
const TARGET = 100
const rate = (value: number | null, missing: string | null = value === null ? 'gone' : null): Measure => ({
  name: 'rate',
  value,
  target: TARGET,
  missing,
})
const look = (at: number, wanted: number, ...measures: readonly Measure[]): Look => ({
  at,
  wanted,
  running: wanted,
  measures,
})
const want = (looks: readonly Look[], bounds = BOUNDS): number =>
  decide(looks, bounds, looks.at(-1)!.at, SCALE_TIMING).want

/** Plays a load through time: everything that is wanted is there at the next look. */
function play(minutes: number, loadAt: (ms: number) => number | null, startsWith = 1): { at: number; count: number }[] {
  const looks: Look[] = []
  const seen: { at: number; count: number }[] = []
  let count = startsWith
  for (let at = 0; at <= minutes * 60_000; at += SCALE_TIMING.lookEveryMs) {
    const load = loadAt(at)
    looks.push(look(at, count, rate(load === null ? null : load / count)))
    count = decide(looks, BOUNDS, at, SCALE_TIMING).want
    seen.push({ at, count })
  }
  return seen
}

void test('more load than the target wants so many more instances, rounded up, within the bounds', () => {
  assert.equal(want([look(0, 2, rate(151))]), 4)
  assert.equal(want([look(0, 2, rate(150))]), 3)
  assert.equal(want([look(0, 2, rate(250))], { min: 1, max: 3 }), 3)
  assert.equal(want([look(0, 2, rate(0))], { min: 4, max: 9 }), 4)
})

void test('a tenth above or below the target changes nothing', () => {
  assert.equal(want([look(0, 10, rate(110))]), 10)
  assert.equal(want([look(0, 10, rate(111))]), 12)
  const quiet = Array.from({ length: 200 }, (_, index) => look(index * 2_000, 10, rate(91)))
  assert.equal(want(quiet), 10)
})

void test('of several measures the one that wants most decides, and says so', () => {
  const cpu: Measure = { name: 'cpu', value: 0.9, target: 0.3, missing: null }
  const { want: wanted, because } = decide([look(0, 2, rate(120), cpu)], BOUNDS, 0, SCALE_TIMING)
  assert.equal(wanted, 6)
  assert.equal(because, 'cpu 90 % an instance, target 30 %')
})

void test('up at most to the double, or by four, within 15 s', () => {
  const seen = play(2, () => 2_000)
  assert.deepEqual(countsAt(seen, [0, 2, 14, 16, 32]), [5, 5, 5, 10, 20])
  assert.equal(want([look(0, 10, rate(900))], { min: 1, max: 90 }), 20)
})

void test('down only after the whole window wanted less, then by one or a tenth in each minute', () => {
  const seen = play(20, (ms) => (ms < 60_000 ? 1_000 : 100), 10)
  // The load is gone after 58 s; the window still knows of it until 358 s.
  assert.deepEqual(countsAt(seen, [100, 300, 358]), [10, 10, 10])
  assert.deepEqual(countsAt(seen, [362, 420]), [9, 9])
  assert.ok(countsAt(seen, [430])[0] === 8)
  assert.equal(seen.at(-1)!.count, 1)
  for (const [index, { at, count }] of seen.entries()) {
    const before = seen.filter((one) => one.at > at - 60_000 && one.at <= at)[0] ?? seen[index]!
    assert.ok(before.count - count <= 1, `from ${before.count} to ${count} within a minute at ${at / 1000} s`)
  }
})

void test('a lull shorter than the window changes nothing', () => {
  const seen = play(20, (ms) => (ms % 280_000 < 10_000 ? 500 : 50), 5)
  assert.deepEqual(new Set(seen.slice(-300).map(({ count }) => count)), new Set([5]))
})

void test('no data changes nothing, for how long ever, and is not taken for quiet afterwards', () => {
  const silent = play(30, (ms) => (ms < 60_000 ? 500 : null), 5)
  assert.deepEqual(new Set(silent.map(({ count }) => count)), new Set([5]))
  const back = play(30, (ms) => (ms < 600_000 ? 500 : ms < 900_000 ? null : 50), 5)
  assert.deepEqual(countsAt(back, [899, 1_000, 1_190]), [5, 5, 5])
  assert.ok(countsAt(back, [1_210])[0]! < 5)
})

void test('a measure without data forbids going down, and not what another one wants up', () => {
  const cpu = (value: number): Measure => ({ name: 'cpu', value, target: 0.5, missing: null })
  const looks = (value: number): Look[] =>
    Array.from({ length: 200 }, (_, index) => look(index * 2_000, 4, rate(null), cpu(value)))
  assert.equal(want(looks(0.1)), 4)
  assert.equal(want(looks(0.9)), 8)
})

void test('data of some instances only can bring more, never fewer', () => {
  const part = (value: number): Look[] =>
    Array.from({ length: 200 }, (_, index) => look(index * 2_000, 4, rate(value, 'no reading of api-2')))
  assert.equal(want(part(10)), 4)
  assert.equal(want(part(200)), 8)
})

void test('instances on their way count as wanted: the same load asks for the same number again', () => {
  const starting: Look = { at: 0, wanted: 4, running: 1, measures: [rate(400)] }
  assert.equal(want([starting]), 4)
})

void test('after a restart of control the window has to be seen anew before anything goes down', () => {
  const seen = play(6, () => 100, 10)
  assert.deepEqual(countsAt(seen, [0, 298, 302]), [10, 10, 9])
})

function countsAt(seen: readonly { at: number; count: number }[], seconds: readonly number[]): readonly number[] {
  return seconds.map((second) => seen.findLast(({ at }) => at <= second * 1000)!.count)
}
