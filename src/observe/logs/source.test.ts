import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sourceOf } from './source.ts'

void test('service, instance and release are read from the names of outputs', () => {
  const said = (name: string): readonly (string | null)[] => Object.values(sourceOf(name))
  assert.deepEqual(said('api@7-3fa9c1d2-1'), ['api', 'api@7-3fa9c1d2-1', '7-3fa9c1d2'])
  assert.deepEqual(said('build:api@7-3fa9c1d2'), ['api', null, '7-3fa9c1d2'])
  assert.deepEqual(said('hook:after:d7@7-3fa9c1d2'), ['hook', null, '7-3fa9c1d2'])
  assert.deepEqual(said('gateway-2'), ['gateway', null, null])
  assert.deepEqual(said('control'), ['control', null, null])
  assert.deepEqual(said('need-db'), ['db', null, null])
})
