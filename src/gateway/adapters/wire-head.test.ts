import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RequestReader } from '../../http1/index.ts'
import { ConnectionHeads } from './wire-head.ts'

class Connection {
  readonly reader = new RequestReader()
  readonly heads = new ConnectionHeads()
  take = (): ReturnType<ConnectionHeads['take']> => this.heads.take(this.reader)
}

void test('a connection reads into its own head again, which no other has until it ends', () => {
  const [one, other] = [new Connection(), new Connection()]
  const head = one.take()
  assert.equal(head.owner, one.reader)
  one.heads.giveBack(head)
  assert.equal(one.take(), head)
  const another = other.take()
  assert.notEqual(another, head)
  one.heads.end()
  one.heads.end()
  assert.equal(head.owner, null)
  other.heads.giveBack(another)
  const last = Array.from({ length: 10 }, () => new Connection())
  const heads = last.map((each) => each.take())
  assert.equal(heads.filter((each) => each === head).length, 1)
  assert.equal(heads.includes(another), false)
  for (const each of [one, other, ...last]) each.heads.end()
})

void test('some thousand connections own a head; one beyond has what was given back, and one that ends makes room', () => {
  const connections = Array.from({ length: 1_500 }, () => new Connection())
  const heads = connections.map((connection) => connection.take())
  const owners = (): number => connections.filter(({ reader }, index) => heads[index]!.owner === reader).length
  assert.equal(owners(), 1_024)
  const [beyond, stranger] = [connections[1_499]!, connections[1_498]!]
  beyond.heads.giveBack(heads[1_499]!)
  assert.equal(stranger.take(), heads[1_499])
  assert.equal(heads[1_499]!.owner, null)
  connections[0]!.heads.end()
  assert.equal(beyond.take().owner, beyond.reader)
  for (const connection of connections) connection.heads.end()
})
