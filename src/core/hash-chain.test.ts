import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CHAIN_START, checkRecord, linkRecord, recordText, type ChainHead } from './hash-chain.ts'

/** A chain of so many records as the lines of a file. */
function chainOf(count: number): string[] {
  let head: ChainHead = CHAIN_START
  return Array.from({ length: count }, (_, index) => {
    const record = linkRecord({ what: `step ${index + 1}`, subject: { deploy: 'd1', umlaut: 'ü' } }, head)
    head = record
    return recordText(record)
  })
}

/** The first line (from 1) that is not what belongs there, with the reason; null when all follow. */
function firstFault(lines: readonly string[]): { line: number; because: string } | null {
  let head: ChainHead = CHAIN_START
  for (const [index, line] of lines.entries()) {
    const checked = checkRecord(line, head)
    if (!checked.ok) return { line: index + 1, because: checked.because }
    head = checked.head
  }
  return null
}

test('a chain as it was written is accepted', () => {
  assert.equal(firstFault(chainOf(20)), null)
})

test('every single changed byte is found in its line', () => {
  const lines = chainOf(5)
  const line = Buffer.from(lines[2]!)
  for (let at = 0; at < line.length; at++) {
    const changed = Buffer.from(line)
    changed[at]! ^= 0x01
    const fault = firstFault(lines.with(2, changed.toString('utf8')))
    assert.equal(fault?.line, 3, `byte ${at} of line 3`)
  }
})

test('text that means the same but was written otherwise is found', () => {
  const lines = chainOf(3)
  assert.deepEqual(firstFault(lines.with(1, lines[1]!.replace('{', '{ '))), {
    line: 2,
    because: 'it was written again in another form',
  })
})

test('a line that is missing, two that changed places, and one put between are located', () => {
  const lines = chainOf(9)
  assert.equal(firstFault(lines.toSpliced(4, 1))?.line, 5)
  assert.equal(firstFault(lines.with(3, lines[5]!).with(5, lines[3]!))?.line, 4)
  const third = JSON.parse(lines[3]!) as ChainHead
  const forged = recordText(linkRecord({ what: 'nothing happened' }, third))
  // The forged one follows what is before it; what was written in its place does not follow it.
  assert.equal(firstFault(lines.toSpliced(4, 0, forged))?.line, 6)
  assert.equal(firstFault(lines.with(4, forged))?.line, 6)
})

test('a record that follows by its hash but not by its number is refused', () => {
  const [first] = chainOf(1)
  const { hash } = JSON.parse(first!) as ChainHead
  const later = recordText(linkRecord({ what: 'step 9' }, { sequence: 8, hash }))
  assert.deepEqual(firstFault([first!, later]), { line: 2, because: 'record 9 stands where record 2 belongs' })
})

test('what is no record at all is refused with its reason', () => {
  assert.match(firstFault(['{'])!.because, /no JSON/)
  assert.match(firstFault(['null'])!.because, /no record/)
  assert.match(firstFault(['{"sequence":"1"}'])!.because, /no record/)
})
