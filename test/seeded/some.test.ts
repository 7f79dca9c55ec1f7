import assert from 'node:assert/strict'
import { test } from 'node:test'
import { drawSome, seedOf } from './some.ts'

test('a seed is a whole number, or drawn itself', () => {
  assert.equal(seedOf('42'), 42)
  assert.ok(Number.isSafeInteger(seedOf(undefined)))
  for (const text of ['x', '-1', '1.5']) assert.throws(() => seedOf(text), /whole number/)
})

test('a few of a list: as many as are wanted, each once, in its order, the same for the same seed', () => {
  const list = 'abcdefgh'.split('')
  const drawn = drawSome(list, 3, 5)
  assert.equal(new Set(drawn).size, 3)
  assert.deepEqual(drawn, drawn.toSorted())
  assert.deepEqual(drawSome(list, 3, 5), drawn)
  assert.deepEqual(drawSome(list, 20, 5), list)
  const all = new Set(Array.from({ length: 30 }, (_, seed) => drawSome(list, 3, seed)).flat())
  assert.deepEqual([...all].toSorted(), list)
})
