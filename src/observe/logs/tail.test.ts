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
import { Tail, type Mark } from './tail.ts'
import { rotateOutput } from '../../keeper/output.ts'

const LATER = Date.now() + 60_000

/** Reads to the end with a reader that knows nothing but the mark. */
function readAll(file: string, mark: Mark | null, now = LATER): { seen: string[]; mark: Mark | null; lost: boolean } {
  const seen: string[] = []
  let lost = false
  for (let round = 0; ; round++) {
    assert.ok(round < 200, 'it comes to an end')
    const read = new Tail(file).read(mark, now)
    if (read === null) return { seen, mark, lost }
    seen.push(...read.records)
    lost ||= read.lost
    mark = read.mark
    if (!read.more) return { seen, mark, lost }
  }
}

function fileIn(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-tail-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'api.log')
}

const rotate = (file: string): void => assert.equal(rotateOutput(file, { bytesMax: statSync(file).size - 1 }), true)

void test('each line once, through rotations that happen between the looks', (t) => {
  const file = fileIn(t)
  const written: string[] = []
  const write = (count: number): void => {
    const lines = Array.from({ length: count }, (_, index) => `line ${written.length + index}`)
    written.push(...lines)
    appendFileSync(file, lines.join('\n') + '\n')
  }
  write(2)
  let { seen, mark } = readAll(file, null)
  const look = (): void => {
    const read = readAll(file, mark)
    assert.equal(read.lost, false)
    seen = [...seen, ...read.seen]
    mark = read.mark
  }
  const steps = [
    'w',
    'l',
    'w',
    'r',
    'l',
    'w',
    'r',
    'w',
    'r',
    'w',
    'l',
    'l',
    'r',
    'l',
    'w',
    'l',
    'w',
    'r',
    'w',
    'r',
    'w',
    'r',
    'l',
  ]
  for (const step of steps) {
    if (step === 'w') write(3)
    else if (step === 'r') rotate(file)
    else look()
    if (step === 'l') assert.deepEqual(seen, written)
  }
})

void test('a rotation that has copied and not yet emptied is waited for', (t) => {
  const file = fileIn(t)
  writeFileSync(file, 'a\nb\n')
  const first = readAll(file, null)
  appendFileSync(file, 'c\n')
  writeFileSync(`${file}.1`, readFileSync(file))
  appendFileSync(file, 'd\n')
  assert.deepEqual(readAll(file, first.mark).seen, [], 'the copy is not taken for a rotated file yet')
  writeFileSync(`${file}.1`, readFileSync(file))
  truncateSync(file)
  appendFileSync(file, 'e\n')
  assert.deepEqual(readAll(file, first.mark).seen, ['c', 'd', 'e'])
})

void test('of a copy that has only the end, what was not read is read, and what was cut away is told', (t) => {
  const lines = (from: number, to: number): readonly string[] =>
    Array.from({ length: to - from }, (_, index) => `line ${from + index} ${'x'.repeat(20)}`)
  const write = (file: string, from: number, to: number): void =>
    appendFileSync(file, lines(from, to).join('\n') + '\n')
  for (const [read, isLost] of [
    [95, false],
    [10, true],
  ] as const) {
    const file = fileIn(t)
    write(file, 0, read)
    const { mark } = readAll(file, null)
    write(file, read, 100)
    const whole = readFileSync(file)
    assert.equal(rotateOutput(file, { bytesMax: 150 }), true)
    // Not emptied yet: the copy is not taken for a rotated file.
    writeFileSync(file, whole)
    assert.deepEqual(readAll(file, mark).seen, [])
    truncateSync(file)
    write(file, 100, 102)
    const { seen, lost } = readAll(file, mark)
    assert.equal(lost, isLost)
    if (isLost) assert.match(seen[0]!, /what came before was left out","begins":\d+/)
    assert.deepEqual(isLost ? seen.slice(1) : seen, lines(isLost ? 90 : 95, 102))
  }
})

void test('what was rotated out of reach is told', (t) => {
  const file = fileIn(t)
  writeFileSync(file, 'a\n')
  rotate(file)
  appendFileSync(file, 'b\n')
  const { mark } = readAll(file, null)
  for (const text of ['c', 'd', 'e', 'f', 'g', 'h', 'i']) {
    appendFileSync(file, `${text}\n`)
    rotate(file)
  }
  const read = readAll(file, mark)
  assert.equal(read.lost, true)
  assert.deepEqual(read.seen, ['e', 'f', 'g', 'h', 'i'])
})

void test('the last record waits until its file rests, an unended line a little longer', (t) => {
  const file = fileIn(t)
  writeFileSync(file, 'Error: x\n  at a\nhalf')
  const at = Date.now()
  utimesSync(file, at / 1000, at / 1000)
  const early = readAll(file, null, at + 50)
  assert.deepEqual(early.seen, [])
  assert.deepEqual(readAll(file, early.mark, at + 1_000).seen, [])
  assert.deepEqual(readAll(file, early.mark, at + 10_000).seen, ['Error: x\n  at a', 'half'])
  appendFileSync(file, ' and half\n')
  assert.deepEqual(readAll(file, early.mark).seen, ['Error: x\n  at a', 'half and half'])
})

void test('a file that was cut short or replaced is read from its beginning', (t) => {
  const file = fileIn(t)
  writeFileSync(file, 'a\nb\n')
  const { mark } = readAll(file, null)
  truncateSync(file)
  appendFileSync(file, 'c\n')
  assert.deepEqual(readAll(file, mark).seen, ['c'])
  rmSync(file)
  assert.deepEqual(readAll(file, mark).seen, [])
})
