import assert from 'node:assert/strict'
import { test } from 'node:test'
import { causeIn } from './causes.ts'

test('what servers write is told in a sentence', () => {
  const cases = [
    ['PANIC:  could not write to file "pg_wal/xlogtemp.1": No space left on device', 'the disk is full'],
    ["1:M # Can't open the append-only file x: No space left on device", 'the disk is full'],
    ['LOG:  could not bind IPv4 address "127.0.0.1": Address already in use', 'its port is taken by another program'],
    [
      '# Warning: Could not create server TCP listening socket *:1: bind: Address already in use',
      'its port is taken by another program',
    ],
    ['FATAL:  database files are incompatible with server', 'its data are of another version'],
    ["# Can't handle RDB format version 12", 'its data were written by a newer version'],
    ['FATAL:  data directory "/x" has wrong ownership', 'its data folder has another owner or mode'],
    ["Can't open or create append-only dir appendonlydir: Permission denied", 'it may not read or write its files'],
    [
      'FATAL:  pre-existing shared memory block (key 1) is still in use',
      'processes of its last run have not ended yet',
    ],
    ['FATAL:  could not map anonymous shared memory: Cannot allocate memory', 'there is not enough memory'],
    ['PANIC:  could not locate a valid checkpoint record', 'its data are damaged'],
    ['LOG:  database system is ready to accept connections', null],
  ] as const
  for (const [line, cause] of cases) assert.equal(causeIn(['LOG:  starting', line]), cause, line)
})
