import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRot, releaseNamed } from './release.ts'

void test('a rotten release fails three of five requests, beginning some time after its first', () => {
  let now = 5_000
  const rot = createRot({ release: releaseNamed('rots'), afterMs: 1_000, now: () => now })
  const failures = (count: number): number => Array.from({ length: count }, rot).filter(Boolean).length

  assert.equal(failures(50), 0)
  now += 999
  assert.equal(failures(50), 0)
  now += 1
  assert.equal(failures(50), 30)
})

void test('no other release rots', () => {
  for (const version of ['v1', 'v2', 'unready']) {
    assert.equal(createRot({ release: releaseNamed(version), afterMs: 0, now: () => 0 })(), false)
  }
})

void test('an unknown release is refused by name', () => {
  assert.throws(() => releaseNamed('v3'), /MARKET_RELEASE: expected one of v1, v2, unready, rots, got "v3"/)
})
