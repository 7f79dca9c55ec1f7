import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConnectionHeads } from './wire-head.ts'

void test('a connection reads into its own head again, which no other has until it ends', () => {
  const [one, other] = [new ConnectionHeads(), new ConnectionHeads()]
  const head = one.take()
  one.giveBack(head)
  one.giveBack(head)
  assert.equal(one.take(), head)
  const another = other.take()
  assert.notEqual(another, head)
  one.end()
  one.end()
  other.giveBack(another)
  const heads = Array.from({ length: 10 }, () => new ConnectionHeads().take())
  assert.equal(heads.filter((each) => each === head).length, 1)
  assert.equal(heads.includes(another), false)
  assert.notEqual(one.take(), head)
  other.end()
})

void test('some thousand connections keep their heads; what is beyond gives them back, and one that ends makes room', () => {
  const connections = Array.from({ length: 1_500 }, () => new ConnectionHeads())
  const heads = connections.map((connection) => connection.take())
  for (const [index, connection] of connections.entries()) connection.giveBack(heads[index]!)
  const keeps = (index: number): boolean => connections[index]!.take() === heads[index]
  assert.equal(connections.filter((_, index) => keeps(index)).length, 1_024)
  assert.equal(keeps(0), true)
  connections[0]!.end()
  connections[1_499]!.giveBack(heads[1_499]!)
  assert.equal(keeps(1_499), true)
  for (const connection of connections) connection.end()
})
