import assert from 'node:assert/strict'
import { test } from 'node:test'
import { codingFor } from './negotiate.ts'

for (const [accepted, expected] of [
  [undefined, null],
  ['', null],
  ['gzip, deflate, br, zstd', 'zstd'],
  ['gzip, deflate, br', 'br'],
  ['gzip', 'gzip'],
  ['x-gzip', 'gzip'],
  ['GZIP;q=0.5, br;q=0.4', 'gzip'],
  ['gzip;q=0', null],
  ['*', 'zstd'],
  ['*;q=0.1, gzip;q=1', 'gzip'],
  ['zstd;q=0, *', 'br'],
  ['deflate', null],
  ['identity, gzip;q=0.5', null],
  ['identity;q=0.5, gzip', 'gzip'],
  ['gzip;q=nonsense', 'gzip'],
  ['gzip,'.repeat(100), null],
] as const) {
  void test(`Accept-Encoding: ${accepted?.slice(0, 40) ?? '(none)'} gets ${expected ?? 'no coding'}`, () => {
    assert.equal(codingFor(accepted), expected)
  })
}
