import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { test, type TestContext } from 'node:test'
import { systemClock } from '../../core/clock.ts'
import { verifyTrail } from '../audit/read-trail.ts'
import { AuditTrail } from '../audit/trail.ts'
import { TRAIL_FILE } from '../audit/trail-files.ts'
import { EventLog } from '../guard/events/log.ts'
import { controlEvent } from '../guard/events/record.ts'
import { verifyEvents } from '../guard/events/verify.ts'
import { State } from '../state.ts'
import { answerTo } from './answer.ts'
import type { Chain, Question } from './question.ts'
import { receiveFiles, recordsIn } from './receive.ts'

/** A state folder as control has it, with so many records of each kind, and a key that is nobody's business. */
async function make(t: TestContext, count: number) {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-answer-'))
  const state = new State(join(folder, 'state.db'))
  const trail = new AuditTrail({ folder, state, clock: systemClock, bytesMax: 2_000 })
  const log = new EventLog({ folder, state, clock: systemClock, onTrouble: () => {}, fileBytesMax: 2_000 })
  t.after(async () => {
    await log.close()
    state.close()
    rmSync(folder, { recursive: true, force: true })
  })
  writeFileSync(join(folder, 'secrets.key'), 'geheim')
  const record = (n: number): void =>
    trail.record({ who: 'me', what: 'service.stop', subject: { service: `api-${n}` }, outcome: 'done' })
  for (let n = 1; n <= count; n++) {
    record(n)
    await log.append([controlEvent('block-added', 1_000 * n, { client: '192.0.2.1', reason: `event ${n} ü` })])
  }
  return { folder, record }
}

function copyOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-copy-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

const ask = (folder: string, question: Question): Readable =>
  Readable.from(answerTo(folder, question), { objectMode: false })
const files = (folder: string, of: Chain): Readable => ask(folder, { ask: 'files', of })

test('files arrive as they are, over several of a chain, and are verified where they have come to', async (t) => {
  const { folder } = await make(t, 40)
  const copy = copyOf(t)
  const head = await receiveFiles(files(folder, 'audit-trail'), copy, { chain: 'audit-trail' })
  const verdict = verifyTrail(copy, () => head)
  assert.deepEqual(verdict, verifyTrail(folder))
  assert.ok(verdict.files.length > 1)
  assert.equal(verdict.records, 40)

  const seen = await receiveFiles(files(folder, 'security-events'), copy, { chain: 'security-events' })
  const events = verifyEvents(copy, () => seen)
  assert.deepEqual(events, verifyEvents(folder))
  assert.deepEqual([events.faults, events.records], [[], 40])
  assert.ok(events.files.length > 1)
})

test('what is altered here or missing there is found by the copy alone', async (t) => {
  const { folder } = await make(t, 5)
  const path = join(folder, TRAIL_FILE)
  const whole = readFileSync(path, 'utf8')
  for (const [changed, said] of [
    [whole.replace('api-3', 'api-x'), /line 3: its content is not what its hash was taken from/],
    [whole.split('\n').slice(0, 3).join('\n') + '\n', /the end is missing: records 4 to 5/],
  ] as const) {
    writeFileSync(path, changed)
    const copy = copyOf(t)
    const head = await receiveFiles(files(folder, 'audit-trail'), copy, { chain: 'audit-trail' })
    assert.throws(() => verifyTrail(copy, () => head), { code: 'audit.broken', message: said })
  }
})

test('what is written while files are on their way belongs to a later look', async (t) => {
  const { folder, record } = await make(t, 3)
  const copy = copyOf(t)
  const answer = answerTo(folder, { ask: 'files', of: 'audit-trail' })
  const first = await answer.next()
  // Enough of it for the file to be closed under another name.
  for (let n = 4; n <= 30; n++) record(n)
  async function* all() {
    yield first.value
    yield* answer
  }
  const head = await receiveFiles(Readable.from(all(), { objectMode: false }), copy, { chain: 'audit-trail' })
  assert.equal(verifyTrail(copy, () => head).records, 3)
})

test('a list is chosen beside the files; nothing else of the folder leaves it', async (t) => {
  const { folder } = await make(t, 12)
  const trail = recordsIn(await text(ask(folder, { ask: 'audit-trail', sinceMs: null, limit: 2 })))
  assert.deepEqual(
    trail.map((one) => (one as { sequence: number }).sequence),
    [11, 12],
  )
  const filter = { kind: 'block-added', after: 9 }
  const events = recordsIn(await text(ask(folder, { ask: 'security-events', filter, limit: 100 })))
  assert.deepEqual(
    events.map((one) => (one as { sequence: number }).sequence),
    [10, 11, 12],
  )
  for (const chain of ['audit-trail', 'security-events'] as const)
    assert.doesNotMatch(await text(files(folder, chain)), /geheim|SQLite/)
})

test('a Problem beside the files is the Problem here', async (t) => {
  const { folder } = await make(t, 1)
  writeFileSync(join(folder, TRAIL_FILE), '[]\n')
  const answer = await text(ask(folder, { ask: 'audit-trail', sinceMs: null, limit: 2 }))
  assert.throws(() => recordsIn(answer), { code: 'audit.broken', message: /line 1: it is no record/ })
})

test('where nothing was ever written there are no files, and no records', async (t) => {
  const [folder, copy] = [copyOf(t), copyOf(t)]
  const head = await receiveFiles(files(folder, 'security-events'), copy, { chain: 'security-events' })
  assert.deepEqual([head.sequence, verifyEvents(copy, () => head).records], [0, 0])
})
