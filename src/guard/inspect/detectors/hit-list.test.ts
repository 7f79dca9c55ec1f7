import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Hit } from '../detector.ts'
import { HitList } from './hit-list.ts'

function hit(rule: string, score: number): Hit {
  return { class: 'sqli', rule, score, start: 0, end: 1 }
}

function flushed(list: HitList): string[] {
  const rules: string[] = []
  list.flush(({ rule, score }) => rules.push(`${rule} ${score}`))
  return rules
}

test('proof comes first and takes the place of what its rule found before', () => {
  const list = new HitList()
  list.add(hit('a', 60))
  list.add(hit('b', 20))
  list.add(hit('c', 60))
  list.add(hit('c', 60))
  assert.equal(list.proven, false)
  list.add(hit('a', 100))
  assert.equal(list.proven, true)
  assert.deepEqual(flushed(list), ['a 100', 'c 60', 'b 20'])
})

test('the next value begins with nothing', () => {
  const list = new HitList()
  list.add(hit('a', 100))
  list.add(hit('b', 60))
  flushed(list)
  assert.equal(list.proven, false)
  assert.deepEqual(flushed(list), [])
})

test('weaker hits are bounded, proof is not lost behind them', () => {
  const list = new HitList()
  for (let index = 0; index < 50; index++) list.add(hit(`r${index}`, 20))
  list.add(hit('proof', 100))
  const rules = flushed(list)
  assert.equal(rules[0], 'proof 100')
  assert.ok(rules.length <= 8)
})
