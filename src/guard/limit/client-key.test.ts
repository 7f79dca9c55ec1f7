import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clientKey } from './client-key.ts'

void test('an IPv4 address counts for itself', () => {
  assert.equal(clientKey('192.0.2.1'), '192.0.2.1')
})

void test('all addresses of a /64, in every spelling, have one count; another /64 has another', () => {
  const keys = [
    '2001:db8:1:2:3:4:5:6',
    '2001:DB8:1:2::1',
    '2001:0db8:0001:0002::',
    '2001:db8:1:2:ffff:ffff:1.2.3.4',
    '2001:db8:1:2::1%eth0',
  ].map(clientKey)
  assert.deepEqual(new Set(keys), new Set(['2001:db8:1:2::/64']))
  assert.equal(clientKey('2001:db8:1:3::1'), '2001:db8:1:3::/64')
  assert.equal(clientKey('::1'), '0:0:0:0::/64')
})

void test('an IPv4 address inside IPv6 is that address, also in hexadecimal', () => {
  assert.equal(clientKey('::ffff:192.0.2.1'), '192.0.2.1')
  assert.equal(clientKey('::ffff:c000:201'), '192.0.2.1')
  assert.equal(clientKey('0:0:0:0:0:ffff:c000:0201'), '192.0.2.1')
})

void test('what is no address stays what it is', () => {
  for (const text of ['unix:', '1:2:3', ':::', '1::2::3', 'fe80::gggg']) assert.equal(clientKey(text), text)
})
