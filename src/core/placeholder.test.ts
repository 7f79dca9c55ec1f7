import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isPlaceholder } from './placeholder.ts'

test('what somebody forgot to fill in is a placeholder, alone or inside a URL', () => {
  for (const value of [
    'changeme',
    'CHANGE_THIS_PASSWORD',
    '<base64-encoded-key>',
    'xxx',
    'TODO',
    'your-key-here',
    'my_secret',
  ])
    assert.equal(isPlaceholder(value), true, value)
  for (const value of [
    'postgres://app:your_password@db/shop',
    'https://<token>@example.com',
    'redis://:change-me@cache',
  ])
    assert.equal(isPlaceholder(value), true, value)
})

test('names of hosts and real values are none', () => {
  for (const value of ['https://my-api.example.com', 'my-secret-santa', 'exchange-metrics', 'a<b', 'xx', 's3cr3t', ''])
    assert.equal(isPlaceholder(value), false, value)
})
