import assert from 'node:assert/strict'
import { test } from 'node:test'
import { draw } from './draw.ts'
import { SCENARIOS } from './scenarios.ts'

const names = (seed: number, seconds: number): readonly string[] =>
  draw(SCENARIOS, { target: 'docker', seed, seconds }).map(({ name }) => name)

test('a seed draws the same scenarios in the same order, another one others', () => {
  assert.deepEqual(names(7, 100), names(7, 100))
  assert.notDeepEqual(names(7, 100), names(8, 100))
})

test('what is drawn fits into the time, and nothing that fits is left out', () => {
  for (let seed = 0; seed < 200; seed++) {
    const drawn = new Set(names(seed, 100))
    const spent = SCENARIOS.filter(({ name }) => drawn.has(name)).reduce((sum, { seconds }) => sum + seconds.docker, 0)
    assert.ok(spent <= 100)
    for (const { name, seconds } of SCENARIOS)
      assert.ok(drawn.has(name) || spent + seconds.docker > 100, `${name} still fits`)
  }
})

test('every scenario is drawn before long; with time enough all are', () => {
  const seen = new Set(Array.from({ length: 60 }, (_, seed) => names(seed, 250)).flat())
  assert.deepEqual([...seen].toSorted(), SCENARIOS.map(({ name }) => name).toSorted())
  assert.equal(names(1, 1e9).length, SCENARIOS.length)
})

test('names are names: no two scenarios have the same', () => {
  assert.equal(new Set(SCENARIOS.map(({ name }) => name)).size, SCENARIOS.length)
})
