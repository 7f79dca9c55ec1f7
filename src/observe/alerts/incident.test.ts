import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isOpen } from './incident.ts'

void test('an incident waits for somebody until it is acknowledged or over', () => {
  assert.equal(isOpen({ acknowledgedAtMs: null, resolvedAtMs: null }), true)
  assert.equal(isOpen({ acknowledgedAtMs: 1, resolvedAtMs: null }), false)
  assert.equal(isOpen({ acknowledgedAtMs: null, resolvedAtMs: 1 }), false)
})
