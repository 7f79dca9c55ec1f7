import assert from 'node:assert/strict'
import { test } from 'node:test'
import { scrubOf } from './scrub.ts'

const scrub = scrubOf({
  API_TOKEN: 'sw-7c1f"0e 2b',
  DATABASE_URL: 'postgres://shop:p%40ss-55aa@db.internal/shop',
  PIN: '12',
  KEY: '-----BEGIN KEY-----\nMIIEvQIBADANBg\nabc\n-----END KEY-----\n',
  EMPTY: '',
})

test('a secret is replaced by its name: as it is, escaped for JSON and URLs, and in base64', () => {
  assert.equal(scrub('got sw-7c1f"0e 2b!'), 'got [API_TOKEN]!')
  assert.equal(scrub(JSON.stringify({ token: 'sw-7c1f"0e 2b' })), '{"token":"[API_TOKEN]"}')
  assert.equal(scrub('?token=sw-7c1f%220e%202b'), '?token=[API_TOKEN]')
  assert.equal(scrub(`Basic ${Buffer.from('sw-7c1f"0e 2b').toString('base64')}`), 'Basic [API_TOKEN]')
})

test('the password of a URL goes alone too, and so does the password of any other URL', () => {
  assert.equal(scrub('password authentication failed: p@ss-55aa'), 'password authentication failed: [DATABASE_URL]')
  assert.equal(scrub('connect postgres://shop:p%40ss-55aa@db.internal/shop'), 'connect [DATABASE_URL]')
  assert.equal(scrub('amqp://guest:other@queue:5672'), 'amqp://guest:[password]@queue:5672')
})

test('each line of a long value goes; a short value goes only where it stands alone', () => {
  assert.equal(scrub('-----BEGIN KEY-----\nMIIEvQIBADANBg'), '[KEY]\n[KEY]')
  assert.equal(scrub('pin 12, 120 of 312'), 'pin [PIN], 120 of 312')
})

test('nothing else is touched', () => {
  const text = 'Error: listen EADDRINUSE: address already in use 127.0.0.1:3000\n    at http://localhost:3000/a@b'
  assert.equal(scrub(text), text)
})
