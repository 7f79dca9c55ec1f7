import assert from 'node:assert/strict'
import { test } from 'node:test'
import { leOf } from './le.ts'

void test('a bound is written as seconds, whole ones with their point', () => {
  assert.deepEqual([0.5, 1, 4.1, 200, 1_000, 30_000, Number.POSITIVE_INFINITY].map(leOf), [
    '0.0005',
    '0.001',
    '0.0041',
    '0.2',
    '1.0',
    '30.0',
    '+Inf',
  ])
})
