import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Roll } from './roll.ts'

void test('a roll holds what came and has not gone, once, while it is looked through too', () => {
  const roll = new Roll<{ seat: number; name: string }>()
  const members = ['a', 'b', 'c', 'd'].map((name) => ({ seat: -1, name }))
  const names = (): string =>
    [...roll]
      .map(({ name }) => name)
      .sort()
      .join('')
  for (const member of members) roll.add(member)
  assert.equal(roll.delete(members[1]!), true)
  assert.equal(roll.delete(members[1]!), false)
  assert.deepEqual([names(), roll.size, members[1]!.seat], ['acd', 3, -1])
  const seen: string[] = []
  for (const member of roll) {
    roll.delete(member)
    seen.push(member.name)
  }
  assert.deepEqual([seen.sort().join(''), roll.size], ['acd', 0])
  // One of another roll is not taken for one of this.
  const other = new Roll<{ seat: number; name: string }>()
  other.add(members[0]!)
  roll.add(members[2]!)
  assert.equal(roll.delete(members[0]!), false)
  assert.deepEqual([names(), other.size], ['c', 1])
})
