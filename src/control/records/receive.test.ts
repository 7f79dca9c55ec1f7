import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { test, type TestContext } from 'node:test'
import { CHAIN_START } from '../../core/hash-chain.ts'
import { receiveFiles, recordsIn } from './receive.ts'

function make(t: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-receive-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const receive = (pieces: readonly string[], bytesMax?: number) =>
    receiveFiles(Readable.from(pieces.map((piece) => Buffer.from(piece))), folder, {
      chain: 'audit-trail',
      ...(bytesMax === undefined ? {} : { bytesMax }),
    })
  return { folder, receive }
}

const lineOf = (...files: readonly { name: unknown; bytes: unknown }[]): string =>
  `${JSON.stringify({ head: CHAIN_START, files })}\n`
const CLOSED = 'audit-trail-7.jsonl'
const NEWEST = 'audit-trail.jsonl'

test('files are cut where they end, wherever the pieces do, and are their owner’s alone', async (t) => {
  const whole = `${lineOf({ name: CLOSED, bytes: 4 }, { name: NEWEST, bytes: 5 })}one\ntwo\n\n`
  for (const size of [1, 3, 1000]) {
    const { folder, receive } = make(t)
    const pieces = whole.match(new RegExp(`[^]{1,${size}}`, 'g'))!
    assert.deepEqual(await receive(pieces), CHAIN_START)
    assert.equal(readFileSync(join(folder, CLOSED), 'utf8'), 'one\n')
    assert.equal(readFileSync(join(folder, NEWEST), 'utf8'), 'two\n\n')
    assert.equal(statSync(join(folder, NEWEST)).mode & 0o777, 0o600)
  }
})

test('an answer that breaks off is none, and neither is one that goes on', async (t) => {
  for (const pieces of [[], ['{"head"'], [lineOf({ name: NEWEST, bytes: 5 }), 'two']])
    await assert.rejects(make(t).receive(pieces), { message: 'it is cut off' })
  for (const pieces of [[lineOf(), 'x'], [`${lineOf()}x`]])
    await assert.rejects(make(t).receive(pieces), { message: 'it goes on behind its end' })
})

test('a name that leads elsewhere, and what is no length, is refused before anything is written', async (t) => {
  const { folder, receive } = make(t)
  for (const file of [
    { name: '../audit-trail.jsonl', bytes: 1 },
    { name: '/etc/passwd', bytes: 1 },
    { name: 'audit-trail.jsonl/x', bytes: 1 },
    { name: 'security/events-000000000001.jsonl', bytes: 1 },
    { name: 'state.db', bytes: 1 },
    { name: null, bytes: 1 },
    { name: NEWEST, bytes: -1 },
    { name: NEWEST, bytes: '1' },
  ])
    await assert.rejects(receive([lineOf(file), 'x']), { message: 'it names a file that is none of audit-trail' })
  for (const line of ['{}\n', 'null\n', '{"head":{"sequence":0,"hash":1},"files":[]}\n'])
    await assert.rejects(receive([line]), { message: 'it names no files' })
  assert.deepEqual(readdirSync(folder), [])
})

test('what is too large is refused before anything is written', async (t) => {
  const { folder, receive } = make(t)
  const line = lineOf({ name: CLOSED, bytes: 2 * 1024 * 1024 }, { name: NEWEST, bytes: 1 })
  await assert.rejects(receive([line], 2 * 1024 * 1024), {
    code: 'records.too-large',
    message: 'the files hold 3 MiB; up to 2 are verified',
  })
  assert.deepEqual(readdirSync(folder), [])
  await assert.rejects(receive([' '.repeat(1_100_000), ' ']), { message: 'its first line has no end' })
})

test('an answer without records is none', () => {
  assert.deepEqual(recordsIn('{"records":[1]}\n'), [1])
  for (const answer of ['', 'null', '{}', '{"records":1}']) assert.throws(() => recordsIn(answer))
})
