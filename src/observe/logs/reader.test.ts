import assert from 'node:assert/strict'
import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { scrubOf } from '../../core/scrub.ts'
import type { LogLine, StoredLine } from './line.ts'
import { Reader, type ReaderOptions } from './reader.ts'
import { LogStore } from './store/store.ts'

const MINUTE = 60_000

function startOf(t: TestContext, options: Partial<ReaderOptions> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-reader-'))
  const outputs = join(folder, 'logs')
  mkdirSync(outputs)
  const store = new LogStore(join(folder, 'logs.db'))
  t.after(() => {
    store.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const came: StoredLine[] = []
  const troubles: unknown[] = []
  const reader = new Reader({
    folder: outputs,
    store,
    scrubOf: () => (text) => text,
    onLines: (lines) => came.push(...lines),
    onTrouble: (error) => troubles.push(error),
    ...options,
  })
  const write = (output: string, text: string): void => appendFileSync(join(outputs, `${output}.log`), text)
  return { store, reader, write, came, troubles }
}

const texts = (lines: readonly LogLine[]): readonly string[] => lines.map(({ text }) => text)

void test('lines are kept with what their output says of them, secrets out, and told to those who follow', (t) => {
  const { store, reader, write, came } = startOf(t, { scrubOf: () => scrubOf({ KEY: 's3cr"et' }) })
  write('api@7-3fa9c1d2-1', '{"level":40,"msg":"the key is s3cr\\"et","reqId":"r"}\n')
  write('gateway-1', 'plain s3cr"et\n')
  reader.look(Date.now() + MINUTE)
  const { lines } = store.search({ service: 'api' })
  const [first] = lines
  assert.deepEqual(first, {
    id: first?.id,
    atMs: first?.atMs,
    service: 'api',
    instance: 'api@7-3fa9c1d2-1',
    release: '7-3fa9c1d2',
    level: 'warn',
    correlationId: 'r',
    traceId: null,
    text: 'the key is [KEY]',
  })
  assert.deepEqual(texts(store.search({ service: 'gateway' }).lines), ['plain [KEY]'])
  assert.equal(came.length, 2)
  reader.look(Date.now() + 2 * MINUTE)
  assert.equal(store.search({}).lines.length, 2)
})

void test('an output whose secrets are not known waits', (t) => {
  let isKnown = false
  const { store, reader, write } = startOf(t, { scrubOf: () => (isKnown ? (text) => text : null) })
  write('api', 'early\n')
  reader.look(Date.now() + MINUTE)
  assert.equal(store.search({}).lines.length, 0)
  isKnown = true
  reader.look(Date.now() + MINUTE)
  assert.equal(store.search({}).lines.length, 1)
})

void test('a time is believed when the line can have been written then', (t) => {
  const { store, reader, write } = startOf(t)
  const now = Date.now()
  write('api', 'begin\n')
  reader.look(now + 1_000)
  const claims = [now - 60 * MINUTE, now - MINUTE, now + MINUTE, now + 60 * MINUTE]
  write('api', claims.map((at, index) => `{"time":${at},"msg":"m${index}"}\n`).join(''))
  reader.look(now + 2_000)
  const at = new Map(store.search({}).lines.map((line) => [line.text, line.atMs]))
  assert.deepEqual([at.get('m1'), at.get('m2')], [claims[1], claims[2]])
  for (const text of ['m0', 'm3'])
    assert.ok(Math.abs(at.get(text)! - now) < MINUTE, `${text} at ${at.get(text)! - now}`)
})

void test('lines that the disk does not take are read again, and in the end left out and counted', (t) => {
  const { store, reader, write, troubles } = startOf(t, { storeWaitMs: 5_000 })
  const now = Date.now() + MINUTE
  write('api', 'kept\n')
  reader.look(now)
  const append = store.append.bind(store)
  let fails = true
  store.append = (...args) => {
    if (fails) throw new Error('database or disk is full')
    return append(...args)
  }
  write('api', 'one\ntwo\n')
  reader.look(now + 1_000)
  reader.look(now + 4_000)
  assert.equal(reader.dropped().disk, 0)
  fails = false
  reader.look(now + 5_000)
  assert.deepEqual(texts(store.search({}).lines).toSorted(), ['kept', 'one', 'two'])
  fails = true
  write('api', 'three\nfour\n')
  reader.look(now + 6_000)
  reader.look(now + 12_000)
  assert.equal(reader.dropped().disk, 2)
  assert.equal(troubles.length, 2, 'told once each time')
  fails = false
  write('api', 'five\n')
  reader.look(now + 13_000)
  assert.deepEqual(texts(store.search({ text: 'five' }).lines), ['five'])
  assert.deepEqual(texts(store.search({ text: 'three' }).lines), [])
})

void test('the oldest lines go for a full disk alone, not for whatever else is wrong', (t) => {
  for (const [errcode, goes] of [
    [13, 1],
    [5, 0],
    [undefined, 0],
  ] as const) {
    const { store, reader, write } = startOf(t)
    let gone = 0
    store.append = () => {
      throw Object.assign(new Error('it fails'), { errcode })
    }
    store.dropOldest = () => (gone++, false)
    write('api', 'one\n')
    reader.look(Date.now() + MINUTE)
    assert.equal(gone, goes, `errcode ${errcode}`)
  }
})

void test('lines older than what is kept are left out and counted', (t) => {
  const { store, reader, write } = startOf(t)
  write('api', `{"time":${Date.now() - 40 * 24 * 60 * MINUTE},"msg":"old"}\n{"time":${Date.now()},"msg":"new"}\n`)
  reader.look(Date.now() + MINUTE)
  assert.equal(reader.dropped().age, 1)
  assert.equal(store.search({ text: 'old' }).lines.length, 0)
})
