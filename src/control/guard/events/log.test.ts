import assert from 'node:assert/strict'
import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { systemClock } from '../../../core/clock.ts'
import { linkRecord, recordText } from '../../../core/hash-chain.ts'
import type { SecurityEvent } from '../../../guard/event.ts'
import { State } from '../../state.ts'
import { eventFiles } from './files.ts'
import { EventLog, type EventLogOptions } from './log.ts'
import { controlEvent, type EventRecord } from './record.ts'
import { verifyEvents } from './verify.ts'

const eventOf = (index: number): SecurityEvent =>
  controlEvent('block-added', 1_000 * index, { client: `192.0.2.${index % 256}`, reason: `event ${index} ü` })

function make(t: TestContext, options: Partial<EventLogOptions> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-events-'))
  const state = new State(join(folder, 'state.db'))
  const troubles: string[] = []
  const opened: EventLog[] = []
  t.after(async () => {
    for (const log of opened) await log.close()
    state.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const open = (): EventLog => {
    const log = new EventLog({
      folder,
      state,
      clock: systemClock,
      onTrouble: (text) => troubles.push(text),
      ...options,
    })
    opened.push(log)
    return log
  }
  /** A log with so many events, one record after the other, closed. */
  const fill = async (count: number): Promise<void> => {
    const log = open()
    for (let index = 1; index <= count; index++) await log.append([eventOf(index)])
    await log.close()
  }
  const files = (): string[] => eventFiles(folder).map(({ path }) => path)
  const lines = (path: string): string[] => readFileSync(path, 'utf8').trimEnd().split('\n')
  const write = (path: string, changed: readonly string[]): void => writeFileSync(path, `${changed.join('\n')}\n`)
  const because = (): string[] => verifyEvents(folder).faults.map(({ because: text }) => text)
  return { folder, state, troubles, open, fill, files, lines, write, because }
}

test('what was written is verified, in files that only their owner reads', async (t) => {
  const { folder, fill, files } = make(t)
  assert.deepEqual(verifyEvents(folder).faults, [])
  await fill(12)
  const { faults, records, first, head, tornBytes } = verifyEvents(folder)
  assert.deepEqual([faults, records, first, head.sequence, tornBytes], [[], 12, 1, 12, 0])
  assert.equal(statSync(files()[0]!).mode & 0o777, 0o600)
})

test('every altered byte of a record is found, and named by its line', async (t) => {
  const { folder, fill, files, lines, write } = make(t)
  await fill(5)
  const [file] = files()
  const whole = lines(file!)
  const line = Buffer.from(whole[2]!)
  for (let at = 0; at < line.length; at += 3) {
    const altered = Buffer.from(line)
    altered[at]! ^= 0x01
    write(file!, whole.with(2, altered.toString('utf8')))
    const [fault] = verifyEvents(folder).faults
    assert.ok(fault !== undefined && (fault.line === 3 || fault.line === 4), `byte ${at}: ${JSON.stringify(fault)}`)
  }
})

test('two altered records are both named', async (t) => {
  const { folder, fill, files, lines, write } = make(t)
  await fill(9)
  const [file] = files()
  const whole = lines(file!)
  write(file!, whole.with(1, whole[1]!.replace('event 2', 'event x')).with(6, whole[6]!.replace('event 7', 'event y')))
  assert.deepEqual(
    verifyEvents(folder).faults.map(({ line }) => line),
    [2, 7],
  )
})

test('a removed record is found in the middle, at the beginning and at the end', async (t) => {
  const { fill, files, lines, write, because } = make(t)
  await fill(6)
  const [file] = files()
  const whole = lines(file!)
  write(file!, whole.toSpliced(2, 1))
  assert.deepEqual(because(), ['record 4 stands where record 3 belongs'])
  write(file!, whole.slice(1))
  assert.deepEqual(because(), ['record 1 is missing'])
  write(file!, whole.slice(0, -2))
  assert.deepEqual(because(), ['records 5 to 6 are missing'])
  write(file!, [])
  rmSync(file!)
  assert.deepEqual(because(), ['records 1 to 6 are missing'])
})

test('a whole file that was taken away is found, be it the first, one between or the last', async (t) => {
  const { fill, files, because } = make(t, { fileBytesMax: 1_000 })
  await fill(20)
  const paths = files()
  assert.ok(paths.length >= 4, `${paths.length} files`)
  const texts = paths.map((path) => readFileSync(path))
  for (const [index, path] of paths.entries()) {
    rmSync(path)
    const found = because()
    assert.equal(found.length, 1, `file ${index}: ${found.join('; ')}`)
    const pattern = index > 0 && index < paths.length - 1 ? /^record \d+ stands where record \d+ belongs$/ : /missing$/
    assert.match(found[0]!, pattern)
    writeFileSync(path, texts[index]!)
  }
  assert.deepEqual(because(), [])
})

test('at the border of two files an altered last and an altered first record are found', async (t) => {
  const { folder, fill, files, lines, write } = make(t, { fileBytesMax: 1_000 })
  await fill(20)
  const [first, second] = files()
  const [one, two] = [lines(first!), lines(second!)]
  write(first!, one.with(one.length - 1, one.at(-1)!.replace(' ü', ' u')))
  assert.equal(verifyEvents(folder).faults[0]?.line, one.length)
  write(first!, one.slice(0, -1))
  assert.match(verifyEvents(folder).faults[0]!.because, /stands where/)
  write(first!, one)
  write(second!, two.with(0, two[0]!.replace(' ü', ' u')))
  assert.equal(verifyEvents(folder).faults[0]?.line, 1)
})

test('a chain that was made anew without the altered record does not end as control knows', async (t) => {
  const { fill, files, lines, write, because } = make(t)
  await fill(4)
  const [file] = files()
  let head = { sequence: 0, hash: '0'.repeat(64) }
  const forged = lines(file!).map((line) => {
    const { sequence: _s, previous: _p, hash: _h, ...content } = JSON.parse(line) as EventRecord
    const record = linkRecord({ ...content, reason: 'nothing happened' }, head)
    head = record
    return recordText(record)
  })
  write(file!, forged)
  assert.deepEqual(because(), ['record 4 is not the one that control has written'])
})

test('a record that a crash has cut is told from tampering, and taken off at the next start', async (t) => {
  const { folder, fill, files, open, lines } = make(t)
  await fill(3)
  const [file] = files()
  appendFileSync(file!, '{"class":null,"client":"192.0.2.1","co')
  const { faults, tornBytes } = verifyEvents(folder)
  assert.deepEqual([faults, tornBytes], [[], 38])
  const log = open()
  await log.append([eventOf(4)])
  await log.close()
  assert.deepEqual(verifyEvents(folder).faults, [])
  const kinds = lines(file!).map((line) => (JSON.parse(line) as EventRecord).kind)
  assert.deepEqual(kinds, ['block-added', 'block-added', 'block-added', 'events-mended', 'block-added'])
})

test('a known record that was cut short is no crash', async (t) => {
  const { fill, files, because, open, troubles } = make(t)
  await fill(3)
  const [file] = files()
  truncateSync(file!, statSync(file!).size - 10)
  assert.deepEqual(because(), ['record 3 is missing'])
  // Going on does not cover it up.
  const log = open()
  await log.append([eventOf(4)])
  await log.close()
  assert.equal(troubles.length, 1)
  assert.match(because()[0]!, /record 4 stands where record 3 belongs/)
})

test('records written after the last known head are taken in after a kill', async (t) => {
  const { folder, state, open } = make(t)
  const log = open()
  for (let index = 1; index <= 4; index++) await log.append([eventOf(index)])
  await log.close()
  // As if the process had been killed before the state knew of the last two.
  const third = readFileSync(eventFiles(folder)[0]!.path, 'utf8').split('\n')[1]!
  const { sequence, hash } = JSON.parse(third) as EventRecord
  state.set('securityHead', { sequence, hash })
  assert.deepEqual(verifyEvents(folder).faults, [])
  const next = open()
  assert.equal(next.head.sequence, 4)
  await next.append([eventOf(5)])
  await next.close()
  assert.deepEqual([verifyEvents(folder).faults, verifyEvents(folder).records], [[], 5])
})

test('old files go by mass and by age, the log says so, and what is left is verified', async (t) => {
  const { folder, open, files, because } = make(t, { fileBytesMax: 1_000, logBytesMax: 4_000 })
  const log = open()
  for (let index = 1; index <= 40; index++) await log.append([eventOf(index)])
  await log.retain()
  assert.ok(log.bytes <= 5_500, `${log.bytes} bytes`)
  const { first, faults } = verifyEvents(folder)
  assert.deepEqual(faults, [])
  assert.ok(first > 1)
  utimesSync(files()[0]!, new Date(0), new Date(0))
  await log.retain()
  const after = verifyEvents(folder)
  assert.deepEqual(after.faults, [])
  assert.ok(after.first > first)
  await log.close()
  rmSync(files()[0]!)
  assert.match(because()[0]!, /^records 1 to \d+ are missing$/)
})
