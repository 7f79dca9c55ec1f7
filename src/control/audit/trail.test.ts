import assert from 'node:assert/strict'
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { systemClock } from '../../core/clock.ts'
import { linkRecord, recordText, type ChainHead } from '../../core/hash-chain.ts'
import { State } from '../state.ts'
import { readTrail, verifyTrail } from './read-trail.ts'
import { AuditTrail, type TrailRecord } from './trail.ts'
import { TRAIL_FILE, trailFiles } from './trail-files.ts'

const entry = (n: number) => ({ who: 'me', what: 'service.stop', subject: { service: `api-${n}` }, outcome: 'done' })

function make(t: TestContext, options: { bytesMax?: number } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-trail-'))
  const state = new State(join(folder, 'state.db'))
  t.after(() => {
    state.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const trail = new AuditTrail({ folder, state, clock: systemClock, ...options })
  const file = join(folder, TRAIL_FILE)
  const lines = (): string[] => readFileSync(file, 'utf8').trimEnd().split('\n')
  const write = (changed: readonly string[]): void => writeFileSync(file, `${changed.join('\n')}\n`)
  const fill = (count: number): void => {
    for (let n = 1; n <= count; n++) trail.record(entry(n))
  }
  const events = (): string[] => state.events(0, 100).map(({ kind }) => kind)
  return { folder, state, trail, file, lines, write, fill, events }
}

test('what was written is verified, read newest last, and readable by its owner alone', (t) => {
  const { folder, fill, file } = make(t)
  fill(12)
  assert.deepEqual([verifyTrail(folder).records, verifyTrail(folder).head.sequence], [12, 12])
  const newest = readTrail(folder, { sinceMs: null, limit: 3 })
  assert.deepEqual(
    newest.map(({ sequence, subject }) => [sequence, subject['service']]),
    [
      [10, 'api-10'],
      [11, 'api-11'],
      [12, 'api-12'],
    ],
  )
  assert.deepEqual(readTrail(folder, { sinceMs: Date.now() + 60_000, limit: 3 }), [])
  assert.equal(statSync(file).mode & 0o777, 0o600)
})

test('a changed byte, a missing line, two in another order, a cut end and a forged record are each located', (t) => {
  const { folder, fill, lines, write } = make(t)
  fill(9)
  const whole = lines()
  const forged = recordText(linkRecord({ time: 'x', ...entry(99) }, JSON.parse(whole[3]!) as ChainHead))
  const cases: readonly [what: string, changed: readonly string[], found: RegExp][] = [
    ['byte', whole.with(4, whole[4]!.replace('api-5', 'api-6')), /line 5: its content is not/],
    ['missing', whole.toSpliced(2, 1), /line 3: record 4 stands where record 3 belongs/],
    ['order', whole.with(5, whole[6]!).with(6, whole[5]!), /line 6: record 7 stands where record 6 belongs/],
    ['end', whole.slice(0, 7), /the end is missing: records 8 to 9/],
    ['empty', [], /line 1|the end is missing/],
    ['put between', whole.toSpliced(4, 0, forged), /line 6: record 5 stands where record 6 belongs/],
    ['put instead', whole.with(4, forged), /line 6: it was not written after/],
    ['put behind', [...whole, ...moreAfter(whole.at(-1)!, 2)], /control has written 9 records; there are 11/],
    ['all anew', rewritten(whole), /line 9: record 9 is not the one that control has written/],
  ]
  for (const [what, changed, found] of cases) {
    write(changed)
    assert.throws(() => verifyTrail(folder), { code: 'audit.broken', message: found }, what)
  }
  write(whole)
  assert.equal(verifyTrail(folder).records, 9)
})

test('a record cut by a crash is taken off and said; the chain goes on', (t) => {
  const { folder, fill, file, trail, events } = make(t)
  fill(3)
  appendFileSync(file, '{"half":"a rec')
  assert.equal(verifyTrail(folder).tornBytes, 14)
  trail.open(() => assert.fail('nothing was found'))
  assert.deepEqual(events(), ['audit-trail-mended'])
  const verdict = verifyTrail(folder)
  assert.deepEqual([verdict.records, verdict.tornBytes], [4, 0])
  assert.equal(readTrail(folder, { sinceMs: null, limit: 1 })[0]!.what, 'audit-trail.mended')
})

test('a record that was written just before a crash is taken in once', (t) => {
  const { folder, fill, lines, trail, state, events } = make(t)
  fill(3)
  const before = state.get('auditHead')
  fill(1)
  // As if the crash had come between the file and the head.
  state.set('auditHead', before)
  const found: TrailRecord[] = []
  trail.open((record) => found.push(record))
  assert.deepEqual([found.map(({ sequence }) => sequence), events()], [[4], []])
  fill(1)
  assert.deepEqual([lines().length, verifyTrail(folder).records], [5, 5])
})

test('a trail that was tampered with is left for all to see, and said at the next start', (t) => {
  const { folder, fill, lines, write, trail, events } = make(t)
  fill(5)
  write(lines().slice(0, 3))
  trail.open(() => assert.fail('nothing was found'))
  assert.deepEqual(events(), ['audit-trail-broken'])
  fill(2)
  assert.throws(() => verifyTrail(folder), { message: /line 4: record 6 stands where record 4 belongs/ })
})

test('what happens alongside a record happens with it or not at all', (t) => {
  const { fill, trail, state } = make(t)
  fill(1)
  const fails = (): void => {
    state.set('live', 'x')
    throw new Error('no')
  }
  assert.throws(() => trail.record(entry(2), fails))
  assert.equal(state.get('live'), null)
  assert.equal(state.get('auditHead').sequence, 1)
})

test('a record whose head finds no room is taken back: the chain stays whole', (t) => {
  const { folder, fill, trail, state, lines } = make(t)
  fill(2)
  const room = fullDisk(state)
  assert.throws(() => trail.record(entry(3)), /disk is full/)
  assert.equal(lines().length, 2)
  room()
  fill(1)
  assert.equal(verifyTrail(folder).records, 3)
})

test('what a crash left is taken in before the next record, when the start finds no room for it', (t) => {
  const { folder, fill, trail, state, events } = make(t)
  fill(3)
  const before = state.get('auditHead')
  fill(1)
  state.set('auditHead', before)
  const found: TrailRecord[] = []
  const room = fullDisk(state)
  trail.open((record) => found.push(record))
  assert.throws(() => trail.record(entry(5)), /disk is full/)
  room()
  fill(2)
  state.late.catchUp()
  assert.deepEqual([found.map(({ sequence }) => sequence), events()], [[4], ['audit-trail-closed', 'disk-was-full']])
  assert.equal(verifyTrail(folder).records, 6)
})

test('a trail that is no file is said, and does not keep control from starting', (t) => {
  const { folder, fill, trail, file, events } = make(t)
  mkdirSync(file)
  trail.open(() => assert.fail('nothing was found'))
  assert.deepEqual(events(), ['audit-trail-closed'])
  const told = { code: 'audit.unreadable', message: /audit-trail\.jsonl is a folder/ }
  assert.throws(() => trail.record(entry(1)), told)
  assert.throws(() => verifyTrail(folder), told)
  assert.throws(() => readTrail(folder, { sinceMs: null, limit: 1 }), told)
  rmdirSync(file)
  fill(1)
  assert.equal(verifyTrail(folder).records, 1)
})

test('the chain goes on over the files; one that is missing is found', (t) => {
  const { folder, fill, trail } = make(t, { bytesMax: 2_000 })
  fill(40)
  const files = trailFiles(folder)
  assert.ok(files.length >= 4, files.join(' '))
  assert.equal(files.at(-1), TRAIL_FILE)
  assert.equal(verifyTrail(folder).records, 40)
  assert.equal(readTrail(folder, { sinceMs: null, limit: 30 }).length, 30)
  trail.open(() => assert.fail('nothing was found'))
  rmSync(join(folder, files[1]!))
  assert.throws(() => verifyTrail(folder), { code: 'audit.broken', message: /line 1: record \d+ stands where/ })
})

test('a long text is cut: a record stays a line', (t) => {
  const { folder, trail } = make(t)
  trail.record({ who: 'w'.repeat(9_000), what: 'x', subject: { because: 'y'.repeat(90_000) }, outcome: 'done' })
  const [record] = readTrail(folder, { sinceMs: null, limit: 1 })
  assert.deepEqual([record!.who.length, String(record!.subject['because']).length], [500, 500])
})

/** As SQLite says it; what is returned makes room again. */
function fullDisk(state: State): () => void {
  state.atomically = () => {
    throw Object.assign(new Error('database or disk is full'), { code: 'ERR_SQLITE_ERROR', errcode: 13 })
  }
  return () => void Reflect.deleteProperty(state, 'atomically')
}

function moreAfter(line: string, count: number): string[] {
  let head = JSON.parse(line) as ChainHead
  return Array.from({ length: count }, (_, n) => {
    const record = linkRecord({ time: 'x', ...entry(n) }, head)
    head = record
    return recordText(record)
  })
}

/** The whole chain computed again from its second record on, as whoever can write the file could do. */
function rewritten(lines: readonly string[]): string[] {
  return [lines[0]!, ...moreAfter(lines[0]!, lines.length - 1)]
}
