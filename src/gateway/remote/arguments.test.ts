import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readArguments } from './arguments.ts'

const ARGV =
  '--control shop-production-control:7070 --key /run/gateway-key/key --state /s --name pod-1 --http 8080'.split(' ')

void test('arguments are read', () => {
  assert.deepEqual(readArguments([...ARGV, '--https', '8443', '--workers', '2']), {
    control: { host: 'shop-production-control', port: 7070 },
    key: '/run/gateway-key/key',
    state: '/s',
    name: 'pod-1',
    host: '0.0.0.0',
    http: 8080,
    https: 8443,
    workers: 2,
    table: null,
  })
  const { control, https } = readArguments([...ARGV, '--control', '[::1]:7', '--workers', '1'])
  assert.deepEqual([control, https], [{ host: '::1', port: 7 }, null])
})

void test('what is missing or wrong says how it is used', () => {
  const wrong: readonly (readonly string[])[] = [
    ARGV,
    [...ARGV, '--workers', '0'],
    [...ARGV, '--workers', '1', '--http', '65536'],
    [...ARGV, '--workers', '1', '--https', 'x'],
    [...ARGV, '--workers', '1', '--name', 'a b'],
    [...ARGV, '--workers', '1', '--control', 'host'],
  ]
  for (const argv of wrong) assert.throws(() => readArguments(argv), /^Error: usage: gateway --control HOST:PORT/)
})
