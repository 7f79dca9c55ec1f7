import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ClockWatch } from './clock-watch.ts'

void test('a wall clock that was set back is noticed once, by how much, whatever passes meanwhile', () => {
  let [wall, uptime] = [1_000_000_000, 500]
  const watch = new ClockWatch({ now: () => wall, leastMs: 10_000, monotonic: () => uptime })
  const pass = (ms: number): void => void ((wall += ms), (uptime += ms))
  pass(60_000)
  assert.equal(watch.setBackMs(), 0)
  pass(5_000)
  wall -= 3_600_000
  pass(1_000)
  assert.equal(watch.setBackMs(), 3_600_000)
  pass(1_000)
  assert.equal(watch.setBackMs(), 0)
  wall += 7_200_000
  assert.equal(watch.setBackMs(), 0, 'forward is no step back')
  wall -= 6_000
  assert.equal(watch.setBackMs(), 0, 'a little')
  wall -= 6_000
  assert.equal(watch.setBackMs(), 12_000, 'twice a little')
})
