import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isAtLeast, LEVELS } from './line.ts'

void test('a level takes in those above it', () => {
  assert.deepEqual(
    LEVELS.filter((level) => isAtLeast(level, 'warn')),
    ['warn', 'error', 'fatal'],
  )
})
