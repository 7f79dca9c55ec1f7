import assert from 'node:assert/strict'
import { test } from 'node:test'
import { normalPath } from './normal-path.ts'

void test('normalPath keeps what is already normal and never climbs above the top', () => {
  assert.equal(normalPath('/a/b'), '/a/b')
  assert.equal(normalPath('/../../a/./b/'), '/a/b/')
  assert.equal(normalPath('/a/%2e%2e/%zz'), '/%zz')
})
