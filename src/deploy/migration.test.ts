import assert from 'node:assert/strict'
import { test } from 'node:test'
import { migrationId } from './migration.ts'

test('a migration runs again when its variables, its command or its files change, and only then', () => {
  const id = (env: object, expand = ['node', 'migrate.js'], artifact = 'a1'): string =>
    // Nothing else of a release makes a migration another one.
    migrationId(
      { config: { services: { api: { migrate: { expand }, env } } }, artifacts: { api: artifact } } as never,
      'api',
    )
  assert.equal(id({ LEVEL: '1', NAME: 'x' }), id({ NAME: 'x', LEVEL: '1' }))
  assert.notEqual(id({ LEVEL: '1' }), id({ LEVEL: '2' }))
  assert.notEqual(id({}), id({}, ['node', 'other.js']))
  assert.notEqual(id({}), id({}, ['node', 'migrate.js'], 'b2'))
})
