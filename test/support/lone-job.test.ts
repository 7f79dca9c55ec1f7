import assert from 'node:assert/strict'
import { test } from 'node:test'
import { overlapsIn } from './lone-job.ts'

test('one after the other is right; side by side, or left without an end, is not', () => {
  assert.deepEqual(overlapsIn('begin 1-a\nend 1-a\nbegin 2-b\n'), [])
  assert.deepEqual(overlapsIn('begin 1-a\nbegin 2-b\nend 1-a'), ['begin 2-b', 'end 1-a'])
  assert.deepEqual(overlapsIn('begin 1-a\nTWO 2-b\nbegin 2-b'), ['TWO 2-b', 'begin 2-b'])
})
