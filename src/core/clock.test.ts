import assert from 'node:assert/strict'
import { test } from 'node:test'
import { monotonicNs, msOf, originOf } from './clock.ts'

void test('a process that lost its core between two readings reads the clock of the others all the same', () => {
  const startedNs = 7_000_000_000n
  let nowNs = 7_020_000_000n
  /** What passes at each reading: the core is lost at the first two pairs. */
  const passes = [100, 9_000_000, 100, 100, 4_000_000, 100, 100, 300, 100].values()
  const pass = (): bigint => (nowNs += BigInt(passes.next().value ?? 100))
  const origin = originOf(
    () => pass(),
    () => Number(pass() - startedNs) / 1e6,
  )
  assert.ok(Math.abs(origin - Number(startedNs)) < 1_000, `off by ${origin - Number(startedNs)} ns`)
})

void test('instants are those of hrtime', () => {
  const before = Number(process.hrtime.bigint())
  const between = monotonicNs()
  const after = Number(process.hrtime.bigint())
  assert.ok(before - 2_000 <= between && between <= after + 2_000, `${before} ${between} ${after}`)
  assert.ok(Math.abs(msOf(between) - performance.now()) < 1_000)
})
