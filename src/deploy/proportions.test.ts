import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DIFFERENCE_Z, differenceLow, isWorse, LIMIT_Z, wilson } from './proportions.ts'

test('the interval is that of the textbook, and nothing counted leaves everything possible', () => {
  const [low, high] = wilson({ hits: 10, of: 200 }, 1.96)
  // Wilson 1927, as every statistics program prints it: 2.74 % to 8.96 %.
  assert.deepEqual([low.toFixed(4), high.toFixed(4)], ['0.0274', '0.0896'])
  assert.deepEqual(wilson({ hits: 0, of: 0 }, LIMIT_Z), [0, 1])
  assert.equal(wilson({ hits: 0, of: 50 }, LIMIT_Z)[0], 0)
  assert.equal(wilson({ hits: 50, of: 50 }, LIMIT_Z)[1], 1)
})

test('five per cent of two hundred are above a limit of one per cent, and above none of two hundred', () => {
  assert.equal(isWorse({ hits: 10, of: 200 }, { hits: 0, of: 200 }, 0.01), true)
  assert.equal(isWorse({ hits: 6, of: 200 }, { hits: 0, of: 200 }, 0.01), true)
  assert.equal(isWorse({ hits: 0, of: 200 }, { hits: 0, of: 200 }, 0.01), false)
  assert.equal(isWorse({ hits: 2, of: 200 }, { hits: 0, of: 200 }, 0.01), false)
})

test('what the old release does as badly is not worse; a release alone is held against the limit', () => {
  assert.equal(isWorse({ hits: 10, of: 200 }, { hits: 12, of: 200 }, 0.01), false)
  assert.equal(isWorse({ hits: 10, of: 200 }, { hits: 0, of: 0 }, 0.01), true)
  assert.ok(differenceLow({ hits: 10, of: 200 }, { hits: 0, of: 200 }, DIFFERENCE_Z) > 0)
  assert.ok(differenceLow({ hits: 10, of: 200 }, { hits: 9, of: 200 }, DIFFERENCE_Z) < 0)
})

test('a release as good as its limit is rarely condemned, however often it is looked at', () => {
  // 0.2 % errors against a limit of 1 %, looked at after each of 400 answers; the sequence is fixed.
  let state = 1
  const random = (): number => (state = (Math.imul(state, 48271) >>> 0) % 0x7fffffff) / 0x7fffffff
  let condemned = 0
  for (let trial = 0; trial < 2_000; trial++) {
    let hits = 0
    for (let of = 1; of <= 400; of++) {
      if (random() < 0.002) hits += 1
      if (hits < 3 || !isWorse({ hits, of }, { hits: 0, of }, 0.01)) continue
      condemned += 1
      break
    }
  }
  assert.ok(condemned / 2_000 < 0.01, `${condemned} of 2000`)
})

test('five per cent are found within four hundred answers in nearly every trial', () => {
  let state = 7
  const random = (): number => (state = (Math.imul(state, 48271) >>> 0) % 0x7fffffff) / 0x7fffffff
  const found = Array.from({ length: 1_000 }, () => {
    let hits = 0
    for (let of = 1; of <= 400; of++) {
      if (random() < 0.05) hits += 1
      if (hits >= 3 && isWorse({ hits, of }, { hits: 0, of }, 0.01)) return of
    }
    return Infinity
  })
  const within = (most: number): number => found.filter((of) => of <= most).length / found.length
  assert.ok(within(200) > 0.93, `${within(200)} within 200`)
  assert.ok(within(400) > 0.99, `${within(400)} within 400`)
})
