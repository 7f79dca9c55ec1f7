import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLockout } from './lockout.ts'

function lockout(keysMax = 100) {
  const clock = { nowMs: 1_000_000 }
  return {
    clock,
    lockout: createLockout({ after: 3, withinMs: 1000, forMs: 5000, now: () => clock.nowMs, keysMax }),
  }
}

void test('the failures within the time lock, for a time', () => {
  const { clock, lockout: one } = lockout()
  assert.deepEqual([one.failed('a'), one.failed('a')], [false, false])
  assert.equal(one.lockedUntil('a'), null)
  assert.equal(one.failed('a'), true)
  assert.equal(one.lockedUntil('a'), clock.nowMs + 5000)
  assert.equal(one.lockedUntil('b'), null)
  one.succeeded('a')
  assert.notEqual(one.lockedUntil('a'), null, 'the right password does not open a lock')
  clock.nowMs += 5000
  assert.equal(one.lockedUntil('a'), null)
})

void test('failures far apart, or with a success between, do not lock', () => {
  const { clock, lockout: one } = lockout()
  for (let index = 0; index < 10; index++) {
    assert.equal(one.failed('slow'), false)
    clock.nowMs += 600
    assert.equal(one.failed('slow'), false)
    clock.nowMs += 600
  }
  one.failed('b')
  one.failed('b')
  one.succeeded('b')
  assert.equal(one.failed('b'), false)
})

void test('memory is bounded, and many new names do not open a lock', () => {
  const { lockout: one } = lockout(100)
  for (let index = 0; index < 3; index++) one.failed('locked')
  for (let index = 0; index < 10_000; index++) one.failed(`name-${index}`)
  assert.notEqual(one.lockedUntil('locked'), null)
})
