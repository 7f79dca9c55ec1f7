import assert from 'node:assert/strict'
import { existsSync, statSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { readIdentity } from './identity.ts'
import { readRecord, writeRecord } from './record.ts'
import { runKeeper } from './keeper.ts'
import { makeState, script, textOf } from './support.test.ts'
import type { KeeperRecord } from './record.ts'

function exampleRecord(state: string): KeeperRecord {
  const spec = script(state, 'control', '', { role: 'control', respawn: { minMs: 0, maxMs: 10 } })
  return {
    sockets: [{ name: 'http', host: '127.0.0.1', port: 8080 }],
    children: [
      {
        name: 'control',
        role: 'control',
        identity: readIdentity(process.pid) ?? null,
        state: 'exited',
        startedAt: 1,
        exit: { kind: 'code', code: 3, at: 2 },
        restarts: 4,
        output: spec.output,
        spec,
      },
    ],
  }
}

test('a record is read as it was written, and only its owner may read it', async () => {
  await using folder = makeState()
  const record = exampleRecord(folder.state)
  writeRecord(folder.file('keeper.json'), record)
  assert.deepEqual(readRecord(folder.file('keeper.json')), record)
  assert.equal(statSync(folder.file('keeper.json')).mode & 0o777, 0o600)
})

test('a record cut off at any byte counts as empty and is kept aside', async () => {
  await using folder = makeState()
  const path = folder.file('keeper.json')
  writeRecord(path, exampleRecord(folder.state))
  const whole = textOf(path)
  // The last byte is the newline: without it the record is still whole.
  for (let length = 0; length < whole.length - 1; length++) {
    const cut = whole.slice(0, length)
    writeFileSync(path, cut)
    assert.deepEqual(
      readRecord(path, () => undefined),
      { sockets: [], children: [] },
    )
    assert.equal(existsSync(path), false)
    assert.equal(textOf(`${path}.broken`), cut)
  }
})

test('a keeper starts with an unreadable record', async () => {
  await using folder = makeState()
  writeFileSync(folder.file('keeper.json'), '{"sockets":[],"children":[{"name":"x","identity":{"pid":-1}}]}')
  const keeper = await runKeeper({ state: folder.state })
  await keeper.shutdown(100)
  assert.match(textOf(folder.file('keeper.json.broken')), /"pid":-1/)
})
