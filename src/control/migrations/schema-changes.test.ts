import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CHANGES_MAX, changesBetween, fingerprintOf } from './schema-changes.ts'

test('what is gone and what is new is told, by database', () => {
  const before = [['column a integer', 'table t'], ['table u']]
  const after = [
    ['column a bigint', 'table t'],
    ['table u', 'table v'],
  ]
  assert.deepEqual(changesBetween(before, after), ['- column a integer', '+ column a bigint', '+ table v'])
  assert.deepEqual(changesBetween(before, before), [])
  assert.notEqual(fingerprintOf(before), fingerprintOf(after))
})

test('the same line in another database is another schema', () => {
  assert.notEqual(fingerprintOf([['table t'], []]), fingerprintOf([[], ['table t']]))
})

test('a long list is cut, and says so', () => {
  const many = Array.from({ length: CHANGES_MAX + 7 }, (_, at) => `table t${at}`)
  const changes = changesBetween([[]], [many])
  assert.equal(changes.length, CHANGES_MAX + 1)
  assert.equal(changes.at(-1), '… and 7 more')
})
