import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fits, majorOf } from './versions.ts'

test('a version takes those that begin with it, number by number', () => {
  for (const [asked, found] of [
    [null, '15.18'],
    ['15', '15.18'],
    ['7.4', '7.4.1'],
    ['15.18', '15.18'],
  ] as const) {
    assert.ok(fits(asked, found), `${asked} takes ${found}`)
  }
  for (const [asked, found] of [
    ['17', '15.18'],
    ['1', '15.18'],
    ['7.4', '7.0.15'],
    ['15.1', '15.18'],
  ] as const) {
    assert.ok(!fits(asked, found), `${asked} does not take ${found}`)
  }
  assert.equal(majorOf('15.18'), 15)
})
