import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pushCommand, tagImage } from './push.ts'

test('an image gets the name of its registry, and is sent there', () => {
  const name = 'registry.example.com/shop/seaworthy/shop/api:1'
  assert.deepEqual(tagImage(null, 'seaworthy/shop/api:1', name).argv, ['docker', 'tag', 'seaworthy/shop/api:1', name])
  assert.deepEqual(pushCommand('ssh://build', name).argv, ['docker', '--host', 'ssh://build', 'push', '--quiet', name])
})
